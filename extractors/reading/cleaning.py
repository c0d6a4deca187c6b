"""The last touch before a text becomes ``document.text``: what every later stage may rely on."""

from __future__ import annotations

import re

NEWLINES = re.compile("\r\n?")
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """``text`` with ``\\n`` for every newline, and U+FFFD for NUL and for lone surrogates, which RDF cannot hold.

    Byte order marks, which files that were joined have in their midst, are left out: they would stick to a name.
    Everything else is kept as it stands: composed and decomposed forms, bidi marks, trailing spaces.
    """
    return UNSTORABLE.sub("\ufffd", NEWLINES.sub("\n", text.replace("\ufeff", "")))
