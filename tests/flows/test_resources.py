"""What unchanged documents and a changed ontology cost, with the real reader."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from extractors.parses import ParseCache
from extractors.records import Document
from flows.resources import load_resources
from flows.running import Request, run

PROJECT = Path(__file__).resolve().parents[2]
TEXTS = (
    "浜風製菓は四月、包装の意匠をまねられたとして小倉菓子店を東京地裁に提訴した。",
    "柏木澄江は1987年に浜風製菓を設立した。",
    "港の市場は朝から客でにぎわった。",
)
ACQUIRED = """
@prefix enishi: <https://enishi.example/ontology#> .
@prefix owl: <http://www.w3.org/2002/07/owl#> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
enishi:acquired a owl:ObjectProperty ; rdfs:domain enishi:Organization ; rdfs:range enishi:Organization ;
    enishi:expressedBy "甲が乙を買収する"@ja WORDING .
"""
MODULES = """
import sys
from pathlib import Path
from flows.running import Request, run
folder = Path(sys.argv[1])
report = run(Request(paths=(str(folder / "news"),), store=str(folder / "store"), home=folder, quarantine=folder / "q"))
print(report.unchanged, report.wrote)
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


@pytest.fixture
def request_(tmp_path: Path) -> Request:
    news = tmp_path / "news"
    news.mkdir()
    for number, text in enumerate(TEXTS):
        (news / f"{number}.txt").write_text(text, encoding="utf-8")
    return Request(paths=(str(news),), store=str(tmp_path / "store"), home=tmp_path, quarantine=tmp_path / "q")


def test_the_fingerprint_is_the_same_before_the_reader_is_loaded_and_after() -> None:
    resources = load_resources()
    told = resources.reader_fingerprint
    assert resources.reader.fingerprint == told
    assert load_resources((PROJECT / "ontology" / "examples" / "acquired.ttl",)).reader_fingerprint != told


def test_least_confidence_leaves_out_what_is_less_likely() -> None:
    documents = [Document(str(number), text, "", "") for number, text in enumerate(TEXTS)]

    def confidences(least: float) -> list[float]:
        read = load_resources(least_confidence=least).reader.extract(documents)
        return [claim.confidence for _, claims in read for claim in claims]

    everything = confidences(0.0)
    middle = sum(everything) / len(everything)
    assert confidences(middle) == [each for each in everything if each >= middle] != everything
    assert load_resources(least_confidence=0.5).reader_fingerprint != load_resources().reader_fingerprint


def test_a_run_on_unchanged_documents_loads_no_language_model(request_: Request) -> None:
    assert run(request_).added == len(TEXTS)
    command = [sys.executable, "-c", MODULES, str(request_.home)]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=120, check=True)
    counts, modules = finished.stdout.splitlines()
    assert counts == f"{len(TEXTS)} False"
    assert not {"spacy", "ginza", "sudachipy", "onnxruntime", "pyshacl", "rdflib", "prefect"} & set(modules.split())


def test_a_new_wording_reads_every_document_again_and_parses_no_sentence_again(
    request_: Request, tmp_path: Path
) -> None:
    turtle = tmp_path / "acquired.ttl"
    request = dataclasses.replace(request_, ontology=(turtle,))
    turtle.write_text(ACQUIRED.replace("WORDING", ""), encoding="utf-8")
    assert run(request).added == len(TEXTS)
    parsed = cache_of(request).misses
    assert parsed >= 2

    load_resources.cache_clear()
    turtle.write_text(ACQUIRED.replace("WORDING", ', "甲が乙を傘下に収める"@ja'), encoding="utf-8")
    report = run(request)
    assert (report.changed, report.unchanged) == (len(TEXTS), 0)
    assert (cache_of(request).hits, cache_of(request).misses) == (parsed, 0)


def cache_of(request: Request) -> ParseCache:
    cache = request.resources.reader._cache  # type: ignore[attr-defined]  # no part of the interface, but it counts
    assert isinstance(cache, ParseCache)
    return cache
