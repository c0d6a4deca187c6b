from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from extractors.records import EntityType
from ontology.errors import OntologyError
from ontology.iris import entity_iri
from ontology.namespaces import ONTOLOGY
from ontology.turtle import HERE
from ontology.vocabulary import Vocabulary, load_vocabulary

EXAMPLES = sorted((HERE / "examples").glob("*.ttl"))
Write = Callable[..., Path]


def test_load_vocabulary_has_the_four_relations_with_a_dozen_wordings_each(vocabulary: Vocabulary) -> None:
    assert [relation.name for relation in vocabulary.relations] == ["founded", "sued", "invested", "criticized"]
    for relation in vocabulary.relations:
        assert len(relation.wordings) >= 12
        assert {wording.relation for wording in relation.wordings} == {relation.name}
        assert vocabulary.property_iri(relation.name) == ONTOLOGY + relation.name


@pytest.mark.parametrize(
    ("name", "subject_types", "object_types"),
    [
        ("founded", "Facility Organization Person Place", "Event Facility Organization Place Product"),
        ("sued", "Facility Organization Person Place", "Facility Organization Person Place"),
        ("invested", "Facility Organization Person Place", "Event Facility Organization Place Product"),
        ("criticized", "Facility Organization Person Place Product", ""),
    ],
)
def test_load_vocabulary_reads_argument_types_from_domain_and_range(
    vocabulary: Vocabulary, name: str, subject_types: str, object_types: str
) -> None:
    (relation,) = [relation for relation in vocabulary.relations if relation.name == name]
    assert relation.subject_types == frozenset(map(EntityType, subject_types.split()))
    assert relation.object_types == frozenset(map(EntityType, object_types.split()))


def test_load_vocabulary_lists_no_wording_under_two_relations(vocabulary: Vocabulary) -> None:
    sentences = [wording.sentence for relation in vocabulary.relations for wording in relation.wordings]
    assert len(sentences) == len(set(sentences))


def test_vocabulary_travels_between_processes(vocabulary: Vocabulary) -> None:
    assert pickle.loads(pickle.dumps(vocabulary)) == vocabulary


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_load_vocabulary_adds_each_worked_example(path: Path, vocabulary: Vocabulary) -> None:
    extended = load_vocabulary([path])
    (relation,) = extended.relations[len(vocabulary.relations) :]
    assert relation.name == path.stem
    assert len(relation.wordings) >= 12
    assert EntityType.ORGANIZATION in relation.subject_types
    assert relation.object_types
    assert extended.fingerprint != vocabulary.fingerprint


def test_load_vocabulary_gives_one_fingerprint_for_one_content_whatever_the_order() -> None:
    assert len(EXAMPLES) >= 2
    assert load_vocabulary(EXAMPLES).fingerprint == load_vocabulary(EXAMPLES[::-1]).fingerprint
    assert load_vocabulary(EXAMPLES[:1]).fingerprint != load_vocabulary(EXAMPLES[1:]).fingerprint


def test_load_vocabulary_adds_wordings_to_a_relation_that_is_there(vocabulary: Vocabulary, write_turtle: Write) -> None:
    extended = load_vocabulary([write_turtle('enishi:sued enishi:expressedBy "甲が乙にお白州で挑む" .\n')])
    names = [relation.name for relation in extended.relations]
    assert names == [relation.name for relation in vocabulary.relations]
    assert extended.relations[1].wordings[-1].sentence == "甲が乙にお白州で挑む"


def test_load_vocabulary_takes_classes_entities_and_namespaces_of_an_extra_file(write_turtle: Write) -> None:
    path = write_turtle("""
        @prefix my: <https://lab.example/terms/> .
        my:Orchestra a owl:Class ; rdfs:subClassOf enishi:Organization .
        my:conducted a owl:ObjectProperty ; rdfs:domain enishi:Person ;
            rdfs:range [ owl:unionOf ( my:Orchestra enishi:Event ) ] ; enishi:expressedBy "甲が乙を指揮する"@ja .
        my:尾花響 a my:Orchestra ; skos:prefLabel "尾花交響楽団"@ja , "Obana Symphony"@en ; skos:altLabel "尾花響"@ja .
    """)
    vocabulary = load_vocabulary([path])
    relation = vocabulary.relations[-1]
    assert vocabulary.property_iri("conducted") == "https://lab.example/terms/conducted"
    assert relation.subject_types == {EntityType.PERSON}
    assert relation.object_types == {EntityType.ORGANIZATION, EntityType.EVENT}
    entity = vocabulary.entity_named("尾花響")
    assert entity is not None
    assert (entity.name, entity.aliases) == ("尾花交響楽団", ("Obana Symphony", "尾花響"))
    assert entity.type is EntityType.ORGANIZATION


def test_load_vocabulary_reads_no_domain_as_any(write_turtle: Write) -> None:
    path = write_turtle('enishi:met a owl:ObjectProperty ; enishi:expressedBy "甲が乙と会う"@ja .\n')
    relation = load_vocabulary([path]).relations[-1]
    assert (relation.subject_types, relation.object_types) == (frozenset(), frozenset())


DECLARED = "enishi:met a owl:ObjectProperty ; enishi:expressedBy "


