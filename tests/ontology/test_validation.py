from __future__ import annotations

import dataclasses
from collections.abc import Callable

import pyoxigraph as ox
import pyshacl
import pytest
import rdflib

from extractors.records import Argument, Claim, Document, EntityType, Evidence, Status
from ontology.curated import curated_graphs
from ontology.mapping import document_iri, map_document
from ontology.namespaces import DCTERMS, ENTITIES_GRAPH, OA, ONTOLOGY, PREFIXES, PROV, RDF, RDFS, SKOS, XSD
from ontology.rdflib_terms import to_rdflib
from ontology.turtle import HERE
from ontology.validation import Validator, Violation, load_validator, shorten
from ontology.vocabulary import Vocabulary, load_vocabulary

DECIMAL = ox.NamedNode(XSD + "decimal")
RUN = "https://enishi.example/run/1"


@pytest.fixture
def quads(document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]) -> list[ox.Quad]:
    claims = [
        make_claim(held_by="黒田理事", event_time="2024-09", amount="3億円"),
        make_claim(target="黒田理事", relation="criticized", status=Status.HYPOTHETICAL),
    ]
    return map_document(document, claims, vocabulary=vocabulary, run_iri=RUN, fingerprint="f")


def replaced(quads: list[ox.Quad], predicate: str, *values: ox.NamedNode | ox.Literal) -> list[ox.Quad]:
    """The quads with the first value of the predicate replaced by the given ones."""
    position = next(number for number, quad in enumerate(quads) if quad.predicate.value == predicate)
    quad = quads[position]
    new = [ox.Quad(quad.subject, quad.predicate, value, quad.graph_name) for value in values]
    return quads[:position] + new + quads[position + 1 :]


def test_check_accepts_what_the_mapping_writes(validator: Validator, quads: list[ox.Quad]) -> None:
    assert validator.check(quads) == []
    assert validator.check([]) == []


def test_check_accepts_a_symmetric_relation_in_both_directions_and_no_other(
    document: Document, make_claim: Callable[..., Claim]
) -> None:
    vocabulary = load_vocabulary([HERE / "examples" / "allied.ttl"])
    claims = [make_claim(relation="allied"), make_claim()]
    quads = map_document(document, claims, vocabulary=vocabulary, run_iri=RUN, fingerprint="f")
    validator = load_validator(vocabulary)
    assert validator.check(quads) == []
    claimed = next(quad for quad in quads if quad.predicate.value == ONTOLOGY + "sued")
    assert isinstance(claimed.object, ox.NamedNode)
    reversed_suit = ox.Quad(claimed.object, claimed.predicate, claimed.subject, claimed.graph_name)
    (violation,) = validator.check([*quads, reversed_suit])
    assert "only where a claim asserts it" in violation.message


@pytest.mark.parametrize(
    ("predicate", "values", "message"),
    [
        (ONTOLOGY + "contentHash", [], "one content hash"),
        (ONTOLOGY + "contentHash", [ox.Literal("0F" * 32)], "one content hash"),
        (ONTOLOGY + "fingerprint", [ox.Literal("a"), ox.Literal("b")], "one fingerprint"),
        (DCTERMS + "source", [], "one source"),
        (DCTERMS + "title", [ox.Literal("題")], "at most one title"),
        (RDF + "subject", [], "one subject"),
        (RDF + "subject", [ox.Literal("南風工機")], "one subject"),
        (RDF + "predicate", [ox.NamedNode(ONTOLOGY + "adored")], "one predicate"),
        (RDF + "object", [], "one object"),
        (ONTOLOGY + "status", [], "one status"),
        (ONTOLOGY + "status", [ox.NamedNode(ONTOLOGY + "Rumoured")], "one status"),
        (ONTOLOGY + "confidence", [ox.Literal("1.5", datatype=DECIMAL)], "one confidence"),
        (ONTOLOGY + "confidence", [ox.Literal("nan", datatype=DECIMAL)], "one confidence"),
        (ONTOLOGY + "confidence", [ox.Literal("0.5")], "one confidence"),
        (ONTOLOGY + "frame", [], "one Japanese wording"),
        (ONTOLOGY + "frame", [ox.Literal("甲 sues 乙", language="en")], "one Japanese wording"),
        (ONTOLOGY + "heldBy", [ox.Literal("黒田理事")], "held by at most one"),
        (ONTOLOGY + "eventTime", [ox.Literal("去年")], "at most one event time"),
        (ONTOLOGY + "eventTime", [ox.Literal("2024-13", datatype=ox.NamedNode(XSD + "gYearMonth"))], "one event time"),
        (ONTOLOGY + "amount", [ox.Literal("")], "at most one amount"),
        (PROV + "wasDerivedFrom", [], "one document of its graph"),
        (PROV + "wasDerivedFrom", [ox.NamedNode("https://enishi.example/document/else")], "one document of its graph"),
        (PROV + "wasGeneratedBy", [], "one run"),
        (OA + "hasSelector", [], "two selectors"),
        (OA + "start", [ox.Literal(-1)], "one start"),
        (OA + "start", [ox.Literal(999)], "before its end"),
        (OA + "start", [ox.Literal("abc", datatype=ox.NamedNode(XSD + "integer"))], "one start"),
        (OA + "end", [], "one end"),
        (OA + "exact", [ox.Literal("")], "not empty"),
        (OA + "exact", [ox.Literal("短い")], "as long as the stretch"),
        (SKOS + "prefLabel", [], "one preferred label"),
        (SKOS + "prefLabel", [ox.Literal("南風工機")], "one preferred label"),
        (RDFS + "label", [ox.Literal("別の名", language="ja")], "rdfs:label is its preferred label"),
        (ONTOLOGY + "sued", [], "asserted claim's plain triple stands"),
    ],
)
def test_check_finds_each_broken_promise(
    validator: Validator,
    quads: list[ox.Quad],
    predicate: str,
    values: list[ox.NamedNode | ox.Literal],
    message: str,
) -> None:
    found = validator.check(replaced(quads, predicate, *values))
    assert any(message in violation.message for violation in found)
    assert {violation.graph for violation in found} == {quads[0].graph_name.value}


