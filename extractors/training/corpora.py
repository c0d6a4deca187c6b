"""Everything that is learned from, as examples: the corpora of the first phase and the passages of the second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from spacy.language import Language

from extractors.encoder import PieceTokenizer
from extractors.entities import Gazetteer, merge_mentions
from extractors.evaluation import Passage
from extractors.frames import Pattern, index_patterns
from extractors.training.claim_examples import ClaimText, claim_text, parse_passages
from extractors.training.examples import RoleText, TaggedText, role_text, tagged_sentences, tagged_text
from extractors.training.gold import is_held_out
from extractors.training.ner_corpus import LabelledSentence, is_test, read_sentences
from extractors.training.network import ReaderNetwork
from extractors.training.pretrain import find_mentions
from extractors.training.wac import read_wac
from extractors.training.window_examples import window_examples
from extractors.triggers import compile_triggers
from extractors.windows import find_windows

_PARSE_BATCH = 64


@dataclass(frozen=True, slots=True)
class Corpora:
    """The corpora of the first phase, each with the part that is only measured on."""

    texts: tuple[RoleText, ...]
    test_texts: tuple[RoleText, ...]
    sentences: tuple[TaggedText, ...]
    test_sentences: tuple[LabelledSentence, ...]


def load_corpora(
    folder: Path, nlp: Language, tokenize: PieceTokenizer, *, sentence_fold: int, limit: int | None = None
) -> Corpora:
    """Read WAC and the entity corpus, parsing the former; at most ``limit`` texts of each part."""
    sentences = list(read_sentences(folder / "ner-train.jsonl.gz"))
    test = [each for each in sentences if is_test(each, fold=sentence_fold)]
    training = [each for each in sentences if not is_test(each, fold=sentence_fold)]
    return Corpora(
        tuple(_role_texts(folder / "wac-train.knp.gz", nlp, tokenize, limit)),
        tuple(_role_texts(folder / "wac-dev.knp.gz", nlp, tokenize, limit)),
        tuple(tagged_sentences(training[:limit], tokenize)),
        tuple(test[:limit]),
    )


def _role_texts(path: Path, nlp: Language, tokenize: PieceTokenizer, limit: int | None) -> list[RoleText]:
    corpus = list(islice(read_wac(path), limit))
    docs = nlp.pipe((each.text for each in corpus), batch_size=_PARSE_BATCH)
    made = (role_text(each, doc, tokenize) for each, doc in zip(corpus, docs, strict=True))
    return [each for each in made if each is not None]


def split_passages(
    sources: Mapping[str, Sequence[Passage]], *, fold: int, limit: int | None = None
) -> tuple[dict[str, list[Passage]], dict[str, list[Passage]]]:
    """The passages to train on, and those held out for the judge, by source; at most ``limit`` of each source."""
    training: dict[str, list[Passage]] = {source: [] for source in sources}
    held_out: dict[str, list[Passage]] = {source: [] for source in sources}
    for source, passages in sources.items():
        for passage in passages[:limit]:
            (held_out if is_held_out(source, passage.id, fold=fold) else training)[source].append(passage)
    return training, held_out


def claim_texts(
    passages: Sequence[Passage],
    network: ReaderNetwork,
    patterns: Sequence[Pattern],
    gazetteer: Gazetteer,
    nlp: Language,
    tokenize: PieceTokenizer,
) -> list[ClaimText]:
    """The passages in which a frame could match as examples, whole and window by window.

    Their names are those of the network and the gazetteer.
    """
    tagged = {passage.id: tagged_text(passage.id, passage.text, (), tokenize) for passage in passages}
    fitting = [(passage, text) for passage in passages if (text := tagged[passage.id]) is not None]
    mentions = find_mentions(network, [text for _, text in fitting])
    docs = parse_passages(nlp, [passage.text for passage, _ in fitting])
    index, triggers = index_patterns(patterns), compile_triggers(patterns)
    made = []
    for (passage, _), found, doc in zip(fitting, mentions, docs, strict=True):
        merged = merge_mentions(found, gazetteer.mentions(passage.text))
        if (example := claim_text(passage, doc, merged, index, tokenize)) is not None:
            windows = list(find_windows(passage.text, triggers))
            cut = window_examples(example, passage.text, windows, tokenize)
            made.append(replace(example, windows=tuple(cut)))
    return made
