from __future__ import annotations

import unicodedata

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ontology import iris
from ontology.namespaces import DOCUMENT, ENTITY

anything = st.text(
    st.one_of(
        st.characters(codec="utf-8"),
        st.characters(categories=["Cs", "Cf", "Cc", "Mn", "Zs"]),
        st.sampled_from("\"'<>{}|\\^`%~/?#[]@:. \n\t\x00\x7f\u200b\u202e\u2028\ufeff\ufffe・ーが①㈱"),
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("南風工機", "南風工機"),
        ("エリック・ノール", "エリック・ノール"),
        ("ＡＢＣ商事", "ABC商事"),
        ("ﾅﾝﾌﾟｳ", "ナンプウ"),
        ("か\u3099くや", "がくや"),
        ("  南風  工機\n", "南風%20工機"),
        ("《暁》の会", "《暁》の会"),
        ('名"<>{}|\\^`', "名%22%3C%3E%7B%7D%7C%5C%5E%60"),
        ("100%/年?#[a]", "100%25%2F年%3F%23%5Ba%5D"),
        ("a\u202eb", "a%E2%80%AEb"),
        ("a\x00b", "a%00b"),
        ("a\ud800b", "a%ED%A0%80b"),
        ("~", "%7E"),
        ("", "~"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("A.B.", "A.B%2E"),
        ("...", "%2E%2E%2E"),
        ("\u0301x", "%CC%81x"),
    ],
)
def test_entity_iri_keeps_what_is_readable_and_encodes_the_rest(name: str, local: str) -> None:
    assert iris.entity_iri(name) == ENTITY + local


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ヴァルター", unicodedata.normalize("NFD", "ヴァルター")),
        ("Ångström", unicodedata.normalize("NFD", "Ångström")),
        ("㈱南風", "(株)南風"),
        ("OpenLab", "ＯｐｅｎＬａｂ"),
    ],
)
def test_entity_iri_is_one_for_composed_decomposed_and_wide_forms(first: str, second: str) -> None:
    assert first != second
    assert iris.entity_iri(first) == iris.entity_iri(second)


@given(anything)
def test_entity_iri_is_one_for_all_normal_forms(name: str) -> None:
    forms = {unicodedata.normalize(form, name) for form in ("NFC", "NFD", "NFKC", "NFKD")}
    assert len({iris.entity_iri(form) for form in forms}) == 1


@given(anything, anything)
def test_entity_iri_differs_for_names_that_differ(first: str, second: str) -> None:
    assert (iris.entity_iri(first) == iris.entity_iri(second)) == (iris.name_key(first) == iris.name_key(second))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("a%20b", "a b"),
        ("%7E", "~"),
        ("", "~"),
        ("", " \u3000".strip() + "\u200b"),
        ("東京", "東亰"),
        ("北斗電子", "北斗電子\u200b"),
        ("A・B", "AB"),
        ("Apple", "apple"),
        ("a\ud800", "a\ufffd"),
        (".", "%2E"),
        ("長" * 500, "長" * 499 + "短"),
        ("長" * 500, "長" * 501),
    ],
)
def test_entity_iri_tells_look_alikes_apart(first: str, second: str) -> None:
    assert iris.entity_iri(first) != iris.entity_iri(second)


@given(anything)
def test_entity_iri_is_an_iri_in_its_namespace_and_survives_normalisation(name: str) -> None:
    iri = iris.entity_iri(name)
    assert ox.NamedNode(iri).value == iri
    assert iri.startswith(ENTITY)
    assert "/" not in iri.removeprefix(ENTITY)
    assert unicodedata.normalize("NFC", iri) == iri
    assert all(character.isprintable() and not character.isspace() for character in iri)


def test_entity_iri_shortens_a_name_without_end() -> None:
    iri = iris.entity_iri("長い名前" * 10_000)
    assert len(iri) < 200
    assert iri.startswith(ENTITY + "長い名前長い名前")


@given(anything, anything)
def test_document_iri_differs_for_every_two_ids(first: str, second: str) -> None:
    assert (iris.document_iri(first) == iris.document_iri(second)) == (first == second)
    assert ox.NamedNode(iris.document_iri(first)).value.startswith(DOCUMENT)


@pytest.mark.parametrize(
    ("document_id", "local"),
    [
        ("data/記事/一.txt", "data/記事/一.txt"),
        ("feed.jsonl#3", "feed.jsonl%233"),
        ("https://news.example/a?b=1", "https://news.example/a%3Fb%3D1"),
        ("../../etc/passwd", "%2E%2E/%2E%2E/etc/passwd"),
    ],
)
def test_document_iri_stays_readable(document_id: str, local: str) -> None:
    assert iris.document_iri(document_id) == DOCUMENT + local


def test_description_iri_belongs_to_one_document_and_is_no_name() -> None:
    first, second = (iris.description_iri("元従業員", iris.document_iri(document_id)) for document_id in ("a", "b"))
    assert first != second
    assert iris.entity_iri("元従業員") not in (first, second)
    assert first == iris.description_iri("元従業員", iris.document_iri("a"))


def test_claim_iri_depends_on_every_part_and_on_where_it_ends() -> None:
    claims = {iris.claim_iri(*parts) for parts in [("a", "b"), ("ab",), ("a", "b", ""), ("b", "a"), ("a", 1), ("a1",)]}
    assert len(claims) == 6
