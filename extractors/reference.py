"""Which names of one text are names of one thing: short and full names, bracketed definitions, abbreviations, anaphors.

Everything is decided on the names themselves and on the text between them; only the names of countries are looked up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence, Set

from extractors.anaphora import antecedents, definite_pairs
from extractors.anaphora import is_anaphor as is_anaphor
from extractors.definitions import Name, defined_pairs
from extractors.names import (
    bare_name,
    described_names,
    fullness,
    is_bare_noun,
    is_country,
    is_given_name,
    untitled,
)
from extractors.names import normalise_name as normalise_name
from extractors.records import EntityType
from extractors.short_names import ShortNames, read_entries

_COUSINS = (
    frozenset({EntityType.ORGANIZATION, EntityType.PLACE}),
    frozenset({EntityType.ORGANIZATION, EntityType.FACILITY}),
    frozenset({EntityType.PLACE, EntityType.FACILITY}),
)
_WESTERN_PART = r"(?:[ァ-ヶー]+|[A-Z]\.?)"
_KATAKANA_NAME = rf"(?<![ァ-ヶー・A-Za-z]){_WESTERN_PART}(?:[・＝=]{_WESTERN_PART}){{{{0,4}}}}[・＝=]{{0}}(?![ァ-ヶー])"
_KANJI_NAME = (
    r"(?<![一-龥々]){0}(?:[一-龥々]{{1,3}}?|[ぁ-ん]{{2,3}})(?=氏|さん|容疑者|被告|[（(][0-9０-９]{{1,3}}[歳）)]"
    r"|[元前]?(?:社長|会長|首相|大統領|代表|議員|監督|選手|教授|知事|市長))"
)
_LATIN_NAME = r"(?<![A-Za-z])[A-Z][A-Za-zÀ-ɏ.'’-]+(?: [A-Z][A-Za-zÀ-ɏ.'’-]*){{0,4}} {0}(?![A-Za-z])"
_DEFINED_NAME = (
    r"([一-龥々〆ァ-ヶーA-Za-z0-9・]{{3,40}})[」』]?[（(](?:[^（()）]{{0,40}}[、,])?"
    r"(?:以下|略称|通称|略して)?[、,：:はは\s]*[「『]?{0}[」』]?(?=[、,）)]|と)"
)
_NEIGHBOURHOOD = 90
_MOST_OCCURRENCES = 200


class _Groups:
    """A union-find that refuses to join a person with a company."""

    def __init__(self, kinds: Sequence[EntityType | None]) -> None:
        self._parent = list(range(len(kinds)))
        self._kinds: list[Counter[EntityType]] = [Counter([kind] if kind else []) for kind in kinds]

    def root(self, index: int) -> int:
        while self._parent[index] != index:
            self._parent[index] = self._parent[self._parent[index]]
            index = self._parent[index]
        return index

    def same(self, left: int, right: int) -> bool:
        return self.root(left) == self.root(right)

    def join(self, left: int, right: int, *, checked: bool = True) -> None:
        left, right = sorted((self.root(left), self.root(right)))
        if left == right or (checked and not _compatible(self._kind(left), self._kind(right))):
            return
        self._parent[right] = left
        self._kinds[left] += self._kinds[right]

    def _kind(self, root: int) -> EntityType | None:
        return max(self._kinds[root], key=self._kinds[root].__getitem__, default=None)


def group_names(text: str, names: Sequence[Name]) -> list[int]:
    """For each name, given as half-open offsets and type, the number of the thing that it names.

    Numbers are those of the first name of each group, so equal numbers mean one thing.
    """
    order = sorted(range(len(names)), key=lambda index: (names[index][0], -names[index][1]))
    placed = [names[index] for index in order]
    groups = _Groups([kind for _, _, kind in placed])
    definite = definite_pairs(text, placed)
    entries = read_entries(text, placed, without={index for index, _ in definite})
    for entry in entries.values():
        for mention in entry.mentions[1:]:
            groups.join(entry.mentions[0], mention, checked=False)
    for index, other in defined_pairs(text, placed):
        groups.join(index, other)
    for index, other in ShortNames(text, placed, entries, groups.same).pairs():
        groups.join(index, other)
    for index, antecedent in definite:
        groups.join(index, antecedent, checked=False)
    for index, antecedent in antecedents(text, placed):
        groups.join(index, antecedent, checked=False)
    roots = {index: groups.root(place) for place, index in enumerate(order)}
    first: dict[int, int] = {}
    return [first.setdefault(roots[index], index) for index in range(len(names))]


def _compatible(left: EntityType | None, right: EntityType | None) -> bool:
    return left is None or right is None or left is right or frozenset({left, right}) in _COUSINS


def canonical_name(names_of_group: Sequence[str]) -> str:
    """The fullest proper name of the group, without honorifics, titles and legal form; empty where all are anaphors.

    Japanese script goes before Latin, and either before a reading in hiragana.
    """
    bare = _proper_names(names_of_group)
    if not bare:
        return ""
    counts = Counter(bare)
    phrases = {name for name in counts if any(name != other and other in name and "の" in name for other in counts)}
    phrases |= {name for name in counts if not counts.keys().isdisjoint(described_names(name))}
    proper = [name for name in counts if name not in phrases] or list(counts)
    best = max(proper, key=lambda name: (fullness(name), counts[name]))
    if re.fullmatch(r"[ァ-ヶー]+", best):
        # A lone word in katakana is often the reading of a Latin name: whichever the text uses more.
        latin = [name for name in proper if fullness(name)[0] == 1 and len(name) >= 4]
        best = max([best, *latin], key=lambda name: (counts[name], -bare.index(name)))
    return best


def labels(names_of_group: Sequence[str]) -> tuple[str, ...]:
    """Every proper name of the group once, the canonical one first; empty where all are anaphors."""
    canonical = canonical_name(names_of_group)
    return tuple(dict.fromkeys((canonical, *_proper_names(names_of_group)))) if canonical else ()


def _proper_names(names_of_group: Sequence[str]) -> list[str]:
    """The names without anaphors, honorifics and legal form; titles and bare nouns (社長) go where a name is left."""
    bare = [bare_name(name) for name in names_of_group if name.strip() and not is_anaphor(name)]
    known = set(bare)
    names = [name for name in bare if not is_bare_noun(name)] or bare
    return [rest if _is_part(rest := untitled(name), known - {name}) else name for name in names]


def _is_part(name: str, others: Set[str]) -> bool:
    """Whether the name is one of the others, or the surname or last name of one."""
    return any(other.startswith(name) or other.endswith(name) for other in others if not is_bare_noun(other))


def full_name_elsewhere(text: str, short: str) -> str | None:
    """The commonest full name that a long text has for a short one: イーロン・マスク for マスク.

    An abbreviation (SKR) is looked for in the brackets that define it. None where the text has no fuller name; only the
    neighbourhoods of the short name are looked at.
    """
    if len(short) < 2 or is_country(short):
        return None
    for template in _full_name_patterns(short):
        found = _search_around(text, short, re.compile(template.format(re.escape(short))))
        if found:
            return max(found, key=lambda name: (found[name], -text.index(name)))
    return None


def _full_name_patterns(short: str) -> tuple[str, ...]:
    if re.fullmatch(r"[ァ-ヶー]+", short):
        return _KATAKANA_NAME, _DEFINED_NAME
    if re.fullmatch(r"[一-龥々]{2,3}", short):
        return _KANJI_NAME, _DEFINED_NAME
    return (_LATIN_NAME, _DEFINED_NAME) if re.fullmatch(r"[A-Z][a-z'’-]+", short) else (_DEFINED_NAME,)


def _search_around(text: str, short: str, pattern: re.Pattern[str]) -> Counter[str]:
    """What the pattern finds near the first occurrences of the short name, with how often it does."""
    found: dict[int, str] = {}
    position = text.find(short)
    for _ in range(_MOST_OCCURRENCES):
        if position < 0:
            break
        start, end = max(0, position - _NEIGHBOURHOOD), position + len(short) + _NEIGHBOURHOOD
        for match in pattern.finditer(text, start, end):
            name = match.group(match.lastindex or 0)
            if pattern.groups or is_given_name(name.removeprefix(short)):
                found[match.start()] = name
        position = text.find(short, position + len(short))
    return Counter(found.values())
