"""``python -m extractors.training --shared ../shared --out extractors/models/reader``: the weights, from the corpora.

Reads ``corpora/``, ``gold/`` and ``models/`` of the shared folder and the passages of ``data/``. Nothing is learned
from ``gold/dev.json``; it is only measured on. Takes two hours on two cores.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import logging
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from spacy.language import Language

from extractors.components import Equipment
from extractors.encoder import PieceTokenizer
from extractors.entities import Gazetteer
from extractors.evaluation import Passage
from extractors.fingerprint import parser_fingerprint
from extractors.frames import Pattern, compile_frames
from extractors.parses import ParseCache
from extractors.parsing import load_ginza
from extractors.records import Relation
from extractors.training.checkpoints import (
    EpochCheckpoint,
    keep_examples,
    keep_weights,
    take_examples,
    take_weights,
)
from extractors.training.claim_examples import ClaimText
from extractors.training.corpora import Corpora, claim_texts, load_corpora, split_passages
from extractors.training.entity_score import entity_figures, score_entities
from extractors.training.examples import tagged_sentences
from extractors.training.figures import equipment_of, judge_claims, measure_corpora
from extractors.training.finetune import finetune
from extractors.training.gold import (
    DATA,
    JUDGED,
    labelled_documents,
    read_passages,
    relations_beside,
    training_passages,
)
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.network import ReaderNetwork
from extractors.training.onnx_export import export, likeness
from extractors.training.pretrain import find_mentions, network_chooser, pretrain
from extractors.training.role_score import role_figures, score_roles
from ontology.vocabulary import Vocabulary, load_vocabulary

_SENTENCE = "青葉電機は昨年、港南商事を相手取って東京地方裁判所に訴訟を起こした。"
"""On which the exported encoder is compared with the trained one."""
_PARSES_BYTES = 1 << 30
_SAMPLES = 64
"""Passages after which the exported encoder is quantised."""


@dataclass(frozen=True, slots=True)
class _Materials:
    """What every step works with."""

    settings: Hyperparameters
    nlp: Language
    tokenize: PieceTokenizer
    vocabulary: Vocabulary
    patterns: tuple[Pattern, ...]
    corpora: Corpora
    parses: ParseCache
    """The passages' parses, which a later round and a run that is gone on with find here."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, export, calibrate and measure; the folder ``--out`` changes at the very end."""
    options = _parse(arguments)
    settings = _settings(options)
    _seed(settings)
    logging.getLogger("rhoknp").setLevel(logging.CRITICAL)  # it tells of every oddity of the corpus
    options.work.mkdir(parents=True, exist_ok=True)
    base = options.shared / "models" / "e5-small-ja"
    materials = _load(options, settings, base)
    network = ReaderNetwork(settings)
    network.enc.load_base(base / "encoder.npz")
    sources = training_passages(options.shared, DATA)
    training, held_out = split_passages(sources, fold=settings.passage_fold, limit=options.limit)
    _train(network, training, materials, options)
    samples = [passage.text for passages in training.values() for passage in passages][:_SAMPLES]
    staged = options.work / "reader"
    export(network, base / "tokenizer.json.gz", staged, samples=samples)
    dev = read_passages(options.shared / "gold" / "dev.json")[: options.limit]
    figures = {
        "likeness_to_unquantised": round(likeness(network, staged, _SENTENCE), 4),
        **_measure(materials, held_out, dev, staged),
        "started_from": next((str(path) for path in (options.finetuned, options.pretrained) if path), None),
        "passages": {source: len(passages) for source, passages in training.items()},
        "passages_held_out": {source: len(passages) for source, passages in held_out.items()},
        "hyperparameters": dataclasses.asdict(settings),
    }
    _finish(staged, options.out, figures)


