"""The Turtle writer nests blank nodes to a fixed depth, in a time that grows with the graph."""

from __future__ import annotations

import gc
import random
import time
from collections.abc import Callable
from itertools import pairwise

import pytest
import rdflib
from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple, parse

from ontology.namespaces import PREFIXES, RDF
from store.turtle import TurtleWriter

ROOT, NEXT, VALUE = NamedNode("a:root"), NamedNode("a:next"), NamedNode("a:value")
FIRST, REST, NIL = NamedNode(RDF + "first"), NamedNode(RDF + "rest"), NamedNode(RDF + "nil")
MOST_TIMES_SLOWER = 40


def _chain(length: int) -> list[Triple]:
    nodes = [ROOT, *_nodes(length)]
    steps = [Triple(node, NEXT, following) for node, following in pairwise(nodes)]
    return [*steps, *(Triple(node, VALUE, Literal(number)) for number, node in enumerate(nodes))]


def _cells(length: int, last: NamedNode = NIL) -> list[Triple]:
    """A list of so many members, or what is none where its last cell ends in another node than rdf:nil."""
    nodes = _nodes(length)
    rests = [Triple(node, REST, rest) for node, rest in zip(nodes, [*nodes[1:], last], strict=True)]
    firsts = [Triple(node, FIRST, Literal(number)) for number, node in enumerate(nodes)]
    return [Triple(ROOT, VALUE, nodes[0]), *firsts, *rests]


def _open_list(length: int) -> list[Triple]:
    return _cells(length, NamedNode("a:end"))


def _lists_in_lists(depth: int) -> list[Triple]:
    """( 0 ( 1 ( 2 … ) ) )."""
    cells = _cells(depth)
    outer = [BlankNode(f"outer{number}") for number in range(depth)]
    inner = [triple for triple in cells if triple.predicate != REST]
    links = [Triple(node, REST, tail) for node, tail in zip(_nodes(depth), outer, strict=True)]
    heads = [Triple(node, FIRST, head) for node, head in zip(outer, [*_nodes(depth)[1:], NIL], strict=True)]
    return [*inner, *links, *heads, *(Triple(node, REST, NIL) for node in outer)]


def _nodes(length: int) -> list[BlankNode]:
    return [BlankNode(f"n{number}") for number in range(length)]


def _written(triples: list[Triple]) -> str:
    writer = TurtleWriter(PREFIXES)
    return writer.header([triples]) + "".join(writer.graph(triples))


def _canonical(quads: list[Quad]) -> Dataset:
    dataset = Dataset(quads)
    dataset.canonicalize(CanonicalizationAlgorithm.UNSTABLE)
    return dataset


def _seconds(triples: list[Triple]) -> float:
    """The least of three runs, without the collector: a process that has loaded models is long in collecting."""
    gc.disable()
    try:
        return min(_seconds_once(triples) for _ in range(3))
    finally:
        gc.enable()


def _seconds_once(triples: list[Triple]) -> float:
    start = time.process_time()
    _written(triples)
    return time.process_time() - start


@pytest.mark.parametrize("build", [_chain, _cells, _open_list, _lists_in_lists])
@pytest.mark.parametrize("length", [0, 1, 2, 15, 16, 17, 18, 31, 32, 33, 34, 65, 600])
def test_turtle_writer_says_a_chain_of_any_length(build: Callable[[int], list[Triple]], length: int) -> None:
    triples = build(max(length, build is not _chain))
    text = _written(triples)
    assert _canonical(list(parse(text, RdfFormat.TURTLE))) == _canonical([Quad(*triple) for triple in triples])
    assert len(rdflib.Graph().parse(data=text, format="turtle")) == len(triples)


@pytest.mark.parametrize("build", [_chain, _lists_in_lists])
def test_turtle_writer_writes_a_deep_graph_alike_in_any_order(build: Callable[[int], list[Triple]]) -> None:
    triples = build(300)
    shuffled = random.Random(1).sample(triples, len(triples))
    assert _written(shuffled) == _written(triples)


def test_turtle_writer_nests_to_a_depth_and_labels_the_next_node() -> None:
    depth = 32
    assert "_:" not in _written(_chain(depth))
    assert "_:" not in _written(_lists_in_lists(depth))
    blocks = list(TurtleWriter(PREFIXES).graph(_chain(depth + 2)))
    assert len(blocks) == 2
    assert f"a:next> _:n{depth} ;\n" in blocks[0]
    assert blocks[1] == f"_:n{depth}\n    <a:next> [\n        <a:value> 34\n    ] ;\n    <a:value> 33 .\n"


def test_turtle_writer_writes_a_list_of_any_length_in_parentheses() -> None:
    blocks = list(TurtleWriter(PREFIXES).graph(_cells(2000)))
    assert blocks == [f"<a:root>\n    <a:value> ( {' '.join(map(str, range(2000)))} ) .\n"]


@pytest.mark.parametrize("build", [_chain, _cells, _open_list])
def test_turtle_writer_takes_a_time_that_grows_with_the_graph(build: Callable[[int], list[Triple]]) -> None:
    assert _seconds(build(20_000)) < MOST_TIMES_SLOWER * _seconds(build(2_000))
