"""Pairs of a shorter and a fuller name in one text: マスク and イーロン・マスク, 山根 and 山根幸子."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field

from extractors.anaphora import is_anaphor
from extractors.definitions import Name
from extractors.names import (
    abbreviates,
    bare_name,
    clipped_forms,
    described_names,
    is_country,
    japanese_forms,
    name_key,
    normalise_name,
    organization_forms,
    person_forms,
    place_forms,
    team_forms,
    untitled,
)
from extractors.records import EntityType

_HONORED = re.compile(r"(?:氏|さん|様|容疑者|被告|社長|会長|首相|大統領|議員|監督|選手|知事)")
_HOUSE = re.compile(r"(?:家|氏族|一族|幕府|政権|朝|姓|派)")
_ABBREVIATION = re.compile(r"[一-龥ァ-ヶー々]{2,10}")
_MOST_CANDIDATES = 64


@dataclass(slots=True, eq=False)
class Entry:
    """All mentions of one spelling."""

    key: str
    kind: EntityType | None
    """The commonest type of the mentions that have one."""
    surfaces: tuple[str, ...]
    mentions: list[int] = field(default_factory=list)
    """Indices of the names, in order of text."""


def read_entries(text: str, names: Sequence[Name], *, without: Set[int]) -> dict[str, Entry]:
    """The spellings of the names by key; anaphors and the indices in ``without`` are left out."""
    mentions: dict[str, list[int]] = defaultdict(list)
    for index, (start, end, kind) in enumerate(names):
        written = text[start:end]
        if index not in without and not is_anaphor(written):
            mentions[name_key(written, kind)].append(index)
    entries = {}
    for key, indices in mentions.items():
        kinds = Counter(kind for index in indices if (kind := names[index][2]))
        surfaces = tuple(dict.fromkeys(text[names[index][0] : names[index][1]] for index in indices))
        entries[key] = Entry(key, max(kinds, key=kinds.__getitem__, default=None), surfaces, indices)
    return entries


class ShortNames:
    """The entries of one text, indexed by the shorter forms of their names.

    ``same`` tells whether two names, by index, are known to be one thing already.
    """

    def __init__(
        self, text: str, names: Sequence[Name], entries: dict[str, Entry], same: Callable[[int, int], bool]
    ) -> None:
        self._text, self._names, self._entries, self._same = text, names, entries, same
        self._persons: dict[str, list[Entry]] = defaultdict(list)
        self._likely_persons: dict[str, list[Entry]] = defaultdict(list)
        """Untyped names; the short one must be called a person before they count."""
        self._others: dict[str, list[Entry]] = defaultdict(list)
        self._clipped: dict[str, list[Entry]] = defaultdict(list)
        self._initials: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries.values():
            self._index(entry)

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Pairs (shorter form, fuller name) of indices of names."""
        for entry in self._entries.values():
            full = self._described(entry)
            if full is None:
                full = self._full_person(entry)
            if full is None:
                full = self._full_other(entry)
            if full is not None:
                yield entry.mentions[0], full

    def _index(self, entry: Entry) -> None:
        kind = entry.kind
        for surface in entry.surfaces:
            if kind is EntityType.PERSON:
                _add(self._persons, person_forms(bare_name(surface, kind), sure=True), entry)
            elif kind is None and not self._is_coordination(surface):
                _add(self._persons, person_forms(surface, sure=False), entry)
                _add(self._likely_persons, japanese_forms(surface, sure=False), entry)
            if kind is EntityType.ORGANIZATION or kind is None:
                _add(self._others, organization_forms(surface), entry)
            if kind is EntityType.PLACE:
                _add(self._others, place_forms(surface), entry)
            if kind is EntityType.ORGANIZATION:
                _add(self._clipped, (*clipped_forms(surface), *team_forms(surface)), entry)
        if kind is EntityType.ORGANIZATION and len(entry.key) >= 4:
            self._initials[entry.key[0]].append(entry)

    def _is_coordination(self, surface: str) -> bool:
        """Whether the untyped phrase lists names with dots between (山根・木暮)."""
        parts = re.split("[・･]", surface)
        return len(parts) > 1 and sum(normalise_name(part) in self._entries for part in parts) > 1

    def _described(self, entry: Entry) -> int | None:
        """The mention of the name in an untyped phrase that says what it is: 緑川 in 作家緑川, 木村 in 木村社長."""
        if entry.kind is not None:
            return None
        for surface in entry.surfaces:
            title_free = untitled(surface)
            if title_free != surface:
                found = self._entries.get(name_key(title_free, EntityType.PERSON))
                if found is not None and found.kind is EntityType.PERSON:
                    return found.mentions[0]
            for core in described_names(surface):
                for kind in (EntityType.PERSON, EntityType.ORGANIZATION):
                    found = self._entries.get(name_key(core, kind))
                    if found is not None and found.kind is not None and found is not entry:
                        return found.mentions[0]
        return None

    def _full_person(self, entry: Entry) -> int | None:
        """The mention of the person whom the entry names by surname, given name or the last part of the name."""
        if entry.kind not in {EntityType.PERSON, None} or is_country(entry.surfaces[0]):
            return None
        first = entry.mentions[0]
        if _HOUSE.match(self._text, self._names[first][1]):
            return None
        keys = {entry.key, *(name_key(untitled(surface), EntityType.PERSON) for surface in entry.surfaces)}
        short = min(keys, key=len)
        honored = len(keys) > 1 or any(_HONORED.match(self._text, self._names[index][1]) for index in entry.mentions)
        if len(short) == 1 and entry.kind is None and not honored:
            return None
        candidates = _find(self._persons, keys, entry)
        if not candidates and len(short) > 1 and (honored or entry.kind is EntityType.PERSON):
            candidates = _find(self._likely_persons, keys, entry)
        before = [
            max(earlier) for each in candidates if (earlier := each.mentions[: bisect_left(each.mentions, first)])
        ]
        if before:
            return max(before)
        if len({each.key for each in candidates}) != 1:
            return None
        if re.match(r"[一-龥]", short):
            sure = honored or (len(short) >= 2 and entry.kind is EntityType.PERSON)
        else:
            sure = any(short in person_forms(surface, sure=False) for surface in candidates[0].surfaces)
        return candidates[0].mentions[0] if sure else None

    def _full_other(self, entry: Entry) -> int | None:
        """The mention of the organisation or place of which the entry is a shorter form, where there is but one."""
        candidates = [
            each
            for each in _find(self._others, [entry.key], entry)
            if (each.kind or entry.kind) and (each.kind is entry.kind or not (each.kind and entry.kind))
        ]
        if not candidates and entry.kind is EntityType.ORGANIZATION and _ABBREVIATION.fullmatch(entry.key):
            candidates = _find(self._clipped, [entry.key], entry) or [
                each
                for each in _find(self._initials, [entry.key[0]], entry)
                if each.mentions[0] < entry.mentions[0] and abbreviates(entry.key, each.key)
            ]
        if not candidates or not all(self._same(candidates[0].mentions[0], each.mentions[0]) for each in candidates):
            return None
        return candidates[0].mentions[0]


def _add(index: dict[str, list[Entry]], forms: Iterable[str], entry: Entry) -> None:
    for form in set(forms):
        index[form].append(entry)


def _find(index: dict[str, list[Entry]], keys: Iterable[str], entry: Entry) -> list[Entry]:
    return [each for key in keys for each in index.get(key, ())[:_MOST_CANDIDATES] if each is not entry]