def _train(
    network: ReaderNetwork, passages: dict[str, list[Passage]], materials: _Materials, options: argparse.Namespace
) -> None:
    """Both phases, but for what a given checkpoint, or a run that is gone on with, has behind it."""
    if options.finetuned:
        take_weights(network, options.finetuned)
        return
    origin = _digest(dataclasses.replace(materials.settings, finetuning=()), options.limit)
    pretrained = options.work / "pretrained.pt"
    if options.pretrained:
        take_weights(network, options.pretrained)
    elif options.resume and pretrained.exists():
        take_weights(network, pretrained, origin=origin)
    else:
        checkpoint = EpochCheckpoint(options.work / "pretraining.pt", origin=origin, resume=options.resume)
        _pretrain(network, materials, checkpoint)
        keep_weights(network, pretrained, origin=origin)
    relations = {relation for source in passages for relation in _relations(source, materials)}
    wordings = sorted((each.name, each.wordings, each.symmetric) for each in relations)
    origin = _digest(origin, options.pretrained, passages, wordings, materials.settings.finetuning)
    _finetune(network, passages, materials, options, origin)


def _digest(*parts: object) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(repr(part).encode("utf-8", errors="surrogatepass") + b"\0")
    return digest.hexdigest()


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m extractors.training", description="Make the reader's weights.")
    parser.add_argument("--shared", type=Path, required=True, help="folder with corpora/, gold/ and models/")
    parser.add_argument("--out", type=Path, required=True, help="folder for the weights and figures.json")
    parser.add_argument("--work", type=Path, default=Path("var/training"), help="folder for checkpoints and parses")
    parser.add_argument("--pretrained", type=Path, help="checkpoint of the first phase, which is then skipped")
    parser.add_argument("--finetuned", type=Path, help="checkpoint of the second phase; both are then skipped")
    parser.add_argument(
        "--resume", action="store_true", help="go on after the last whole epoch of a stopped run with the same --work"
    )
    parser.add_argument("--epochs-pretrain", type=int, metavar="N")
    parser.add_argument("--epochs-finetune", type=int, metavar="N", help="epochs of each round")
    parser.add_argument("--limit", type=int, metavar="N", help="take N texts of each corpus only, to try the machinery")
    return parser.parse_args(arguments)


def _settings(options: argparse.Namespace) -> Hyperparameters:
    settings = Hyperparameters()
    if options.epochs_pretrain is not None:
        settings = dataclasses.replace(settings, pretrain_epochs=options.epochs_pretrain)
    if options.epochs_finetune is not None:
        rounds = tuple(dataclasses.replace(each, epochs=options.epochs_finetune) for each in settings.finetuning)
        settings = dataclasses.replace(settings, finetuning=rounds)
    return settings


def _seed(settings: Hyperparameters) -> None:
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    np.random.seed(settings.seed)
    random.seed(settings.seed)


def _load(options: argparse.Namespace, settings: Hyperparameters, base: Path) -> _Materials:
    nlp, tokenize, vocabulary = load_ginza(), PieceTokenizer(base / "tokenizer.json.gz"), load_vocabulary()
    corpora = load_corpora(
        options.shared / "corpora", nlp, tokenize,
        sentence_fold=settings.sentence_fold, labelled=labelled_documents(DATA), limit=options.limit,
    )  # fmt: skip
    _say(f"{len(corpora.texts)} texts with roles, {len(corpora.sentences)} sentences with entities")
    patterns = compile_frames(nlp, vocabulary.relations)
    parses = ParseCache(options.work, version=parser_fingerprint(), limit_bytes=_PARSES_BYTES)
    return _Materials(settings, nlp, tokenize, vocabulary, patterns, corpora, parses)


def _pretrain(network: ReaderNetwork, materials: _Materials, checkpoint: EpochCheckpoint) -> None:
    corpora, settings = materials.corpora, materials.settings
    pretrain(
        network, corpora.texts, corpora.sentences, settings,
        report=_say, after_epoch=lambda: _report_corpora(network, materials), checkpoint=checkpoint,
    )  # fmt: skip


