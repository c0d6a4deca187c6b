"""Which names of one text are names of one thing: short and full names, bracketed definitions, abbreviations, anaphors.

Everything is decided on the names themselves and on the text between them; only the names of countries are looked up.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from extractors.anaphora import antecedents
from extractors.anaphora import is_anaphor as is_anaphor
from extractors.definitions import Name, defined_pairs, is_body
from extractors.names import (
    abbreviates,
    bare_name,
    clipped_forms,
    fullness,
    is_country,
    is_given_name,
    name_key,
    organization_forms,
    person_forms,
    place_forms,
    untitled,
)
from extractors.names import normalise_name as normalise_name
from extractors.records import EntityType

_PERSON, _ORGANIZATION, _PLACE = EntityType.PERSON, EntityType.ORGANIZATION, EntityType.PLACE
_HONORED = re.compile(r"(?:氏|さん|様|容疑者|被告|社長|会長|首相|大統領|議員|監督|選手|知事)")
_HOUSE = re.compile(r"(?:家|氏族|一族|幕府|政権|朝|姓|派)")
_PERHAPS_PERSON = frozenset({_PERSON, EntityType.THING, None})
_COUSINS = (
    frozenset({_ORGANIZATION, _PLACE}),
    frozenset({_ORGANIZATION, EntityType.FACILITY}),
    frozenset({_PLACE, EntityType.FACILITY}),
)
_ABBREVIATION = re.compile(r"[一-龥ァ-ヶー々]{2,5}")
_MOST_CANDIDATES = 64
_WESTERN_PART = r"(?:[ァ-ヶー]+|[A-Z]\.?)"
_KATAKANA_NAME = rf"(?<![ァ-ヶー・A-Za-z]){_WESTERN_PART}(?:[・＝=]{_WESTERN_PART}){{{{0,4}}}}[・＝=]{{0}}(?![ァ-ヶー])"
_KANJI_NAME = (
    r"(?<![一-龥々]){0}(?:[一-龥々]{{1,3}}?|[ぁ-ん]{{2,3}})(?=氏|さん|容疑者|被告|[（(][0-9０-９]{{1,3}}[歳）)]"
    r"|[元前]?(?:社長|会長|首相|大統領|代表|議員|監督|選手|教授|知事|市長))"
)
_LATIN_NAME = r"(?<![A-Za-z])[A-Z][A-Za-zÀ-ɏ.'’-]+(?: [A-Z][A-Za-zÀ-ɏ.'’-]*){{0,4}} {0}(?![A-Za-z])"
_DEFINED_NAME = (
    r"([一-龥々〆ァ-ヶーA-Za-z0-9・]{{3,40}})[」』]?[（(](?:[^（()）]{{0,40}}[、,])??"
    r"(以下|以降|略称|通称|略して)?(?:単に|[、,：:・は\s])*[「『]?{0}[」』]?(?=([）)])|[、,]|と(?:い|呼|よ|略|表記|称|す))"
)
"""Groups: the full name, the label, and the bracket where it closes behind the short name."""
_ACRONYM = re.compile(r"[A-ZＡ-Ｚ]{2,}")
_CASE = re.compile(rf"[」』]?{_HONORED.pattern}?(は|が|を|に|の|と|へ|も|から|による)")
_SENTENCE_END = re.compile(r"[。\n]")
_NEIGHBOURHOOD = 90
_MOST_OCCURRENCES = 200


@dataclass(slots=True)
class _Entry:
    """All mentions of one spelling."""

    key: str
    kind: EntityType | None
    surfaces: tuple[str, ...]
    mentions: list[int] = field(default_factory=list)
    """Indices of the names, in order of text."""


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
    entries = _read_entries(text, placed)
    for entry in entries.values():
        for mention in entry.mentions[1:]:
            groups.join(entry.mentions[0], mention, checked=False)
    for index, other in defined_pairs(text, placed):
        groups.join(index, other)
    for index, other in _short_pairs(text, placed, entries, groups):
        groups.join(index, other)
    for index, antecedent in antecedents(text, placed):
        groups.join(index, antecedent, checked=False)
    roots = {index: groups.root(place) for place, index in enumerate(order)}
    first: dict[int, int] = {}
    return [first.setdefault(roots[index], index) for index in range(len(names))]


def _read_entries(text: str, names: Sequence[Name]) -> dict[str, _Entry]:
    mentions: dict[str, list[int]] = defaultdict(list)
    for index, (start, end, kind) in enumerate(names):
        written = text[start:end]
        if not is_anaphor(written):
            mentions[name_key(written, kind)].append(index)
    entries = {}
    for key, indices in _told_apart(text, names, mentions):
        kinds = Counter(kind for index in indices if (kind := names[index][2]))
        surfaces = tuple(dict.fromkeys(text[names[index][0] : names[index][1]] for index in indices))
        entries[key] = _Entry(key, max(kinds, key=kinds.__getitem__, default=None), surfaces, indices)
    return entries


def _told_apart(text: str, names: Sequence[Name], mentions: Mapping[str, list[int]]) -> Iterator[tuple[str, list[int]]]:
    """The mentions by key; by old and new kanji too where one sentence has 浜田商店 and 濱田商店 in different cases."""
    for key, indices in mentions.items():
        spellings: dict[str, list[int]] = defaultdict(list)
        for index in indices:
            start, end, kind = names[index]
            spellings[name_key(text[start:end], kind, fold_kanji=False)].append(index)
        spelling = {index: each for each, members in spellings.items() for index in members}
        contrasted = any(
            spelling[left] != spelling[right] and _contrasts(text, names[left][1], names[right])
            for left, right in pairwise(indices)
        )
        yield from spellings.items() if contrasted else [(key, indices)]


def _contrasts(text: str, end: int, other: Name) -> bool:
    """Whether two names of one sentence, the first of which ends at the offset, have different particles."""
    if _SENTENCE_END.search(text, end, other[0]):
        return False
    left, right = _CASE.match(text, end), _CASE.match(text, other[1])
    return left is not None and right is not None and left.group(1) != right.group(1)


def _compatible(left: EntityType | None, right: EntityType | None) -> bool:
    return left is None or right is None or left is right or frozenset({left, right}) in _COUSINS


def _short_pairs(
    text: str, names: Sequence[Name], entries: Mapping[str, _Entry], groups: _Groups
) -> Iterator[tuple[int, int]]:
    """Pairs (shorter form, fuller name): マスク and イーロン・マスク, 孫 and 孫正義, 日の出 and 日の出社."""
    persons, others, abbreviated = _index_forms(entries)
    for entry in entries.values():
        full = _full_person(text, names, entry, entries, persons)
        if full is None:
            full = _full_other(entry, others, abbreviated, groups)
        if full is not None:
            yield entry.mentions[0], full


def _index_forms(
    entries: Mapping[str, _Entry],
) -> tuple[dict[str, list[_Entry]], dict[str, list[_Entry]], dict[str, list[_Entry]]]:
    """Entries by shorter forms of persons, by those of others, and organisations by first letter and clipped form."""
    persons: dict[str, list[_Entry]] = defaultdict(list)
    others: dict[str, list[_Entry]] = defaultdict(list)
    initials: dict[str, list[_Entry]] = defaultdict(list)
    for entry in entries.values():
        for surface in entry.surfaces:
            if entry.kind in {_PERSON, None}:
                for form in set(person_forms(bare_name(surface, _PERSON), sure=entry.kind is _PERSON)):
                    persons[form].append(entry)
            if entry.kind in {_ORGANIZATION, None}:
                for form in set(organization_forms(surface)):
                    others[form].append(entry)
            if entry.kind is _PLACE:
                for form in set(place_forms(surface)):
                    others[form].append(entry)
        if entry.kind is _ORGANIZATION and len(entry.key) >= 4:
            initials[entry.key[0]].append(entry)
            for form in {form for surface in entry.surfaces for form in clipped_forms(surface)}:
                initials[form].append(entry)
    return persons, others, initials


def _full_person(
    text: str,
    names: Sequence[Name],
    entry: _Entry,
    entries: Mapping[str, _Entry],
    persons: Mapping[str, list[_Entry]],
) -> int | None:
    """The mention of the person whom the entry names by a shorter form, or by a name with a title."""
    if entry.kind not in {_PERSON, None} or is_country(entry.surfaces[0]):
        return None
    first = entry.mentions[0]
    end = names[first][1]
    keys = list(dict.fromkeys((entry.key, *(name_key(untitled(surface), _PERSON) for surface in entry.surfaces))))
    titled = len(keys) > 1
    for key in keys[1:]:
        whole = entries.get(key)
        if whole is not None and whole.kind is _PERSON:
            return whole.mentions[0]
    honored = titled or _HONORED.match(text, end) is not None
    short = min(keys, key=len)
    if (len(short) == 1 and entry.kind is None and not honored) or _HOUSE.match(text, end):
        return None
    candidates = [each for key in keys for each in persons.get(key, ())[:_MOST_CANDIDATES] if each is not entry]
    if not candidates:
        return None
    before = [max(earlier) for each in candidates if (earlier := each.mentions[: bisect_left(each.mentions, first)])]
    if before:
        return max(before)
    is_kanji = re.match(r"[一-龥]", short) is not None
    unique = len({each.key for each in candidates}) == 1
    last_part = any(short in person_forms(surface, sure=False) for surface in candidates[0].surfaces)
    return candidates[0].mentions[0] if unique and (honored if is_kanji else last_part) else None


def _full_other(
    entry: _Entry, others: Mapping[str, list[_Entry]], initials: Mapping[str, list[_Entry]], groups: _Groups
) -> int | None:
    """The mention of the organisation or place of which the entry is a shorter form, where there is but one."""
    candidates = [
        each
        for each in others.get(entry.key, ())[:_MOST_CANDIDATES]
        if each is not entry
        and (each.kind or entry.kind)
        and (each.kind is entry.kind or not (each.kind and entry.kind))
    ]
    if not candidates and entry.kind is _ORGANIZATION and _ABBREVIATION.fullmatch(entry.key):
        candidates = [
            each
            for key in (entry.key, entry.key[0])
            for each in initials.get(key, ())[:_MOST_CANDIDATES]
            if each is not entry
            and each.mentions[0] < entry.mentions[0]
            and (key == entry.key or abbreviates(entry.key, each.key))
        ]
    if len({groups.root(each.mentions[0]) for each in candidates}) != 1:
        return None
    return candidates[0].mentions[0]


def canonical_name(names_of_group: Sequence[str], kind: EntityType | None = None) -> str:
    """The fullest proper name of the group, without honorifics, titles and legal form; empty where all are anaphors.

    Japanese script goes before Latin, and either before a reading in hiragana. Titles are taken off persons and what
    is of no known type; off neither names that stand with their quotation marks.
    """
    bare = list(_bare_names(names_of_group, kind))
    if not bare:
        return ""
    counts = Counter(bare)
    phrases = {name for name in counts if any(_describes(name, other) for other in counts)}
    proper = [name for name in counts if name not in phrases] or list(counts)
    best = max(proper, key=lambda name: (fullness(name), counts[name]))
    if re.fullmatch(r"[ァ-ヶー]+", best):
        # A lone word in katakana is often the reading of a Latin name: whichever the text uses more.
        latin = [name for name in proper if fullness(name)[0] == 1 and len(name) >= 4]
        best = max([best, *latin], key=lambda name: (counts[name], -bare.index(name)))
    return best


def _bare_names(names: Sequence[str], kind: EntityType | None) -> Iterator[str]:
    titled = _PERSON if kind in _PERHAPS_PERSON else kind
    return (bare for name in names if not is_anaphor(name) and (bare := bare_name(name, titled)).strip())


def _describes(phrase: str, name: str) -> bool:
    """Whether the phrase is the name with a description before it: 隣町の青葉電機, 家電大手・青葉電機."""
    if phrase == name or name not in phrase:
        return False
    return "の" in phrase or bool(re.fullmatch(r".*[一-龥ぁ-ん][・＝]", phrase.removesuffix(name)))


def labels(names_of_group: Sequence[str], kind: EntityType | None = None) -> tuple[str, ...]:
    """Every name of the group once, the canonical one first, in order of text; anaphors are left out."""
    canonical = canonical_name(names_of_group, kind)
    return tuple(dict.fromkeys((canonical, *_bare_names(names_of_group, kind)))) if canonical else ()


def full_name_elsewhere(text: str, short: str, kind: EntityType | None = None) -> str | None:
    """The commonest full name that a long text has for a short one: イーロン・マスク for マスク.

    Full names of persons are looked for where the kind is that or unknown. An abbreviation (SKR) is looked for in the
    brackets that define it: by a label (以下), or as it abbreviates what stands before. None where the text has no
    fuller name; only the neighbourhoods of the short name are looked at.
    """
    if len(short) < 2 or is_country(short):
        return None
    for template in _full_name_patterns(short) if kind in _PERHAPS_PERSON else (_DEFINED_NAME,):
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
            if not pattern.groups:
                if is_given_name(match.group().removeprefix(short)):
                    found[match.start()] = match.group()
            elif (name := bare_name(match.group(1), _PERSON)) != short and _defines(name, short, match):
                found[match.start()] = name
        position = text.find(short, position + len(short))
    return Counter(found.values())


def _defines(name: str, short: str, match: re.Match[str]) -> bool:
    """Whether the bracket gives a short form of the name before it, rather than says something about the thing."""
    _, label, closed = match.groups()
    if label or abbreviates(normalise_name(short), normalise_name(name)):
        return True
    return closed is not None and _ACRONYM.fullmatch(short) is not None and is_body(name)
