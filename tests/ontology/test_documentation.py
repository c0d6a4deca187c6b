from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import rdflib

from ontology.documentation import main
from ontology.turtle import HERE


def test_main_writes_a_page_that_names_every_term(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "ontology.html"
    assert main([str(page), str(HERE / "examples" / "acquired.ttl")]) == 0
    html = page.read_text(encoding="utf-8")
    ontology = rdflib.Graph().parse(HERE / "enishi.ttl")
    own = [str(term) for term in set(ontology.subjects()) if "enishi.example/ontology#" in str(term)]
    assert len(own) > 30
    missing = [term for term in own if term not in html and term.split("#")[1] not in html]
    assert missing == []
    assert "甲が乙を提訴する" in html
    assert "甲が乙を買収する" in html


@pytest.mark.parametrize("arguments", [[], ["--help"]])
def test_main_says_how_to_use_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert "usage: python -m ontology.documentation OUT.html" in capsys.readouterr().err


def test_main_reports_an_unusable_file(
    write_turtle: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write_turtle("enishi:met nonsense")
    assert main([str(tmp_path / "page.html"), str(path)]) == 1
    assert f"{path}, line 5: This is not Turtle" in capsys.readouterr().err
    assert not (tmp_path / "page.html").exists()