@pytest.mark.parametrize(
    ("subject", "predicate", "target", "message"),
    [
        ("entity:南風工機", "criticized", "entity:黒田理事", "only where a claim asserts it"),
        ("entity:北斗電子", "sued", "entity:南風工機", "only where a claim asserts it"),
        ("entity:北斗電子", "status", "enishi:Asserted", "is an enishi:Claim"),
    ],
)
def test_check_finds_statements_that_nothing_stands_behind(
    validator: Validator, quads: list[ox.Quad], subject: str, predicate: str, target: str, message: str
) -> None:
    nodes = [ox.NamedNode(PREFIXES[name.split(":")[0]] + name.split(":")[1]) for name in (subject, target)]
    added = ox.Quad(nodes[0], ox.NamedNode(ONTOLOGY + predicate), nodes[1], quads[0].graph_name)
    found = validator.check([*quads, added])
    assert any(violation.node == nodes[0].value and message in violation.message for violation in found)


def test_check_finds_a_claim_that_says_more_than_it_may(validator: Validator, quads: list[ox.Quad]) -> None:
    claim = next(quad.subject for quad in quads if quad.predicate.value == RDF + "subject")
    added = ox.Quad(claim, ox.NamedNode("https://a.example/rumour"), ox.Literal("x"), quads[0].graph_name)
    (violation,) = validator.check([*quads, added])
    assert (violation.node, violation.path) == (claim.value, "https://a.example/rumour")


def test_check_finds_an_entity_of_two_types(validator: Validator, quads: list[ox.Quad]) -> None:
    entity = ox.NamedNode(PREFIXES["entity"] + "南風工機")
    added = ox.Quad(entity, ox.NamedNode(RDF + "type"), ox.NamedNode(ONTOLOGY + "Place"), quads[0].graph_name)
    (violation,) = validator.check([*quads, added])
    assert (violation.node, violation.path) == (entity.value, RDF + "type")


