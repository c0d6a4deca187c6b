"""Runs the HTML, Markdown and feed libraries in a process of their own, with limits on time and memory.

A page nested a hundred thousand deep keeps lxml busy for minutes, and no signal or thread of ours can stop it; a
process can be killed. One process serves every source in turn, so its start is paid once.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

from extractors.reading.failures import UnreadableError
from extractors.reading.isolated import LENGTH, send
from extractors.reading.settings import ReadSettings

REQUESTS_BEFORE_RENEWAL = 2000
START_ALLOWANCE_S = 20.0
WALL_TIME_FACTOR = 8
ENDING_ALLOWANCE_S = 0.2
PACKAGE_ROOT = Path(__file__).resolve().parents[2]


class MarkupProcess:
    """The process, started when it is first needed, renewed after a failure and now and then against leaks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: socket.socket | None = None
        self._owner, self._served, self._memory = 0, 0, 0

    def extract(self, text: str, media_type: str, settings: ReadSettings) -> list[dict[str, Any]]:
        """The documents in ``text`` as fields of ``Extracted``; callers of other threads wait their turn.

        Raises:
            UnreadableError: there is none, or it takes too long or too much memory.
        """
        with self._lock:
            if not self._is_usable(settings):
                self._start(settings)
            answer = self._ask({"text": text, "media_type": media_type, "limit_s": settings.parse_timeout_s})
        if "reason" in answer:
            raise UnreadableError(answer["reason"], answer["remedy"])
        extracted: list[dict[str, Any]] = answer["extracted"]
        return extracted

    def close(self) -> None:
        """End the process."""
        connection, process, self._connection, self._process = self._connection, self._process, None, None
        if connection:
            connection.close()
        if process and self._owner == os.getpid():
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(ENDING_ALLOWANCE_S)  # it ends by itself when the connection closes, or has ended
            process.kill()
            process.wait()

    def _is_usable(self, settings: ReadSettings) -> bool:
        # After a fork the process belongs to the parent, whose messages ours would tear apart.
        return (
            self._process is not None
            and self._owner == os.getpid()
            and self._process.poll() is None
            and self._served < REQUESTS_BEFORE_RENEWAL
            and self._memory == settings.max_parse_memory_bytes
        )

    def _start(self, settings: ReadSettings) -> None:
        self.close()
        ours, theirs = socket.socketpair()
        path = os.pathsep.join(filter(None, [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "extractors.reading.isolated", str(settings.max_parse_memory_bytes)],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={**os.environ, "PYTHONPATH": path},
                start_new_session=True,  # Ctrl-C is for us, who close it
            )
        self._connection, self._owner, self._served = ours, os.getpid(), 0
        self._memory = settings.max_parse_memory_bytes
        # The first page of each kind waits for imports, which are not the page's fault.
        feed = '<rss version="2.0"><channel><item><title>始</title></item></channel></rss>'
        for text, media_type in (("<p>始</p>", "text/html"), ("始", "text/markdown"), (feed, "feed")):
            self._ask({"text": text, "media_type": media_type, "limit_s": START_ALLOWANCE_S})

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        connection, process, limit_s = self._connection, self._process, request["limit_s"]
        assert connection is not None and process is not None
        slow = UnreadableError(
            f"reading its markup takes over {limit_s:g} s", "simplify or split it, or raise parse_timeout_s"
        )
        deadline = time.monotonic() + WALL_TIME_FACTOR * limit_s
        try:
            connection.settimeout(WALL_TIME_FACTOR * limit_s)
            send(connection, request)
            head = _receive_before(connection, LENGTH.size, deadline)
            body = _receive_before(connection, LENGTH.unpack(head)[0], deadline)
        except TimeoutError:
            self.close()
            raise slow from None
        except OSError:
            self.close()
            if process.returncode == -signal.SIGPROF:
                raise slow from None
            raise UnreadableError(
                "reading its markup exhausts memory", "simplify or split it, or leave it out"
            ) from None
        self._served += 1
        answer: dict[str, Any] = json.loads(body)
        return answer


def _receive_before(connection: socket.socket, size: int, deadline: float) -> bytes:
    pieces = bytearray()
    while len(pieces) < size:
        connection.settimeout(max(deadline - time.monotonic(), 0.001))
        piece = connection.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            raise ConnectionResetError
        pieces += piece
    return bytes(pieces)


MARKUP = MarkupProcess()
atexit.register(MARKUP.close)
