"""The ontology as the reader needs it: relations with their wordings and argument types, and the gazetteer.

A relation is an ``owl:ObjectProperty`` with ``enishi:expressedBy`` sentences; a known entity is a resource with a
``skos:prefLabel`` and a type. Both are read from Turtle with pyoxigraph, which takes milliseconds, and extra files
may add to them.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyoxigraph as ox

from extractors.records import OBJECT_MARK, SUBJECT_MARK, EntityType, KnownEntity, Relation, Wording
from ontology.classes import ClassTree
from ontology.errors import OntologyError
from ontology.iris import name_key
from ontology.namespaces import ONTOLOGY, OWL, RDF, RDFS, SKOS
from ontology.turtle import CORE_FILES, TurtleFile, read_turtle

WORDING_LIMIT_CHARS = 80

_TYPE = ox.NamedNode(RDF + "type")
_EXPRESSED_BY = ox.NamedNode(ONTOLOGY + "expressedBy")
_OBJECT_PROPERTY = ox.NamedNode(OWL + "ObjectProperty")
_IRREFLEXIVE = ox.NamedNode(OWL + "IrreflexiveProperty")
_SYMMETRIC = ox.NamedNode(OWL + "SymmetricProperty")
_DOMAIN = ox.NamedNode(RDFS + "domain")
_RANGE = ox.NamedNode(RDFS + "range")
_PREF_LABEL = ox.NamedNode(SKOS + "prefLabel")
_ALT_LABEL = ox.NamedNode(SKOS + "altLabel")


def load_vocabulary(extra: Sequence[Path] = ()) -> Vocabulary:
    """Load the project's ontology, wordings and gazetteer, and those of ``extra`` Turtle files.

    Raises OntologyError, naming the file, the line and the remedy, where a file cannot be used.
    """
    core = [read_turtle(path) for path in CORE_FILES]
    added = [read_turtle(Path(path)) for path in extra]
    for file in added:
        _require_content(file)
    files = (*core, *added)
    classes = ClassTree.of(files)
    iris = _relation_iris(files)
    hashes = [file.content_hash for file in core] + sorted({file.content_hash for file in added})
    known = tuple(_known_entities(files, classes))
    return Vocabulary(
        relations=tuple(_relation(name, iri, files, classes) for name, iri in iris.items()),
        known_entities=known,
        fingerprint=hashlib.sha256("\n".join(hashes).encode()).hexdigest(),
        paths=tuple(file.path for file in files),
        irreflexive=frozenset(name for name, iri in iris.items() if _has_type(iri, _IRREFLEXIVE, files)),
        iris=iris,
        entities_by_iri={entity.iri: entity for entity in known},
        entities_by_name=_by_name(known),
    )


def local_name(iri: str) -> str:
    """What follows the last ``#`` or ``/`` of an IRI."""
    return re.split(r"[#/]", iri)[-1]


def _require_content(file: TurtleFile) -> None:
    predicates = {triple.predicate for triple in file.triples}
    if not predicates & {_EXPRESSED_BY, _PREF_LABEL}:
        raise OntologyError(
            file.path,
            None,
            "The file holds neither a wording (enishi:expressedBy) nor a named entity (skos:prefLabel).",
            f"Declare the prefix enishi: as <{ONTOLOGY}> and give the relation sentences such as "
            '"甲が乙を買収する"@ja.',
        )


def _relation_iris(files: Sequence[TurtleFile]) -> dict[str, str]:
    """Local name to IRI of every property with wordings, in the order of their first wording."""
    iris: dict[str, str] = {}
    for file in files:
        for triple in file.triples:
            if triple.predicate != _EXPRESSED_BY:
                continue
            wording = triple.object.value if isinstance(triple.object, ox.Literal) else ""
            line = file.line_of(wording) if wording else file.line_of("expressedBy")
            if not isinstance(triple.subject, ox.NamedNode):
                raise OntologyError(
                    file.path, line, "A wording belongs to no named property.", "Put a property's IRI before it."
                )
            iri = triple.subject.value
            name = local_name(iri)
            if not name.isidentifier():
                raise OntologyError(
                    file.path,
                    line,
                    f"The property <{iri}> has no usable name.",
                    "Let its IRI end in a word, such as enishi:acquired.",
                )
            if iris.setdefault(name, iri) != iri:
                raise OntologyError(
                    file.path,
                    line,
                    f"Two properties are called {name}: <{iris[name]}> and <{iri}>.",
                    "Rename one, or use the same prefix IRI in every file.",
                )
            if not _has_type(iri, _OBJECT_PROPERTY, files):
                raise OntologyError(
                    file.path,
                    line,
                    f"<{iri}> has wordings but is not declared.",
                    f"Add: enishi:{name} a owl:ObjectProperty ; rdfs:domain … ; rdfs:range … .",
                )
    return iris


