"""What the exported weights reach: entities, roles and claims, all by the runtime's own code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spacy.language import Language

from extractors.components import Equipment
from extractors.encoder import Encoder
from extractors.entities import Gazetteer, recognise
from extractors.evaluation import Passage
from extractors.frames import Pattern
from extractors.heads import load_heads
from extractors.judgement import EVIDENCE_NAMES, Judge
from extractors.records import Claim, KnownEntity, Relation
from extractors.training import calibrate
from extractors.training.entity_score import entity_figures, score_entities
from extractors.training.hyperparameters import Hyperparameters
from extractors.training.role_score import choose_by_tree, role_chooser, role_figures, score_roles

if TYPE_CHECKING:
    from extractors.training.corpora import Corpora

_UNFITTED = Judge((0.0,) * len(EVIDENCE_NAMES), 0.0, 0.5)


def equipment_of(
    folder: Path, relations: Sequence[Relation], known: Sequence[KnownEntity], patterns: Sequence[Pattern]
) -> Equipment:
    """The runtime's equipment with the exported weights and a judge that is still to be fitted."""
    by_name = {relation.name: relation for relation in relations}
    return Equipment(by_name, tuple(patterns), Gazetteer(known), Encoder(folder), load_heads(folder), _UNFITTED)


def judge_claims(
    equipment: Equipment, nlp: Language, held_out: Sequence[Passage], further: Sequence[Passage],
    dev: Sequence[Passage], others: Sequence[tuple[Equipment, Sequence[Passage]]], settings: Hyperparameters,
    folder: Path,
) -> dict[str, object]:  # fmt: skip
    """Fit the judge, write ``judge.json``, and give the figures on the passages ``held_out`` and ``dev``.

    It is fitted on ``held_out``, which is real prose, and on ``further`` passages that were not trained on either; the
    threshold is chosen on real prose alone. ``others`` are held-out passages with relations of their own, and what
    reads these: the threshold for relations that the judge was not fitted on is chosen by them.
    """
    read = list(calibrate.collect_evidence(nlp, held_out, equipment))
    more = list(calibrate.collect_evidence(nlp, further, equipment))
    judge = calibrate.fit_judge(
        [*read, *more],
        inverse_regularisation=settings.judge_inverse_regularisation,
        least_fact_lead=settings.least_fact_lead,
    )
    claims = calibrate.stated(read, judge, equipment)
    threshold = calibrate.best_threshold(held_out, claims)
    judge = replace(judge, threshold=threshold, relations=frozenset(equipment.relations))
    judge = replace(judge, other_threshold=_other_threshold(judge, nlp, others) if others else threshold)
    calibrate.write_judge(judge, folder / "judge.json")
    judged = replace(equipment, judge=judge)
    dev_claims = calibrate.stated(calibrate.collect_evidence(nlp, dev, judged), judge, judged)
    return {
        "threshold": threshold,
        "other_threshold": judge.other_threshold,
        "held_out": _claim_figures(held_out, claims, judged),
        "dev": _claim_figures(dev, dev_claims, judged),
    }


def _other_threshold(judge: Judge, nlp: Language, others: Sequence[tuple[Equipment, Sequence[Passage]]]) -> float:
    """The best threshold for the relations that the judge was not fitted on, the others left out of gold and claims."""
    passages: list[Passage] = []
    claims: dict[str, list[Claim]] = {}
    symmetric: set[str] = set()
    for equipment, found in others:
        read = calibrate.stated(calibrate.collect_evidence(nlp, found, equipment), judge, equipment)
        claims |= {name: [each for each in told if each.relation not in judge.relations] for name, told in read.items()}
        for passage in found:
            kept = tuple(claim for claim in passage.claims if claim["relation"] not in judge.relations)
            passages.append(replace(passage, claims=kept))
        symmetric |= {name for name, relation in equipment.relations.items() if relation.symmetric}
    return calibrate.best_threshold(passages, claims, symmetric=frozenset(symmetric))


def _claim_figures(
    passages: Sequence[Passage], claims: dict[str, list[Claim]], equipment: Equipment
) -> dict[str, object]:
    threshold, relations = equipment.judge.threshold, tuple(equipment.relations)
    curve = {}
    for least in calibrate.THRESHOLDS:
        micro = calibrate.score(passages, claims, threshold=least).micro
        curve[str(least)] = {"precision": round(micro.precision, 4), "recall": round(micro.recall, 4)}
    evaluation = calibrate.score(passages, claims, threshold=threshold, relations=relations)
    return {
        "passages": len(passages),
        "claims": calibrate.claim_figures(evaluation),
        "false_facts": round(calibrate.false_fact_rate(passages, claims, threshold=threshold), 4),
        "calibration_error": round(calibrate.calibration_error(passages, claims), 4),
        "by_threshold": curve,
    }


def measure_corpora(equipment: Equipment, corpora: Corpora, settings: Hyperparameters) -> dict[str, object]:
    """F1 of entities on the test fold, and of roles on WAC's development part beside the plain dependency reading."""
    encoder, heads = equipment.encoder, equipment.heads
    pairs = (
        (sentence.mentions, recognise(sentence.text, encoder=encoder, heads=heads))
        for sentence in corpora.test_sentences
    )
    choose = role_chooser(encoder, heads, threshold=settings.role_threshold)
    return {
        "entities": entity_figures(score_entities(pairs)),
        "roles": role_figures(score_roles(corpora.test_texts, choose)),
        "roles_by_tree": role_figures(score_roles(corpora.test_texts, choose_by_tree)),
    }
