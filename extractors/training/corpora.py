"""Everything that is learned from, as examples: the corpora of the first phase and the passages of the second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from spacy.language import Language

from extractors.encoder import PieceTokenizer
from extractors.entities import Gazetteer, merge_mentions, to_whole_words
from extractors.evaluation import Passage
from extractors.frames import compile_frames, index_patterns
from extractors.parses import ParseCache
from extractors.records import Relation
from extractors.training.claim_examples import ClaimText, claim_text, parse_passages
from extractors.training.examples import RoleText, TaggedText, role_text, tagged_sentences, tagged_text
from extractors.training.gold import is_held_out
from extractors.training.ner_corpus import LabelledSentence, is_test, read_sentences
from extractors.training.network import ReaderNetwork
from extractors.training.pretrain import find_mentions
from extractors.training.wac import read_wac
from extractors.triggers import compile_triggers
from extractors.windows import find_windows

_PARSE_BATCH = 64
_SENTENCES = "ner-train.jsonl.gz"


@dataclass(frozen=True, slots=True)
class Corpora:
    """The corpora of the first phase, each with the part that is only measured on."""

    texts: tuple[RoleText, ...]
    test_texts: tuple[RoleText, ...]
    sentences: tuple[TaggedText, ...]
    test_sentences: tuple[LabelledSentence, ...]


def load_corpora(
    folder: Path, nlp: Language, tokenize: PieceTokenizer, *, sentence_fold: int, labelled: frozenset[str],
    limit: int | None = None,
) -> Corpora:  # fmt: skip
    """Read WAC and the entity corpus, parsing the former; at most ``limit`` texts of each part."""
    measured = load_measured(folder, nlp, tokenize, sentence_fold=sentence_fold, labelled=labelled, limit=limit)
    training = (each for each in read_sentences(folder / _SENTENCES) if not is_test(each, fold=sentence_fold))
    return replace(
        measured,
        texts=tuple(_role_texts(folder / "wac-train.knp.gz", nlp, tokenize, limit)),
        sentences=tuple(tagged_sentences(islice(training, limit), tokenize)),
    )


def load_measured(
    folder: Path, nlp: Language, tokenize: PieceTokenizer, *, sentence_fold: int, labelled: frozenset[str],
    limit: int | None = None,
) -> Corpora:  # fmt: skip
    """The parts of the corpora that are only measured on; those to learn from are left empty.

    Sentences of the ids ``labelled`` are left out: their names are learned with their claims.
    """
    fold = (each for each in read_sentences(folder / _SENTENCES) if is_test(each, fold=sentence_fold))
    test = (each for each in fold if each.id not in labelled)
    texts = _role_texts(folder / "wac-dev.knp.gz", nlp, tokenize, limit)
    return Corpora((), tuple(texts), (), tuple(islice(test, limit)))


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
            (held_out if is_held_out(source, passage, fold=fold) else training)[source].append(passage)
    return training, held_out


def claim_texts(
    passages: Sequence[Passage],
    network: ReaderNetwork,
    relations: Sequence[Relation],
    gazetteer: Gazetteer,
    nlp: Language,
    tokenize: PieceTokenizer,
    *,
    cache: ParseCache | None = None,
) -> list[ClaimText]:
    """The windows in which a frame of the relations could match, as examples, with the network's names for now."""
    patterns = compile_frames(nlp, relations)
    symmetric = frozenset(relation.name for relation in relations if relation.symmetric)
    index, triggers = index_patterns(patterns), compile_triggers(patterns)
    windows = [(passage, window) for passage in passages for window in find_windows(passage.text, triggers)]
    texts = [passage.text[window.start : window.end] for passage, window in windows]
    tagged = [tagged_text(passage.id, text, (), tokenize) for (passage, _), text in zip(windows, texts, strict=True)]
    mentions = iter(find_mentions(network, [each for each in tagged if each is not None]))
    made = []
    for (passage, window), tags, doc in zip(windows, tagged, parse_passages(nlp, texts, cache=cache), strict=True):
        if tags is None:
            continue
        names = merge_mentions(to_whole_words(next(mentions), doc), gazetteer.mentions(doc.text))
        if (example := claim_text(passage, window, doc, names, index, tokenize, symmetric=symmetric)) is not None:
            made.append(example)
    return made