def _has_type(iri: str, type_iri: ox.NamedNode, files: Sequence[TurtleFile]) -> bool:
    wanted = ox.Triple(ox.NamedNode(iri), _TYPE, type_iri)
    return any(wanted in file.triples for file in files)


def _relation(name: str, iri: str, files: Sequence[TurtleFile], classes: ClassTree) -> Relation:
    node = ox.NamedNode(iri)
    sentences: dict[str, None] = {}
    for file in files:
        for triple in file.triples:
            if triple.subject == node and triple.predicate == _EXPRESSED_BY:
                sentences[_sentence(triple.object, file)] = None
    return Relation(
        name=name,
        wordings=tuple(Wording(relation=name, sentence=sentence) for sentence in sentences),
        subject_types=_argument_types(node, _DOMAIN, files, classes),
        object_types=_argument_types(node, _RANGE, files, classes),
        symmetric=_has_type(iri, _SYMMETRIC, files),
    )


def _sentence(term: object, file: TurtleFile) -> str:
    """The wording's sentence, checked."""
    if not isinstance(term, ox.Literal):
        raise OntologyError(
            file.path,
            file.line_of("expressedBy"),
            f"A wording is not text: {term}.",
            'Write it in quotes: "甲が乙を買収する"@ja.',
        )
    sentence = term.value.strip()
    line = file.line_of(term.value)
    if term.language not in (None, "ja"):
        raise OntologyError(
            file.path, line, f"The wording {sentence!r} is marked @{term.language}.", "Mark Japanese wordings @ja."
        )
    for mark, role in ((SUBJECT_MARK, "subject"), (OBJECT_MARK, "object")):
        if sentence.count(mark) != 1:
            raise OntologyError(
                file.path,
                line,
                f"The wording {sentence!r} holds {mark} {sentence.count(mark)} times.",
                f"Put {mark} exactly once, where the {role} stands.",
            )
    if len(sentence) > WORDING_LIMIT_CHARS or any(not character.isprintable() for character in sentence):
        raise OntologyError(
            file.path,
            line,
            f"The wording {sentence[:20]!r}… is no single short sentence.",
            f"Keep it under {WORDING_LIMIT_CHARS} characters, without line breaks.",
        )
    return sentence


def _argument_types(
    node: ox.NamedNode, predicate: ox.NamedNode, files: Sequence[TurtleFile], classes: ClassTree
) -> frozenset[EntityType]:
    """The entity types that a domain or range admits; empty where it admits all. Several statements intersect."""
    admitted: frozenset[EntityType] | None = None
    for file in files:
        for triple in file.triples:
            if triple.subject != node or triple.predicate != predicate:
                continue
            types = classes.entity_types(triple.object)
            if not types:
                role = local_name(predicate.value)
                raise OntologyError(
                    file.path,
                    file.line_of(local_name(triple.object.value) if isinstance(triple.object, ox.NamedNode) else role),
                    f"The {role} of {local_name(node.value)}, {triple.object}, is no class that the reader knows.",
                    "Use enishi:Person, Organization, Place, Facility, Product, Event or Thing, a class declared "
                    "as a subclass of one of them, or an owl:unionOf such classes.",
                )
            admitted = types if admitted is None else admitted & types
            if not admitted:
                raise OntologyError(
                    file.path,
                    file.line_of(local_name(node.value)),
                    f"The {local_name(predicate.value)}s of {local_name(node.value)} have no type in common.",
                    "Several domains or ranges hold all together: write one owl:unionOf instead.",
                )
    if admitted is None or admitted == frozenset(EntityType):
        return frozenset()
    return admitted


