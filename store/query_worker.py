"""Answers one query in a process of its own, which can be killed: run as a script, by its path.

It imports nothing of the project, so that it starts in some 30 ms. Standard input holds a pickled request, standard
output a pickled answer; both ends are this project's own processes. Its timer ends it even where its parent is gone.
"""

from __future__ import annotations

import pickle
import resource
import signal
import sys
from pathlib import Path
from typing import Any

_GRACE_S = 2.0


def answer(store: Any, request: dict[str, Any]) -> dict[str, Any]:
    """The answer to ``sparql`` as a dictionary of form, variables, rows, triples, boolean and truncated."""
    from pyoxigraph import QueryBoolean, QuerySolutions

    results = store.query(
        request["sparql"], prefixes=request["prefixes"], use_default_graph_as_union=request["union_default_graph"]
    )
    if isinstance(results, QueryBoolean):
        return {"form": "ask", "boolean": bool(results)}
    limit = request["row_limit"]
    kept: list[Any] = []
    truncated = False
    is_select = isinstance(results, QuerySolutions)
    for result in results:
        if limit is not None and len(kept) >= limit:
            truncated = True
            break
        kept.append(tuple(result) if is_select else result)
    if is_select:
        names = tuple(variable.value for variable in results.variables)
        return {"form": "select", "variables": names, "rows": tuple(kept), "truncated": truncated}
    return {"form": "construct", "triples": tuple(kept), "truncated": truncated}


def _limit_memory(memory_mb: int) -> None:
    """Let the address space grow by so much and no more; an allocation beyond it ends the process."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
    except OSError:
        pages = 0
    size = pages * resource.getpagesize() + (memory_mb << 20)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def main() -> None:
    """Read the request, answer it, write the answer."""
    request = pickle.load(sys.stdin.buffer)  # noqa: S301 (written by the process that started this one)
    if request["timeout_s"] is not None:
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_REAL, request["timeout_s"] + _GRACE_S)
    from pyoxigraph import Store

    try:
        store = Store.read_only(request["folder"])
        if request["memory_mb"] is not None:
            _limit_memory(request["memory_mb"])
        outcome = answer(store, request)
    except SyntaxError as error:
        outcome = {"syntax_error": str(error)}
    except (OSError, RuntimeError, ValueError, MemoryError) as error:
        outcome = {"error": f"{type(error).__name__}: {error}"}
    pickle.dump(outcome, sys.stdout.buffer, protocol=pickle.HIGHEST_PROTOCOL)


if __name__ == "__main__":
    main()
