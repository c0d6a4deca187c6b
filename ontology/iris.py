"""Minting IRIs (RFC 3987) from names: deterministic, free of collisions, and readable in Japanese.

A name keeps its letters, marks, digits and harmless punctuation; all else, from quotes to lone surrogates, is
percent-encoded as UTF-8. Every ``%`` and ``~`` of a name is encoded, so an encoded name can be read back and ``~`` is
free to mark what is no plain name: an empty name, a shortened one, the scope of a description.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from functools import lru_cache

from ontology.namespaces import CLAIM, DOCUMENT, ENTITY

IRI_NAME_LIMIT_CHARS = 400
"""An encoded name longer than this is shortened and ends in ``~`` and its SHA-256."""

_KEPT_CHARS = 40
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._")


def name_key(name: str) -> str:
    """The form in which two names are compared: NFKC, white space trimmed and runs of it made one space.

    ``ＯｐｅｎＡＩ`` and ``OpenAI``, ``ﾄﾖﾀ`` and ``トヨタ``, composed and decomposed ``が`` are the same name. Names
    that differ in anything else are different ones.
    """
    if name.isascii():
        return " ".join(name.split())
    return " ".join(unicodedata.normalize("NFKC", name).split())


@lru_cache(maxsize=65_536)
def entity_iri(name: str) -> str:
    """The IRI of whatever has this name, in every document."""
    return ENTITY + _encode(name_key(name))


def description_iri(description: str, document_iri: str) -> str:
    """The IRI of what one document describes without naming it (元従業員); another document's is another one."""
    return f"{ENTITY}~{_digest(document_iri)}/{_encode(name_key(description))}"


def document_iri(document_id: str) -> str:
    """The IRI of the document with this id, and of its named graph. Ids are taken as they are, not normalised."""
    return DOCUMENT + _encode(document_id, kept="/:@")


def claim_iri(*parts: str | int) -> str:
    """The IRI of the claim that these parts tell from every other claim, in their order."""
    return CLAIM + _digest("".join(f"{len(str(part))}:{part}" for part in parts))


def _digest(text: str) -> str:
    """128 bits of SHA-256 in hex: two of a billion different texts share it with a probability below 1e-20."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _encode(name: str, *, kept: str = "") -> str:
    if not name:
        return "~"
    encoded = _encode_characters(name, kept)
    if len(encoded) > IRI_NAME_LIMIT_CHARS:
        digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()
        return f"{_encode_characters(name[:_KEPT_CHARS], kept)}~{digest}"
    return encoded


def _encode_characters(name: str, kept: str) -> str:
    pieces: list[str] = []
    after_encoded = True
    for character in name:
        if character in _UNRESERVED or character in kept or _is_readable(character, after_encoded):
            pieces.append(character)
            after_encoded = False
        else:
            octets = character.encode("utf-8", "surrogatepass")
            pieces.append("".join(f"%{octet:02X}" for octet in octets))
            after_encoded = True
    # A segment of dots would be resolved away by whoever takes the IRI for a relative reference, and a last dot is
    # more than some readers of Turtle's prefixed names can bear (rdflib 7).
    segments = [re.sub(r"^\.+$", _encode_dots, segment) for segment in "".join(pieces).split("/")]
    return re.sub(r"\.+$", _encode_dots, "/".join(segments))


def _encode_dots(match: re.Match[str]) -> str:
    return "%2E" * len(match[0])


def _is_readable(character: str, after_encoded: bool) -> bool:
    """Whether a character beyond ASCII may stand in an IRI (``ucschar``) and be seen there by a reader.

    A combining mark stays only behind its base, lest it combine with the end of a percent-encoded one.
    """
    code_point = ord(character)
    if code_point < 0xA1 or not _is_ucschar(code_point):
        return False
    category = unicodedata.category(character)
    return category[0] in "LNPS" or (category[0] == "M" and not after_encoded)


def _is_ucschar(code_point: int) -> bool:
    """RFC 3987, section 2.2, without the private and the unassigned planes."""
    return (
        0xA0 <= code_point <= 0xD7FF
        or 0xF900 <= code_point <= 0xFDCF
        or 0xFDF0 <= code_point <= 0xFFEF
        or (0x10000 <= code_point <= 0x3FFFD and code_point & 0xFFFF <= 0xFFFD)
    )
