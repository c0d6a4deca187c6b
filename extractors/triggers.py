"""Where in a raw text a frame could match at all: a scan for the stems of anchors and their companions.

What is not found here is never parsed, so the scan must not miss what the frames would find: it compares stems, the
part of a word that no inflection changes.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from extractors.frames import Pattern

_INFLECTING = re.compile(r"(?:[すず]る|[うくぐすつぬぶむるい])$")
_IRREGULAR = {"する": "", "くる": "", "来る": "来"}


def stem(lemma: str) -> str:
    """The part of a dictionary form that every inflection keeps: 訴え for 訴える, 興 for 興す, 呈 for 呈する."""
    if lemma in _IRREGULAR:
        return _IRREGULAR[lemma]
    return _INFLECTING.sub("", lemma) or lemma


@dataclass(frozen=True, slots=True)
class Triggers:
    """A scan for anchors, each with the alternative sets of stems one of which must stand in the same sentence."""

    pattern: re.Pattern[str]
    companions: dict[str, tuple[frozenset[str], ...]]

    def fire(self, sentence: str) -> bool:
        """Whether some frame's words could all be in the sentence."""
        # Lemmas have no widths: that of ＴＯＢ is TOB, that of ﾊﾞﾝﾄﾞ バンド.
        sentence = unicodedata.normalize("NFKC", sentence)
        for match in self.pattern.finditer(sentence):
            longest = match.group(1)
            for length in range(1, len(longest) + 1):
                groups = self.companions.get(longest[:length], ())
                if any(all(each in sentence for each in group) for group in groups):
                    return True
        return False


def compile_triggers(patterns: Iterable[Pattern]) -> Triggers:
    """The scan that serves all the patterns."""
    companions: dict[str, set[frozenset[str]]] = {}
    for pattern in patterns:
        groups = {frozenset(filter(None, map(stem, each))) for each in pattern.companions}
        companions.setdefault(stem(pattern.anchor), set()).update(groups)
    companions.pop("", None)
    anchors = sorted(companions, key=len, reverse=True)
    # A lookahead lets matches overlap (株式 inside 新株式会社), which a plain alternation would skip.
    regex = re.compile("(?=(" + "|".join(map(re.escape, anchors)) + "))" if anchors else r"(?!)")
    return Triggers(regex, {anchor: tuple(groups) for anchor, groups in companions.items()})
