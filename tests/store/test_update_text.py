"""Updates and N-Triples say the quads that they were made of."""

from __future__ import annotations

from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse

from store import open_store
from store.export import export_graph
from store.update_text import insertion, n_triples

GRAPH = NamedNode("https://enishi.example/document/提訴の記事")
CLAIM, REIFIES = NamedNode("a:claim"), NamedNode("http://www.w3.org/1999/02/22-rdf-syntax-ns#reifies")
SUED = Triple(NamedNode("a:大空電機"), NamedNode("a:sued"), NamedNode("a:川端薫"))
TERMS = [
    SUED,
    Triple(NamedNode("a:青空電機"), NamedNode("a:denied"), SUED),
    Triple(CLAIM, NamedNode("a:quote"), Literal("制御\u0001と逆斜線\\u0041 )>> <<(", language="ja")),
]


@pytest.mark.parametrize("term", TERMS)
def test_insertion_adds_triple_terms(term: Triple) -> None:
    quads = [Quad(CLAIM, REIFIES, term, GRAPH), Quad(CLAIM, REIFIES, term)]
    store = Store()
    store.update(insertion(quads))
    assert set(store) == set(quads)


@pytest.mark.parametrize("term", TERMS)
def test_n_triples_say_triple_terms(term: Triple) -> None:
    quad = Quad(CLAIM, REIFIES, term, GRAPH)
    assert [read.triple for read in parse(n_triples([quad]), RdfFormat.N_TRIPLES)] == [quad.triple]


@pytest.mark.parametrize("suffix", [".nq", ".trig"])
def test_store_is_filled_again_from_its_export_with_triple_terms(tmp_path: Path, suffix: str) -> None:
    quads = [Quad(CLAIM, REIFIES, term, GRAPH) for term in TERMS]
    with open_store(tmp_path / "store") as store:
        store.bulk_load(quads)
        export_graph(store, tmp_path / f"graph{suffix}", rdf_12=True)
        read = list(parse(path=tmp_path / f"graph{suffix}"))
        store.replace_graph(GRAPH.value, read)
        assert set(store.dump()) == set(quads)
