"""Documents to claims: windows round triggers, GiNZA's parse of each sentence, then the components.

A sentence is parsed by itself, so what is read of it does not depend on which other sentences were skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from spacy.language import Language
from spacy.tokens import Doc
from threadpoolctl import ThreadpoolController

from extractors.batching import batches
from extractors.claims import ClaimKey, keep_surest
from extractors.components import COMPONENTS, Equipment, equip, register_attributes
from extractors.encoder import load_encoder
from extractors.entities import Gazetteer, merge_mentions, recognise
from extractors.fingerprint import parser_fingerprint, reader_fingerprint
from extractors.frames import compile_frames
from extractors.heads import load_heads
from extractors.judgement import load_judge
from extractors.parses import ParseCache, parse_sentences
from extractors.parsing import load_ginza
from extractors.records import Argument, Claim, Document, Evidence, KnownEntity, Mention, Relation
from extractors.reference import full_name_elsewhere, normalise_name
from extractors.settings import ExtractSettings
from extractors.triage import Triage
from extractors.triggers import compile_triggers
from extractors.windows import Window, bounded_sentences, find_windows

__all__ = ["ExtractSettings", "Reader", "load_reader"]

_WINDOWS_AT_ONCE = 24
"""Windows that are parsed together, of however many documents, as each call of the parser has its fixed cost."""
_DOCUMENTS_AT_ONCE = 64
_CHARACTERS_AT_ONCE = 64_000


class Reader:
    """The loaded pipeline; make it with ``load_reader``."""

    def __init__(self, relations: Sequence[Relation], known: Sequence[KnownEntity], settings: ExtractSettings) -> None:
        register_attributes()
        self._settings = settings
        self._ginza = load_ginza()
        patterns = compile_frames(self._ginza, relations)
        judge = load_judge()
        self._triggers = compile_triggers(patterns)
        self._equipment = Equipment(
            {relation.name: relation for relation in relations}, patterns, Gazetteer(known),
            load_encoder(threads=settings.threads), load_heads(), judge,
        )  # fmt: skip
        encoder, heads = self._equipment.encoder, self._equipment.heads
        self._triage = Triage(self._ginza, patterns, self._triggers, encoder=encoder, heads=heads)
        self._cache = _open_cache(settings)
        # Matrices of a few hundred rows take a third longer on several threads of BLAS than on one.
        self._threads = ThreadpoolController().select(user_api="blas")
        self._pipeline = _assemble(self._ginza, least_confidence=settings.least_confidence)
        equip(self._pipeline, self._equipment)
        self.fingerprint = reader_fingerprint(relations, known, settings=settings)

    def extract(self, documents: Iterable[Document]) -> Iterator[tuple[Document, list[Claim]]]:
        """Every document with its claims, in the order of the input; claims by position in the text.

        Documents are taken some dozens at once, and fail together: read one alone to learn whether it can be read.
        """
        for some in batches(documents, max_documents=_DOCUMENTS_AT_ONCE, max_characters=_CHARACTERS_AT_ONCE):
            with self._threads.limit(limits=1):
                found = self._read(some)
            yield from zip(some, found, strict=True)

    def recognise(self, text: str) -> list[Mention]:
        """The named mentions of a whole text, by position."""
        found: list[Mention] = []
        for start, end in bounded_sentences(text):
            mentions = recognise(text[start:end], encoder=self._equipment.encoder, heads=self._equipment.heads)
            mentions = merge_mentions(mentions, self._equipment.gazetteer.mentions(text[start:end]))
            found.extend(replace(each, start=each.start + start, end=each.end + start) for each in mentions)
        return found

    def _read(self, documents: Sequence[Document]) -> list[list[Claim]]:
        claims: list[dict[ClaimKey, Claim]] = [{} for _ in documents]
        relations = self._equipment.relations
        for place, window, doc in self._read_windows(documents):
            for claim in doc._.claims:
                if self._settings.named_only and not (claim.subject.named and claim.object.named):
                    continue
                placed = _place(claim, window.start, documents[place].text)
                keep_surest(claims[place], placed, symmetric=relations[placed.relation].symmetric)
        return [sorted(each.values(), key=_by_position) for each in claims]

    def _read_windows(self, documents: Sequence[Document]) -> Iterator[tuple[int, Window, Doc]]:
        """Every window that passes, read, with the place of its document in the sequence."""
        promising = (
            (place, window)
            for place, document in enumerate(documents)
            for window in find_windows(document.text, self._triggers)
            if self._triage.passes(document.text, window)
        )
        while some := list(islice(promising, _WINDOWS_AT_ONCE)):
            docs = self._pipeline.pipe(self._parse([(documents[place], window) for place, window in some]))
            for (place, window), doc in zip(some, docs, strict=True):
                yield place, window, doc

    def _parse(self, windows: Sequence[tuple[Document, Window]]) -> Iterator[Doc]:
        sentences = [document.text[start:end] for document, window in windows for start, end in window.spans]
        parses = iter(parse_sentences(self._ginza, sentences, cache=self._cache))
        for document, window in windows:
            parts = list(islice(parses, len(window.spans)))
            doc = Doc.from_docs(parts, ensure_whitespace=False, exclude=["user_data", "tensor"])  # type: ignore[call-arg]
            doc._.core_start = window.core_start
            doc._.published = document.published
            yield doc


class _Reading(Language):  # type: ignore[no-untyped-call]
    """A language whose pipeline takes Docs that GiNZA made, so it needs no tokenizer of its own."""

    lang = "ja"


def _assemble(ginza: Language, *, least_confidence: float | None) -> Language:
    nlp = _Reading(vocab=ginza.vocab)
    for name in COMPONENTS:
        nlp.add_pipe(name, config={"least_confidence": least_confidence} if name == "enishi_status" else {})
    return nlp


def _by_position(claim: Claim) -> tuple[int, str, int, int]:
    return claim.evidence.start, claim.relation, claim.subject.start, claim.object.start


def _place(claim: Claim, offset: int, text: str) -> Claim:
    """The claim with offsets into the whole text, and with full names from anywhere in it."""
    evidence = Evidence(claim.evidence.start + offset, claim.evidence.end + offset, claim.evidence.text)
    subject, object_ = _widen(claim.subject, offset, text), _widen(claim.object, offset, text)
    if {normalise_name(each) for each in subject.labels} & {normalise_name(each) for each in object_.labels}:
        # What names both sides is the full name of neither.
        subject = replace(subject, labels=claim.subject.labels)
        object_ = replace(object_, labels=claim.object.labels)
    holder = claim.held_by
    if holder and claim.holder_named:
        holder = full_name_elsewhere(text, holder, None) or holder
    return replace(claim, subject=subject, object=object_, evidence=evidence, held_by=holder)


def _widen(argument: Argument, offset: int, text: str) -> Argument:
    """The argument with offsets into the whole text and, where the gazetteer does not know it, its full name first."""
    full = None if argument.iri else full_name_elsewhere(text, argument.labels[0], argument.type)
    labels = (full, *argument.labels) if full and full not in argument.labels else argument.labels
    return replace(argument, labels=labels, start=argument.start + offset, end=argument.end + offset)


def load_reader(
    relations: Sequence[Relation], known: Sequence[KnownEntity] = (), *, settings: ExtractSettings | None = None
) -> Reader:
    """The reader for these relations and known names; loads GiNZA and the weights, about four seconds.

    Raises:
        FrameError: a relation's wording cannot be compiled.
        FileNotFoundError: the weights are missing; ``make model`` builds them.
    """
    return Reader(relations, known, settings or ExtractSettings())


def _open_cache(settings: ExtractSettings) -> ParseCache | None:
    if settings.cache_folder is None:
        return None
    return ParseCache(settings.cache_folder, version=parser_fingerprint(), limit_bytes=settings.cache_limit_bytes)