@pytest.mark.parametrize(
    ("body", "line", "reason", "remedy"),
    [
        ("enishi:met a owl:ObjectProperty\nrdfs:label 'x' ;\n", 6, "not Turtle", "Mend"),
        ('foo:met enishi:expressedBy "甲が乙と会う" .', 5, "prefix foo: has not been declared", "Mend"),
        ("enishi:met a owl:ObjectProperty .\n", None, "neither a wording", "expressedBy|sentences"),
        ('\nenishi:met enishi:expressedBy "甲が乙と会う" .\n', 6, "is not declared", "enishi:met a owl:ObjectProperty"),
        (DECLARED + '"甲が会う"@ja .', 5, "holds 乙 0 times", "乙 exactly once, where the object stands"),
        (DECLARED + '"甲が甲と乙に会う"@ja .', 5, "holds 甲 2 times", "甲 exactly once, where the subject stands"),
        (DECLARED + '"甲 meets 乙"@en .', 5, "marked @en", "Mark Japanese wordings @ja"),
        (DECLARED + '"""甲が\n乙と会う"""@ja .', 5, "no single short sentence", "without line breaks"),
        (DECLARED + '"' + "甲が" + "とても" * 40 + '乙と会う"@ja .', 5, "no single short sentence", "under 80"),
        (DECLARED + "enishi:sued .", 5, "A wording is not text", "Write it in quotes"),
        ("[] a owl:ObjectProperty ; enishi:expressedBy '甲が乙と会う' .", 5, "no named property", "IRI before it"),
        (DECLARED + "'甲が乙と会う' ;\n rdfs:domain enishi:Persn .", 6, "domain of met", "enishi:Person, Organization"),
        (
            DECLARED + "'甲が乙と会う' ; rdfs:range enishi:Person , enishi:Event .",
            5,
            "no type in common",
            "owl:unionOf",
        ),
        (
            "<https://a.example/sued> a owl:ObjectProperty ; enishi:expressedBy '甲が乙と会う' .",
            5,
            "Two properties are called sued",
            "Rename one",
        ),
        (
            "<https://a.example/1> a owl:ObjectProperty ; enishi:expressedBy '甲が乙と会う' .",
            5,
            "no usable name",
            "end in a word",
        ),
        (
            'enishi:x a enishi:Person , enishi:Event ; skos:prefLabel "二役"@ja .',
            5,
            "has the types Event, Person",
            "one of them",
        ),
    ],
)
def test_load_vocabulary_says_what_is_wrong_where_and_what_to_do(
    write_turtle: Write, body: str, line: int | None, reason: str, remedy: str
) -> None:
    path = write_turtle(body)
    with pytest.raises(OntologyError) as caught:
        load_vocabulary([path])
    assert (caught.value.path, caught.value.line) == (path, line)
    assert reason in caught.value.reason
    assert any(part in caught.value.remedy for part in remedy.split("|"))
    assert str(path) in str(caught.value)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"\xff\xfe\x00", 1, "not UTF-8"),
        ("# 一行目\n# 二行目".encode() + b"\n\x82\xa0", 3, "not UTF-8"),
        (b"\x00\x01\x02", 1, "not Turtle"),
    ],
)
def test_load_vocabulary_refuses_what_is_no_turtle_file(tmp_path: Path, content: bytes, line: int, reason: str) -> None:
    path = tmp_path / "extra.ttl"
    path.write_bytes(content)
    with pytest.raises(OntologyError) as caught:
        load_vocabulary([path])
    assert caught.value.line == line
    assert reason in caught.value.reason


@pytest.mark.parametrize("name", ["missing.ttl", "."])
def test_load_vocabulary_refuses_a_path_that_is_no_file(tmp_path: Path, name: str) -> None:
    with pytest.raises(OntologyError, match="cannot be read") as caught:
        load_vocabulary([tmp_path / name])
    assert caught.value.remedy == "Check the path and its permissions."


def test_load_vocabulary_accepts_a_byte_order_mark(write_turtle: Write) -> None:
    path = write_turtle(DECLARED + '"甲が乙と会う"@ja .')
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert load_vocabulary([path]).relations[-1].name == "met"


def test_vocabulary_knows_entities_by_iri_name_and_unambiguous_alias(write_turtle: Write) -> None:
    path = write_turtle("""
        enishi:a a enishi:Person ; skos:prefLabel "尾花一郎"@ja ; skos:altLabel "尾花"@ja , "ヲバナ"@ja .
        enishi:b a enishi:Person ; skos:prefLabel "尾花次郎"@ja ; skos:altLabel "尾花"@ja .
    """)
    vocabulary = load_vocabulary([path])
    known = vocabulary.entity(ONTOLOGY + "a")
    assert known is not None
    assert vocabulary.entity_named("尾花一郎") == vocabulary.entity_named("ｦﾊﾞﾅ") == known
    assert vocabulary.entity_named("尾花") is None
    assert vocabulary.entity_named("尾花三郎") is None
    assert vocabulary.entity(ONTOLOGY + "c") is None


def test_gazetteer_entries_have_the_iris_that_their_names_are_given(vocabulary: Vocabulary) -> None:
    assert len(vocabulary.known_entities) >= 300
    for entity in vocabulary.known_entities:
        assert entity.iri == entity_iri(entity.name)
        assert all(len(alias) > 1 for alias in entity.aliases)


def test_gazetteer_gives_no_alias_to_two_entries(vocabulary: Vocabulary) -> None:
    for entity in vocabulary.known_entities:
        for name in (entity.name, *entity.aliases):
            assert vocabulary.entity_named(name) == entity
