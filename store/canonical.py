"""Blank nodes with names that depend on the graph alone, and a hash by which two graphs can be told apart.

W3C RDF Dataset Canonicalization, RDFC-1.0 (2024), as pyoxigraph implements it. Nodes that are alike and linked to each
other make it exponential, and nothing stops it once it runs; such a graph ("dataset poisoning", section 7.1) is known
beforehand and gets names by a plain walk. They are as good where nodes that look alike are interchangeable, as in a
clique, a ring or a list; elsewhere they may depend on the names that the nodes come with.
"""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby, permutations
from typing import Any

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Quad, Store, Triple

_Links = Mapping[BlankNode, Iterable[tuple[str, BlankNode]]]

_MOST_WORK = 200_000
"""Names copied from one attempt to the next, some tenths of a second's. Each call copies those reached so far, twice:
at most 450 calls stand within each other, and Python's limit of 1,000 is not met."""


def canonical_quads(quads: Iterable[Quad]) -> list[Quad]:
    """The quads with canonical blank nodes, without duplicates, sorted by their N-Quads form in code point order.

    Blank nodes that RDFC-1.0 would take too long to tell apart get names by a walk, see above.
    """
    listed = list(quads)
    if any(True for quad in listed for _ in _blank_nodes(quad)):
        dataset = Dataset(listed)
        hashes = _first_degree_hashes(dataset)
        links = _links(dataset, hashes)
        if _is_too_much_work(links, hashes):
            names = _names_by_a_walk(links, hashes)
            listed = [_renamed(quad, names) for quad in dataset]
        else:
            dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
            listed = list(dataset)
    by_line = {str(quad): quad for quad in listed}
    return [by_line[line] for line in sorted(by_line)]


def canonical_hash(quads: Iterable[Quad]) -> str:
    """The SHA-256, in hex, of the canonical N-Quads: equal for two datasets where they are isomorphic.

    It may differ for isomorphic ones whose blank nodes are named by a walk, see above; never is it equal for others.
    Numbers and times count by value, "1.0" as "1": Oxigraph keeps the value and not the spelling, other stores and
    files keep the spelling, and which of them held a graph must make no difference.
    """
    digest = hashlib.sha256()
    for quad in canonical_quads(_as_stored(quads)):
        digest.update(f"{quad} .\n".encode())
    return digest.hexdigest()


def _as_stored(quads: Iterable[Quad]) -> Iterable[Quad]:
    store = Store()
    store.bulk_extend(quads)
    return store


def _first_degree_hashes(dataset: Dataset) -> dict[BlankNode, str]:
    """RDFC-1.0, section 4.6: what each blank node looks like where all others look the same."""
    lines = defaultdict(list)
    for quad in dataset:
        nodes = {node for _, node in _blank_nodes(quad)}
        for node in nodes:
            names = dict.fromkeys(nodes, BlankNode("z")) | {node: BlankNode("a")}
            lines[node].append(f"{_renamed(quad, names)} .\n")
    return {node: _sha256("".join(sorted(its_lines))) for node, its_lines in lines.items()}


def _links(dataset: Dataset, hashes: Mapping[BlankNode, str]) -> _Links:
    """The blank nodes in a quad with each, and the hash of how they are related to it (section 4.7)."""
    links = defaultdict(set)
    for quad in dataset:
        nodes = list(_blank_nodes(quad))
        for position, other in nodes if len(nodes) > 1 else ():
            predicate = "" if position == "g" else str(quad.predicate)
            link = _sha256(position + predicate + hashes[other]), other
            for node in {node for _, node in nodes} - {other}:
                links[node].add(link)
    return links


def _is_too_much_work(links: _Links, hashes: Mapping[BlankNode, str]) -> bool:
    """Whether RDFC-1.0 is kept too long by the nodes of equal hash (section 4.4, step 5)."""
    sizes = Counter(hashes.values())
    tied = sorted((node for node in hashes if sizes[hashes[node]] > 1), key=lambda node: hashes[node])
    tied_links = {node: [link for link in links.get(node, ()) if sizes[hashes[link[1]]] > 1] for node in tied}
    work, named = 0, set[BlankNode]()
    for _, group in groupby(tied, key=lambda node: hashes[node]):
        walks = {node: {node} for node in group if node not in named}
        for start, reached in walks.items():
            from_here = _work(start, reached, tied_links, _MOST_WORK)
            work += from_here
            if from_here > _MOST_WORK or work > max(_MOST_WORK, 100 * len(tied)):
                return True
        named.update(*walks.values())
    return False


def _work(node: BlankNode, reached: set[BlankNode], links: _Links, most: int) -> int:
    """The names that section 4.8 copies at a node, or some number above ``most``; ``reached`` gets all that it names.

    It tries the nodes that are related to this one alike in every order, and goes on from each. Which it reaches does
    not depend on the order, so that this can be counted without the hashes that it compares.
    """
    work = len(reached)
    alike = defaultdict(set)
    for related, other in links[node]:
        if other not in reached:
            alike[related].add(other)
    for _, others in sorted(alike.items()):
        new = others - reached
        for order in permutations(others):
            now = reached | others
            work += len(now)
            for other in order:
                if other in new and work <= most:
                    work += _work(other, now, links, most - work)
            if work > most:
                return work
        reached |= now
    return work


def _names_by_a_walk(links: _Links, hashes: Mapping[BlankNode, str]) -> dict[BlankNode, BlankNode]:
    """Names in the order of a walk from the nodes that look like the fewest others; the given names settle ties."""
    sizes = Counter(hashes.values())
    names: dict[BlankNode, BlankNode] = {}
    for start in sorted(hashes, key=lambda node: (sizes[hashes[node]], hashes[node], node.value)):
        waiting = [start]
        for node in waiting:
            if node not in names:
                names[node] = BlankNode(f"c14n{len(names)}")
                related = sorted(links.get(node, ()), key=lambda link: (link[0], link[1].value))
                waiting += (other for _, other in related)
    return names


def _blank_nodes(quad: Quad) -> Iterator[tuple[str, BlankNode]]:
    """The blank nodes of a quad, each with its position as RDFC-1.0 calls it."""
    for position, term in (("s", quad.subject), ("o", quad.object), ("g", quad.graph_name)):
        yield from _blank_nodes_of_term(term, position)


def _blank_nodes_of_term(term: object, position: str) -> Iterator[tuple[str, BlankNode]]:
    if isinstance(term, BlankNode):
        yield position, term
    elif isinstance(term, Triple):
        yield from _blank_nodes_of_term(term.subject, position + "s")
        yield from _blank_nodes_of_term(term.object, position + "o")


def _renamed(quad: Quad, names: Mapping[BlankNode, BlankNode]) -> Quad:
    def term(given: Any) -> Any:
        if isinstance(given, Triple):
            return Triple(term(given.subject), given.predicate, term(given.object))
        return names.get(given, given)

    return Quad(term(quad.subject), quad.predicate, term(quad.object), term(quad.graph_name))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
