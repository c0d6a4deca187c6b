"""Answers to queries, and their text: the W3C's JSON, CSV and TSV, and rows of plain text for a table."""

from __future__ import annotations

import enum
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)

from ontology.namespaces import PREFIXES, XSD

Term = NamedNode | BlankNode | Literal | Triple
Row = tuple[Term | None, ...]

_FORMATS = {"json": QueryResultsFormat.JSON, "csv": QueryResultsFormat.CSV, "tsv": QueryResultsFormat.TSV}
_TRIPLE_VARIABLES = ("subject", "predicate", "object")
_XSD_STRING = XSD + "string"
_CHARACTER_IN_LINE = re.compile(r"(?!\r\n)[^\n\t]")
_LOCAL_NAME = re.compile(r"[\w・ー][\w.・ー-]*")


class QueryForm(enum.StrEnum):
    """What kind of answer a query has."""

    SELECT = "select"
    ASK = "ask"
    CONSTRUCT = "construct"
    """CONSTRUCT or DESCRIBE: triples."""


@dataclass(frozen=True, slots=True)
class QueryResult:
    """A whole answer. ``rows`` belong to SELECT, ``boolean`` to ASK, ``triples`` to CONSTRUCT and DESCRIBE.

    ``truncated`` says that there was more than ``row_limit`` let through.
    """

    form: QueryForm
    variables: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    boolean: bool | None = None
    triples: tuple[Triple, ...] = ()
    truncated: bool = False
    row_limit: int | None = None

    def __len__(self) -> int:
        return 1 if self.form is QueryForm.ASK else len(self.rows) + len(self.triples)

    def notice(self) -> str | None:
        """What a reader must be told beside the answer, or None: that it was cut at the row limit."""
        if not self.truncated:
            return None
        unit = "triples" if self.form is QueryForm.CONSTRUCT else "rows"
        return f"Only the first {self.row_limit} {unit} are shown; there are more. Raise the row limit to see them."


def render(result: QueryResult, format_name: str) -> str:
    """The answer as ``json``, ``csv`` or ``tsv``.

    SPARQL 1.1 Query Results JSON, CSV and TSV Formats (W3C, 2013). An ASK has its answer in a column ``boolean``
    in CSV and TSV, which those formats do not define; the triples of a CONSTRUCT come as columns subject, predicate,
    object, and in ``json`` too. Raises ValueError for another format.
    """
    try:
        results_format = _FORMATS[format_name]
    except KeyError:
        raise ValueError(f"Unknown format {format_name!r}: choose one of {', '.join(_FORMATS)}.") from None
    if result.form is QueryForm.ASK:
        return _render_boolean(bool(result.boolean), format_name)
    text = _solutions_json(result)
    if format_name == "json":
        return text + "\n"
    solutions = parse_query_results(text, QueryResultsFormat.JSON)
    assert not isinstance(solutions, QueryBoolean)
    return _serialized(solutions, results_format)


def render_triples(result: QueryResult) -> str:
    """The triples of a CONSTRUCT or DESCRIBE as Turtle, sorted, with what steers a terminal as ``\\uXXXX``."""
    triples = sorted(result.triples, key=str)
    text = _turtle(triples, PREFIXES)
    escaped = terminal_text(text, "turtle")
    # Prefixed names have no such escapes (Turtle, 6.4), full IRIs have.
    return text if escaped == text else terminal_text(_turtle(triples, {}), "turtle")


def _turtle(triples: list[Triple], prefixes: Mapping[str, str]) -> str:
    content = serialize(triples, format=RdfFormat.TURTLE, prefixes=dict(prefixes))
    assert content is not None
    return content.decode()


def table(result: QueryResult, *, prefixes: Mapping[str, str] = PREFIXES) -> tuple[list[str], list[list[str]]]:
    """The header and the rows as text for people: IRIs shortened, literals without type, safe on a terminal."""
    if result.form is QueryForm.ASK:
        return ["boolean"], [["true" if result.boolean else "false"]]
    variables, rows = _columns(result)
    return list(variables), [[cell_text(term, prefixes) for term in row] for row in rows]


