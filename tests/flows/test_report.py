from __future__ import annotations

from collections import Counter

import pytest
from markdown_it import MarkdownIt

from flows.report import SHOWN, Problem, Report, escape_markdown, summarize, to_markdown


def test_merge_adds_every_count() -> None:
    report = Report(added=1, unchanged=2, claims=Counter({("sued", "asserted"): 1}))
    report.merge(
        Report(
            added=2,
            changed=3,
            unchanged=4,
            removed=["r"],
            quarantined=[Problem("q", "r", "m")],
            failed=[Problem("f", "r", "m")],
            claims=Counter({("sued", "asserted"): 2, ("sued", "negated"): 1}),
            notes=["n"],
            warnings=["w"],
        )
    )
    assert report.counts() == {"new": 3, "changed": 3, "unchanged": 6, "removed": 1, "quarantined": 1, "failed": 1}
    assert report.relations() == {"sued": {"asserted": 3, "negated": 1}}
    assert (report.notes, report.warnings) == (["n"], ["w"])
    assert "\n> Warning: w\n" in to_markdown(report, title="run")
    assert report.wrote
    assert not report.sound


def test_summarize_says_that_nothing_was_written() -> None:
    assert summarize(Report(unchanged=7)).startswith("Nothing changed: 7 documents")


def test_summarize_does_not_call_a_run_unchanged_that_could_not_read() -> None:
    assert summarize(Report(unchanged=7, failed=[Problem("a", "b", "c")])).startswith(
        "Documents: 7 unchanged, 1 failed"
    )


@pytest.mark.parametrize(
    "hostile", ["a|b", "<script>alert(1)</script>", "[x](javascript:1)", "a\nb", "*強*", "\u202eabc"]
)
def test_to_markdown_keeps_hostile_names_inert(hostile: str) -> None:
    page = to_markdown(Report(failed=[Problem(hostile, hostile, hostile)]), title=hostile)
    assert hostile not in page
    table_row = next(line for line in page.splitlines() if line.count(escape_markdown(hostile)) == 3)
    assert table_row.replace("\\|", "").count("|") == 4


@pytest.mark.parametrize("name", ["---", "- x", "+ x", "1. x", "12) x", "===", "~~~", "     x", "# x"])
def test_to_markdown_lets_a_name_begin_no_block(name: str) -> None:
    html = MarkdownIt("commonmark").render(to_markdown(Report(removed=[name], notes=[name]), title=name))
    assert f"<h2>{name.strip()}</h2>" in html
    assert f"<li>{name.strip()}</li>" in html
    assert f"<p>{name.strip()}</p>" in html


def test_to_markdown_is_bounded() -> None:
    many = [Problem(f"document {number}", "reason", "remedy") for number in range(10_000)]
    page = to_markdown(Report(failed=many, removed=[problem.source for problem in many]), title="run")
    assert page.count("\n") < 3 * SHOWN
    assert f"and {10_000 - SHOWN} more" in page