def _finetune(
    network: ReaderNetwork, passages: dict[str, list[Passage]], materials: _Materials, options: argparse.Namespace,
    origin: str,
) -> None:  # fmt: skip
    corpora, settings = materials.corpora, materials.settings
    for number, tuning in enumerate(settings.finetuning, start=1):
        finished = options.work / f"finetuned-{number}.pt"
        if options.resume and finished.exists():
            take_weights(network, finished, origin=origin)
            continue
        examples = _examples(network, passages, materials, options, origin, number)
        stating = sum(each.states_claims for each in examples)
        _say(f"{len(examples)} windows to fine-tune on, {stating} of them with claims")
        finetune(
            network, examples, corpora.texts, corpora.sentences, settings, tuning,
            report=_say, after_epoch=lambda: _report_corpora(network, materials),
            checkpoint=EpochCheckpoint(
                options.work / f"finetuning-{number}.pt", origin=origin, resume=options.resume
            ),
        )  # fmt: skip
        keep_weights(network, finished, origin=origin)


def _examples(
    network: ReaderNetwork, passages: dict[str, list[Passage]], materials: _Materials, options: argparse.Namespace,
    origin: str, number: int,
) -> list[ClaimText]:  # fmt: skip
    """The windows of the round, which a run that is gone on with need not read again."""
    path = options.work / f"examples-{number}.pkl"
    if options.resume and path.exists():
        return take_examples(path, origin=origin)
    gazetteer = Gazetteer(materials.vocabulary.known_entities)
    examples: list[ClaimText] = []
    for source, found in passages.items():
        relations = _relations(source, materials)
        examples += claim_texts(
            found, network, relations, gazetteer, materials.nlp, materials.tokenize, cache=materials.parses
        )
    keep_examples(examples, path, origin=origin)
    return examples


def _relations(source: str, materials: _Materials) -> Sequence[Relation]:
    """The relations that the source's claims are of."""
    more = relations_beside(DATA, source)
    return materials.vocabulary.relations if more is None else load_vocabulary([more]).relations


def _report_corpora(network: ReaderNetwork, materials: _Materials) -> None:
    sentences = {each.id: each for each in materials.corpora.test_sentences}
    tagged = list(tagged_sentences(sentences.values(), materials.tokenize))
    found = find_mentions(network, tagged)
    pairs = ((sentences[text.id].mentions, mentions) for text, mentions in zip(tagged, found, strict=True))
    choose = network_chooser(network, threshold=materials.settings.role_threshold)
    _say(f"entities {entity_figures(score_entities(pairs))}")
    _say(f"roles {role_figures(score_roles(materials.corpora.test_texts, choose))}")


def _measure(
    materials: _Materials, held_out: dict[str, list[Passage]], dev: Sequence[Passage], folder: Path
) -> dict[str, object]:
    vocabulary = materials.vocabulary
    equipment = equipment_of(folder, vocabulary.relations, vocabulary.known_entities, materials.patterns)
    corpora = measure_corpora(equipment, materials.corpora, materials.settings)
    # The relations of other sources are kept from training, too, and not fitted on: the judge gains nothing by them.
    beside = {source: relations_beside(DATA, source) for source in held_out}
    own = [each for source, found in held_out.items() if beside[source] is None for each in found]
    others = [
        (_equipment_beside(folder, turtle, materials.nlp), held_out[source])
        for source, turtle in beside.items() if turtle is not None and held_out[source]
    ]  # fmt: skip
    further = read_passages(JUDGED)
    claims = judge_claims(equipment, materials.nlp, own, further, dev, others, materials.settings, folder)
    return {**corpora, **claims}


def _equipment_beside(folder: Path, turtle: Path, nlp: Language) -> Equipment:
    vocabulary = load_vocabulary([turtle])
    relations = vocabulary.relations
    return equipment_of(folder, relations, vocabulary.known_entities, compile_frames(nlp, relations))


def _finish(staged: Path, out: Path, figures: dict[str, object]) -> None:
    text = json.dumps(figures, ensure_ascii=False, indent=2)
    (staged / "figures.json").write_text(text + "\n", encoding="utf-8")
    shutil.copytree(staged, out, dirs_exist_ok=True)
    _say(text)


def _say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