def test_check_blames_the_document_that_is_wrong_among_many(
    validator: Validator, document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    batch: list[ox.Quad] = []
    for number in range(12):
        this = dataclasses.replace(document, id=f"{number}.txt")
        entity_type = [EntityType.ORGANIZATION, EntityType.PRODUCT, EntityType.PERSON][number % 3]
        claims = [make_claim(Argument(("南風工機", f"別名{number}"), entity_type, 5, 9))]
        if number == 7:
            claims.append(make_claim(evidence=Evidence(4, 9, "短い")))
        if number == 9:
            claims = [make_claim(status=Status.NEGATED, confidence=2.0)]
        batch += map_document(this, claims, vocabulary=vocabulary, run_iri=RUN, fingerprint="f")
    found = validator.check(batch)
    assert [violation.graph for violation in found] == [
        document_iri(dataclasses.replace(document, id=f"{number}.txt")) for number in (7, 9)
    ]
    assert "as long as" in found[0].message
    assert (found[1].path, found[1].value) == (ONTOLOGY + "confidence", "2.0")


def test_check_lets_no_document_vouch_for_another(
    validator: Validator, document: Document, vocabulary: Vocabulary, make_claim: Callable[..., Claim]
) -> None:
    other = dataclasses.replace(document, id="other.txt")
    one, two = (
        map_document(this, [make_claim()], vocabulary=vocabulary, run_iri=RUN, fingerprint="f")
        for this in (document, other)
    )
    bare = [quad for quad in two if quad.predicate.value not in (ONTOLOGY + "sued", SKOS + "prefLabel", RDFS + "label")]
    found = validator.check(one + bare)
    assert {violation.graph for violation in found} == {document_iri(other)}
    assert {violation.message.split(" ")[1] for violation in found} >= {"asserted", "entity", "entity's"}


@pytest.mark.parametrize("described_elsewhere", [True, False])
def test_check_blames_each_document_for_what_it_mentions_but_does_not_describe(
    validator: Validator,
    document: Document,
    vocabulary: Vocabulary,
    make_claim: Callable[..., Claim],
    described_elsewhere: bool,
) -> None:
    batch: list[ox.Quad] = []
    for number, described in enumerate((described_elsewhere, False, False)):
        this = dataclasses.replace(document, id=f"{number}.txt")
        quads = map_document(this, [make_claim()], vocabulary=vocabulary, run_iri=RUN, fingerprint="f")
        batch += [quad for quad in quads if described or quad.subject.value != PREFIXES["entity"] + "北斗電子"]
    found = validator.check(batch)
    wrong = (1, 2) if described_elsewhere else (0, 1, 2)
    assert {violation.graph for violation in found} == {
        document_iri(dataclasses.replace(document, id=f"{number}.txt")) for number in wrong
    }
    assert {violation.node for violation in found} == {PREFIXES["entity"] + "北斗電子"}


def test_check_names_the_document_that_the_checker_itself_fails_on(
    validator: Validator, quads: list[ox.Quad], document: Document, vocabulary: Vocabulary
) -> None:
    good = map_document(
        dataclasses.replace(document, id="good.txt"),
        [],
        vocabulary=vocabulary,
        run_iri=RUN,
        fingerprint="f",
    )
    found = validator.check([*good, *replaced(quads, OA + "start", ox.Literal("nan", datatype=DECIMAL))])
    (violation,) = found
    assert violation.graph == quads[0].graph_name.value
    assert "InvalidOperation" in (violation.value or "")


@pytest.mark.parametrize(
    ("predicate", "values"), [(ONTOLOGY + "sued", []), (OA + "exact", [ox.Literal("短い")]), (None, [])]
)
def test_check_agrees_with_pyshacl_run_on_the_whole_shapes_file(
    validator: Validator, quads: list[ox.Quad], predicate: str | None, values: list[ox.Literal]
) -> None:
    if predicate is not None:
        quads = replaced(quads, predicate, *values)
    graph = rdflib.Graph()
    for quad in quads:
        graph.add((to_rdflib(quad.subject), to_rdflib(quad.predicate), to_rdflib(quad.object)))
    for statement in validator.relation_types:
        graph.add((to_rdflib(statement[0]), to_rdflib(statement[1]), to_rdflib(statement[2])))
    conforms, _, _ = pyshacl.validate(graph, shacl_graph=rdflib.Graph().parse(HERE / "shapes.ttl"))
    assert conforms == (validator.check(quads) == []) == (predicate is None)


def test_check_accepts_the_curated_entities(validator: Validator, vocabulary: Vocabulary) -> None:
    assert validator.check(curated_graphs(vocabulary)[ENTITIES_GRAPH]) == []


def test_violation_is_readable_and_safe_for_a_terminal() -> None:
    graph = "https://enishi.example/document/a.txt"
    with_value = Violation(graph, ONTOLOGY + "x", "One must hold.", RDF + "type", "\x1b[2J\u202e")
    assert str(with_value) == "enishi:x rdf:type: One must hold. Found: \\x1b[2J\\u202e."
    assert str(Violation(graph, "urn:x", "Another must hold.")) == "<urn:x>: Another must hold."


def test_shorten_uses_the_prefixes_of_the_graph() -> None:
    assert shorten("https://enishi.example/entity/南風工機") == "entity:南風工機"
    assert shorten("https://a.example/\n") == "<https://a.example/\\n>"
