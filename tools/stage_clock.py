"""A clock on each stage of a pipeline whose stages call one another."""

from __future__ import annotations

import contextlib
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any


class StageClock:
    """Adds up the time of functions, each without that of others which it calls."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, int]] = defaultdict(lambda: (0.0, 0))
        self._open: list[float] = []

    def on(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with a clock on it."""

        def timed(*values: Any, **options: Any) -> Any:
            with self._running(name):
                return function(*values, **options)

        return timed

    def on_iterator(self, name: str, function: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
        """The same for a function that returns an iterator, which is run to its end at once."""
        return lambda *values, **options: iter(self.on(name, lambda: list(function(*values, **options)))())

    @contextlib.contextmanager
    def _running(self, name: str) -> Iterator[None]:
        started = time.perf_counter()
        self._open.append(0.0)
        try:
            yield
        finally:
            whole = time.perf_counter() - started
            inside = self._open.pop()
            if self._open:
                self._open[-1] += whole
            seconds, calls = self.spent[name]
            self.spent[name] = seconds + whole - inside, calls + 1
