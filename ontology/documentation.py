"""The ontology's documentation page: ``python -m ontology.documentation OUT.html [EXTRA.ttl …]``.

pyLODE renders it from the Turtle, with the first wordings of each relation as its examples. pyLODE is a development
dependency, needed by ``make docs`` alone.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import rdflib
from rdflib.namespace import OWL, RDF, RDFS, SKOS

from ontology.errors import OntologyError
from ontology.rdflib_terms import to_rdflib
from ontology.turtle import HERE, read_turtle
from ontology.vocabulary import load_vocabulary

EXAMPLES_PER_RELATION = 12


def write_page(path: Path, *, extra: Sequence[Path] = ()) -> None:
    """Write the page of the ontology, and of the extra Turtle files, to ``path`` as one HTML file.

    Raises OntologyError for an unusable Turtle file and OSError where the page cannot be written.
    """
    from pylode import OntPub

    vocabulary = load_vocabulary(extra)
    graph = rdflib.Graph()
    for file in (HERE / "enishi.ttl", *extra):
        for triple in read_turtle(file).triples:
            graph.add((to_rdflib(triple.subject), to_rdflib(triple.predicate), to_rdflib(triple.object)))
    for relation in vocabulary.relations:
        node = rdflib.URIRef(vocabulary.property_iri(relation.name))
        sentences = [wording.sentence for wording in relation.wordings]
        shown = "、".join(sentences[:EXAMPLES_PER_RELATION])
        left = len(sentences) - EXAMPLES_PER_RELATION
        graph.add((node, SKOS.example, rdflib.Literal(shown + (f" ほか{left}文" if left > 0 else ""), lang="ja")))
    for individual, individual_class in list(graph.subject_objects(RDF.type)):
        # pyLODE shows no individuals, so their class names them.
        if (individual, RDF.type, OWL.NamedIndividual) in graph and individual_class != OWL.NamedIndividual:
            label = graph.value(individual, RDFS.label)
            graph.add((individual_class, SKOS.example, rdflib.Literal(f"{label} <{individual}>")))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(OntPub(graph).make_html(), encoding="utf-8")


def main(arguments: Sequence[str]) -> int:
    """Write the page that the arguments ask for; 2 where they are wrong, 1 where a file is."""
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m ontology.documentation OUT.html [EXTRA.ttl ...]\n")
        return 2
    try:
        write_page(Path(arguments[0]), extra=[Path(argument) for argument in arguments[1:]])
    except (OntologyError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
