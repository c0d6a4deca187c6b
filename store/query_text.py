"""What must be known of a query beside its answer: its graphs and prefixes, and where a store stumbles over it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ontology.namespaces import PREFIXES
from store.errors import QuerySyntaxError

_TOKEN = re.compile(
    r"""
    (?P<comment>\#[^\n\r]*)
    | <(?P<iri>[^<>"{}|^`\\\x00-\x20]*)>
    | (?P<string>\"{3}(?:\"{0,2}(?:[^"\\]|\\.))*\"{3} | '{3}(?:'{0,2}(?:[^'\\]|\\.))*'{3}
        | "(?!"")(?:[^"\\\n\r]|\\.)*" | '(?!'')(?:[^'\\\n\r]|\\.)*')
    | (?P<unclosed>["'].*)
    | (?P<variable>[?$]\w+)
    | (?P<blank>_:[\w.-]*)
    | (?P<name>(?:[^\W\d_][\w.-]*)?:(?!//)[\w.:%-]*)
    | (?P<word>[^\W\d][\w.-]*|\d+)
    | (?P<brace>[{}])
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
    """The graphs named by FROM and FROM NAMED (SPARQL 1.1 Query, 13.2), before the first brace."""
    declared = dict(PREFIXES)
    found: dict[bool, list[str | None]] = {False: [], True: []}
    words: list[str] = []
    for match in _TOKEN.finditer(sparql):
        kind, text = match.lastgroup, match[0]
        if kind == "brace":
            break
        if kind == "word":
            words.append(text.upper())
        elif kind in ("iri", "name"):
            iri = match["iri"] if kind == "iri" else _resolved(text, declared)
            if len(words) >= 2 and words[-2] == "PREFIX" and kind == "iri":
                declared[words[-1]] = match["iri"]
            elif words and words[-1] == "PREFIX" and kind == "name":
                words.append(text[:-1])
                continue
            elif words and words[-1] == "FROM":
                found[False].append(iri)
            elif words[-2:] == ["FROM", "NAMED"]:
                found[True].append(iri)
            words.clear()
    return DatasetClause(tuple(found[False]), tuple(found[True]))


def missing_declarations(sparql: str) -> str:
    """Declarations of the project's prefixes that the query uses undeclared, in one line to be put before it."""
    missing = {match[0].partition(":")[0] for match in _undeclared_names(sparql, ())}
    return "".join(f"PREFIX {prefix}: <{PREFIXES[prefix]}> " for prefix in PREFIXES if prefix in missing)


def shifted_back(message: str, first_line_shift: int) -> str:
    """Oxigraph's complaint with the column that it has in a query without so many characters before its first line."""
    return _FIRST_LINE_COLUMN.sub(lambda match: str(max(int(match[0]) - first_line_shift, 1)), message, count=1)


def syntax_error(message: str, sparql: str, *, first_line_shift: int = 0) -> QuerySyntaxError:
    """The store's complaint with its place, the line in question and a mark under the column.

    ``first_line_shift`` is the number of characters that were put before the query's first line. A prefix that is
    not declared, which parsers complain of in riddles, is named, unless the store stumbled before it.
    """
    text, line, column = _place(message, first_line_shift)
    undeclared = next(_undeclared_names(sparql, PREFIXES), None)
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


def _undeclared_names(sparql: str, known: Iterable[str]) -> Iterator[re.Match[str]]:
    """The prefixed names whose prefix the query has not declared before them and is none of the known ones."""
    declared = set(known)
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


def _resolved(name: str, prefixes: dict[str, str]) -> str | None:
    prefix, _, local = name.partition(":")
    namespace = prefixes.get(prefix)
    return None if namespace is None else namespace + local