def _known_entities(files: Sequence[TurtleFile], classes: ClassTree) -> Iterator[KnownEntity]:
    entries: dict[str, _Entry] = {}
    for file in files:
        for triple in file.triples:
            if not isinstance(triple.subject, ox.NamedNode):
                continue
            iri = triple.subject.value
            if triple.predicate in (_PREF_LABEL, _ALT_LABEL) and isinstance(triple.object, ox.Literal):
                entry = entries.setdefault(iri, _Entry(file))
                labels = entry.preferred if triple.predicate == _PREF_LABEL else entry.alternative
                labels.setdefault(triple.object.language or "", []).append(triple.object.value)
            elif triple.predicate == _TYPE and isinstance(triple.object, ox.NamedNode):
                entries.setdefault(iri, _Entry(file)).types |= classes.narrowest(triple.object)
    for iri, entry in entries.items():
        if entry.preferred and entry.types:
            yield entry.known_entity(iri)


def _by_name(known: Sequence[KnownEntity]) -> dict[str, KnownEntity]:
    """Entries by name and by unambiguous alias, in the form in which names are compared."""
    aliases: dict[str, KnownEntity | None] = {}
    for entity in known:
        for alias in {name_key(alias) for alias in entity.aliases}:
            aliases[alias] = None if alias in aliases else entity
    entries = {alias: entity for alias, entity in aliases.items() if entity is not None}
    entries.update((name_key(entity.name), entity) for entity in known)
    return entries


@dataclass(slots=True)
class _Entry:
    """What the files say of one entity, while they are being read."""

    file: TurtleFile
    preferred: dict[str, list[str]] = field(default_factory=dict)
    alternative: dict[str, list[str]] = field(default_factory=dict)
    types: frozenset[EntityType] = frozenset()

    def known_entity(self, iri: str) -> KnownEntity:
        by_language = sorted(self.preferred.items(), key=lambda item: (item[0] != "ja", item[0] != "", item[0]))
        names = [name for _, labels in by_language for name in labels]
        aliases = [alias for labels in self.alternative.values() for alias in labels]
        if len(self.types) != 1:
            raise OntologyError(
                self.file.path,
                self.file.line_of(names[0]),
                f"The entity {names[0]!r} has the types {', '.join(sorted(self.types))}.",
                "Give it one of them.",
            )
        (entity_type,) = self.types
        distinct = dict.fromkeys(alias for alias in (*names[1:], *aliases) if alias != names[0])
        return KnownEntity(iri=iri, name=names[0], aliases=tuple(distinct), type=entity_type)


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The loaded ontology, free of RDF terms and picklable.

    ``fingerprint`` is a SHA-256 in hex over all loaded Turtle, independent of the order of extra files; ``paths``
    are the files; ``irreflexive`` names the relations that nothing can have to itself. An empty type set of a
    relation admits all types; EntityType.THING, of which the reader could not tell the type, is never ruled out by a
    set that lacks it.
    """

    relations: tuple[Relation, ...]
    known_entities: tuple[KnownEntity, ...]
    fingerprint: str
    paths: tuple[Path, ...]
    irreflexive: frozenset[str]
    iris: Mapping[str, str] = field(repr=False)
    entities_by_iri: Mapping[str, KnownEntity] = field(repr=False)
    entities_by_name: Mapping[str, KnownEntity] = field(repr=False)

    def entity(self, iri: str) -> KnownEntity | None:
        """The gazetteer's entry with this IRI, or None."""
        return self.entities_by_iri.get(iri)

    def entity_named(self, name: str) -> KnownEntity | None:
        """The gazetteer's entry with this name or, where only one entry has it, this alias; else None."""
        return self.entities_by_name.get(name_key(name))

    def property_iri(self, relation_name: str) -> str:
        """The IRI of a relation. Raises KeyError for a name that the ontology does not have."""
        try:
            return self.iris[relation_name]
        except KeyError:
            raise KeyError(f"no relation {relation_name!r}; the ontology has: {', '.join(self.iris)}") from None
