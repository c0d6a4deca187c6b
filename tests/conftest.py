"""What tests of several rooms share."""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="session")
def articles_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store into which the real pipeline has read ``data/articles``; the test session shares it, read-only."""
    from flows.running import Request, run

    home = tmp_path_factory.mktemp("articles")
    store = str(home / "store")
    request = Request(paths=(str(ROOT / "data" / "articles"),), store=store, home=home, quarantine=home / "quarantine")
    report = run(request)
    assert report.sound, (report.failed, report.quarantined)
    return store