def cell_text(term: Term | None, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """One term for people; an unbound one is empty."""
    if term is None:
        return ""
    if isinstance(term, NamedNode):
        return terminal_safe(shorten_iri(term.value, prefixes))
    if isinstance(term, Triple):
        parts = " ".join(cell_text(part, prefixes) for part in (term.subject, term.predicate, term.object))
        return f"<<( {parts} )>>"
    return terminal_safe(term.value if isinstance(term, Literal) else str(term))


def shorten_iri(iri: str, prefixes: Mapping[str, str] = PREFIXES) -> str:
    """``prefix:name`` where a namespace fits and the rest is a plain name, else the IRI as it is."""
    fitting = [(len(namespace), prefix) for prefix, namespace in prefixes.items() if iri.startswith(namespace)]
    if fitting:
        length, prefix = max(fitting)
        if _LOCAL_NAME.fullmatch(iri, length):
            return f"{prefix}:{iri[length:]}"
    return iri


def terminal_safe(text: str) -> str:
    """The text in one line without what steers a terminal or turns its direction: such characters are spelled out."""
    if text.isprintable():
        return text
    return "".join(map(_spelled, text))


def terminal_text(text: str, format_name: str) -> str:
    """Lines of ``json``, ``csv``, ``tsv`` or Turtle with what steers a terminal spelled out; ends of lines stay.

    JSON and Turtle mean the same then as before. CSV has no escapes: there the text is for the eye alone.
    """
    spelled = _spelled_in_json if format_name == "json" else _spelled
    return _CHARACTER_IN_LINE.sub(lambda match: spelled(match[0]), text)


def _spelled_in_json(character: str) -> str:
    if _spelled(character) == character:
        return character
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))


def _spelled(character: str) -> str:
    if character.isprintable() or unicodedata.category(character) == "Zs":
        return character
    if character in "\n\r\t":
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}[character]
    return f"\\u{ord(character):04X}" if ord(character) < 0x10000 else f"\\U{ord(character):08X}"


def _columns(result: QueryResult) -> tuple[tuple[str, ...], Iterable[Row]]:
    if result.form is QueryForm.CONSTRUCT:
        return _TRIPLE_VARIABLES, ((triple.subject, triple.predicate, triple.object) for triple in result.triples)
    return result.variables, result.rows


def _render_boolean(boolean: bool, format_name: str) -> str:
    word = "true" if boolean else "false"
    if format_name == "json":
        return json.dumps({"head": {}, "boolean": boolean}) + "\n"
    return f"boolean\r\n{word}\r\n" if format_name == "csv" else f"?boolean\n{word}\n"


def _serialized(solutions: QuerySolutions, results_format: QueryResultsFormat) -> str:
    content = solutions.serialize(format=results_format)
    assert content is not None
    return content.decode()


def _solutions_json(result: QueryResult) -> str:
    variables, rows = _columns(result)
    bindings = [
        {name: _term_json(term) for name, term in zip(variables, row, strict=True) if term is not None} for row in rows
    ]
    return json.dumps({"head": {"vars": list(variables)}, "results": {"bindings": bindings}}, ensure_ascii=False)


def _term_json(term: Term) -> dict[str, object]:
    if isinstance(term, NamedNode):
        return {"type": "uri", "value": term.value}
    if isinstance(term, BlankNode):
        return {"type": "bnode", "value": term.value}
    if isinstance(term, Triple):
        parts = {"subject": term.subject, "predicate": term.predicate, "object": term.object}
        return {"type": "triple", "value": {name: _term_json(part) for name, part in parts.items()}}
    content: dict[str, object] = {"type": "literal", "value": term.value}
    if term.language:
        content["xml:lang"] = term.language
        if term.direction is not None:
            content["its:dir"] = term.direction.value
    elif term.datatype.value != _XSD_STRING:
        content["datatype"] = term.datatype.value
    return content
