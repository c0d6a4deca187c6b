"""From pyoxigraph's terms to rdflib's, for the libraries that know rdflib alone."""

from __future__ import annotations

import pyoxigraph as ox
import rdflib

Term = rdflib.URIRef | rdflib.BNode | rdflib.Literal


def to_rdflib(term: ox.NamedNode | ox.BlankNode | ox.Literal | ox.Triple) -> Term:
    """The same term in rdflib. Raises TypeError for an RDF 1.2 triple term, which rdflib lacks."""
    if isinstance(term, ox.NamedNode):
        return rdflib.URIRef(term.value)
    if isinstance(term, ox.BlankNode):
        return rdflib.BNode(term.value)
    if isinstance(term, ox.Literal):
        if term.language is not None:
            return rdflib.Literal(term.value, lang=term.language)
        return rdflib.Literal(term.value, datatype=rdflib.URIRef(term.datatype.value), normalize=False)
    raise TypeError(f"rdflib has no triple terms: {term}")
