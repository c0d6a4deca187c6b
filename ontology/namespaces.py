"""The namespaces of the graph, and the names of the graphs that are not documents."""

from __future__ import annotations

ONTOLOGY = "https://enishi.example/ontology#"
ENTITY = "https://enishi.example/entity/"
DOCUMENT = "https://enishi.example/document/"
CLAIM = "https://enishi.example/claim/"
RUN = "https://enishi.example/run/"

ONTOLOGY_GRAPH = "https://enishi.example/graph/ontology"
ENTITIES_GRAPH = "https://enishi.example/graph/entities"
RUNS_GRAPH = "https://enishi.example/graph/runs"

RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
RDFS = "http://www.w3.org/2000/01/rdf-schema#"
OWL = "http://www.w3.org/2002/07/owl#"
XSD = "http://www.w3.org/2001/XMLSchema#"
SKOS = "http://www.w3.org/2004/02/skos/core#"
PROV = "http://www.w3.org/ns/prov#"
OA = "http://www.w3.org/ns/oa#"
DCTERMS = "http://purl.org/dc/terms/"
SHACL = "http://www.w3.org/ns/shacl#"
SCHEMA = "https://schema.org/"
WIKIDATA = "http://www.wikidata.org/entity/"
FOAF = "http://xmlns.com/foaf/0.1/"
ORG = "http://www.w3.org/ns/org#"

PREFIXES: dict[str, str] = {
    "enishi": ONTOLOGY,
    "entity": ENTITY,
    "document": DOCUMENT,
    "claim": CLAIM,
    "run": RUN,
    "rdf": RDF,
    "rdfs": RDFS,
    "owl": OWL,
    "xsd": XSD,
    "skos": SKOS,
    "prov": PROV,
    "oa": OA,
    "dcterms": DCTERMS,
    "sh": SHACL,
    "schema": SCHEMA,
    "wd": WIKIDATA,
    "foaf": FOAF,
    "org": ORG,
}
"""Prefix to namespace, in the order in which an export declares them."""
