from __future__ import annotations

from ontology.namespaces import RUNS_GRAPH
from ontology.provenance import run_quads
from ontology.validation import Validator
from tests.ontology.consistency import find_inconsistencies

RUN = "https://enishi.example/run/0123"


def test_run_quads_are_a_run_as_shapes_and_ontology_have_it(validator: Validator) -> None:
    quads = run_quads(RUN, fingerprint="0123abcd", version="0.1.0")
    assert {quad.graph_name.value for quad in quads} == {RUNS_GRAPH}
    assert validator.check(quads) == []
    assert find_inconsistencies(quads) == []
    assert validator.check([quad for quad in quads if not quad.predicate.value.endswith("fingerprint")]) != []


def test_run_quads_are_the_same_whenever_they_are_made() -> None:
    first, second = (run_quads(RUN, fingerprint="0123abcd", version="0.1.0") for _ in range(2))
    assert first == second
