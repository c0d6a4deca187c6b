"""What must be known of a query beside its answer: its graphs and prefixes, and where a store stumbles over it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from pyoxigraph import NamedNode, RdfFormat, parse

from ontology.namespaces import PREFIXES
from store.errors import QuerySyntaxError

_LETTER = r"A-Za-z\x80-\U0010ffff"
"""Within brackets: what starts a name (SPARQL 1.1 Query, rule 164) and, beyond ASCII, what no store reads anyway."""

_TOKEN = re.compile(
    rf"""
    (?P<comment>\#[^\n\r]*)
    | <(?P<iri>(?:[^<>"{{}}|^`\\\x00-\x20]|\\u[0-9A-Fa-f]{{4}}|\\U[0-9A-Fa-f]{{8}})*+)>
    | (?P<string>\"{{3}}(?:\"{{0,2}}(?:[^"\\]|\\.))*\"{{3}} | '{{3}}(?:'{{0,2}}(?:[^'\\]|\\.))*'{{3}}
        | "(?!"")(?:[^"\\\n\r]|\\.)*" | '(?!'')(?:[^'\\\n\r]|\\.)*')
    | (?P<unclosed>["'].*)
    | (?P<language>@[A-Za-z]+(?:-[A-Za-z0-9]+)*+)
    | (?P<variable>[?$][0-9_{_LETTER}]++)
    | (?P<blank>_:[0-9_.\-{_LETTER}]*+)
    | (?P<name>(?:[{_LETTER}][0-9_.\-{_LETTER}]*+)?:(?!//)(?:[0-9_.:%\-{_LETTER}]|\\.)*+)
    | (?P<word>[_{_LETTER}][0-9_.\-{_LETTER}]*+|[0-9]++)
    | (?P<brace>[{{}}])
    """,
    re.VERBOSE | re.DOTALL,
)
_POSITIONS = (
    re.compile(r"error at (?P<line>\d+):(?P<column>\d+): (?P<message>.*)", re.DOTALL),
    re.compile(r"(?P<message>.*?)\(?at line (?P<line>\d+),? col(?:umn)?:? ?(?P<column>\d+)", re.DOTALL | re.IGNORECASE),
    re.compile(r"(?P<message>.*?)\(line:? ?(?P<line>\d+), col:? ?(?P<column>\d+)\)", re.DOTALL | re.IGNORECASE),
    re.compile(r"(?P<message>.*?)line (?P<line>\d+), column (?P<column>\d+)", re.DOTALL | re.IGNORECASE),
)
_FIRST_LINE_COLUMN = re.compile(r"(?<=error at 1:)\d+")
_LOCAL_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MESSAGE_LENGTH = 500


@dataclass(frozen=True, slots=True)
class DatasetClause:
    """The graphs that a query's FROM and FROM NAMED clauses name; None where a name could not be resolved."""

    default_graphs: tuple[str | None, ...]
    named_graphs: tuple[str | None, ...]

    def __bool__(self) -> bool:
        return bool(self.default_graphs or self.named_graphs)

    def protocol_parameters(self) -> dict[str, list[str]]:
        """The clause as parameters of a request (SPARQL 1.1 Protocol, 2.1.4); none where a name is not resolved.

        They say the same as the clause, also to servers that let the union of all graphs go before it.
        """
        graphs = {"default-graph-uri": self.default_graphs, "named-graph-uri": self.named_graphs}
        if None in self.default_graphs + self.named_graphs:
            return {}
        return {name: [iri for iri in iris if iri is not None] for name, iris in graphs.items() if iris}


def dataset_clause(sparql: str) -> DatasetClause:
    """The graphs named by FROM and FROM NAMED (SPARQL 1.1 Query, 13.2), before the first brace.

    The template of CONSTRUCT, which stands before them in braces of its own, is passed over. A relative IRI that has no
    base stays as it is, so that a server that is sent it complains.
    """
    declared = dict(PREFIXES)
    base: str | None = None
    found: dict[bool, list[str | None]] = {False: [], True: []}
    words: list[str] = []
    depth = 0
    for match in _TOKEN.finditer(sparql):
        kind, text = match.lastgroup, match[0]
        if kind == "brace":
            if not depth and words[-1:] != ["CONSTRUCT"]:
                break
            depth += 1 if text == "{" else -1
            words.clear()
        elif depth:
            continue
        elif kind == "word":
            words.append(text.upper())
        elif kind == "name" and words[-1:] == ["PREFIX"]:
            words.append(text[:-1])
        elif kind in ("iri", "name"):
            is_iri = kind == "iri"
            if is_iri and words[-1:] == ["BASE"]:
                base = _absolute(text, base)
            elif is_iri and words[-2:-1] == ["PREFIX"]:
                declared[words[-1]] = _absolute(text, base)
            elif words[-1:] == ["FROM"] or words[-2:] == ["FROM", "NAMED"]:
                found[words[-1] == "NAMED"].append(_absolute(text, base) if is_iri else _resolved(text, declared))
            words.clear()
    return DatasetClause(tuple(found[False]), tuple(found[True]))


def prefix_declarations(sparql: str) -> str:
    """Declarations of the project's prefixes that the query may use undeclared, in one line to be put before it.

    One that it declares itself, or has in a string only, may be among them: a later declaration replaces it.
    """
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in PREFIXES if f"{prefix}:" in sparql)


def shifted_back(message: str, first_line_shift: int) -> str:
    """Oxigraph's complaint with the column that it has in a query without so many characters before its first line."""
    return _FIRST_LINE_COLUMN.sub(lambda match: str(max(int(match[0]) - first_line_shift, 1)), message, count=1)


def syntax_error(message: str, sparql: str, *, first_line_shift: int = 0) -> QuerySyntaxError:
    """The store's complaint with its place, the line in question and a mark under the column.

    ``first_line_shift`` is the number of characters that were put before the query's first line. A prefix that is
    not declared, which parsers complain of in riddles, is named, unless the store stumbled before it.
    """
    text, line, column = _place(message, first_line_shift)
    undeclared = next(_undeclared_names(sparql), None)
    if undeclared is not None:
        start_line = sparql.count("\n", 0, undeclared.start()) + 1
        start_column = undeclared.start() - sparql.rfind("\n", 0, undeclared.start())
        if line is None or column is None or (line, column) >= (start_line, start_column) or "prefix" in text.lower():
            text = f"the prefix `{undeclared[0].partition(':')[0]}:` is not declared"
            line, column = start_line, start_column
    excerpt = "" if line is None or column is None else _excerpt(sparql, line, column)
    return QuerySyntaxError(text[:_MESSAGE_LENGTH], line, column, excerpt)


def _place(message: str, first_line_shift: int) -> tuple[str, int | None, int | None]:
    """What the store complains of, and the line and column that it names, if it does."""
    for pattern in _POSITIONS:
        match = pattern.search(message)
        if match:
            line, column = int(match["line"]), int(match["column"])
            if line == 1:
                column = max(column - first_line_shift, 1)
            return match["message"].strip(" .,(") or message, line, column
    return message.strip(), None, None


def _excerpt(sparql: str, line: int, column: int) -> str:
    lines = sparql.split("\n")
    if not 0 < line <= len(lines):
        return ""
    text = lines[line - 1].rstrip("\r").replace("\t", " ")
    start = max(column - 61, 0)
    before = text[start : column - 1]
    mark = " " * sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in before) + "^"
    return f"{text[start : start + 120]}\n{mark}"


def _undeclared_names(sparql: str) -> Iterator[re.Match[str]]:
    """The prefixed names whose prefix the query has not declared before them and is none of the project's."""
    declared = set(PREFIXES)
    previous = ""
    for match in _TOKEN.finditer(sparql):
        if match.lastgroup == "name":
            prefix = match[0].partition(":")[0]
            if previous.upper() == "PREFIX":
                declared.add(prefix)
            elif prefix not in declared:
                yield match
        if match.lastgroup != "comment":
            previous = match[0]


def _absolute(written: str, base: str | None) -> str:
    """The IRI that ``<…>`` stands for (SPARQL 1.1 Query, 4.1.1.2), or what is in it where that is none."""
    try:
        subject = next(parse(f"{written} <a:> <a:> .", RdfFormat.TURTLE, base_iri=base)).subject
    except (SyntaxError, ValueError):
        return written[1:-1]
    assert isinstance(subject, NamedNode)
    return subject.value


def _resolved(name: str, prefixes: dict[str, str]) -> str | None:
    """The IRI of a prefixed name, without the backslashes of its local part (SPARQL 1.1 Query, rule 173)."""
    prefix, _, local = name.partition(":")
    namespace = prefixes.get(prefix)
    return None if namespace is None else namespace + _LOCAL_ESCAPE.sub(r"\1", local)
