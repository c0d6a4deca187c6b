"""The process that takes text out of hostile markup; run by ``isolation``, never by hand.

It reads requests from the socket that is its standard input and answers each: eight bytes of length, then JSON. It
ends when the other side closes.
"""

from __future__ import annotations

import json
import resource
import signal
import socket
import struct
import sys
from dataclasses import asdict
from typing import Any

LENGTH = struct.Struct(">Q")


def serve(connection: socket.socket) -> None:
    """Answer requests until the other side hangs up."""
    while request := receive(connection):
        # When the processor time is used up, SIGPROF ends this process, wherever it is: no C library can put it off.
        signal.setitimer(signal.ITIMER_PROF, request["limit_s"])
        reply = answer(request)
        signal.setitimer(signal.ITIMER_PROF, 0)
        send(connection, reply)


def answer(request: dict[str, Any]) -> dict[str, Any]:
    """``{"extracted": [fields of Extracted, …]}``, or ``{"reason", "remedy"}`` where there is no text."""
    from extractors.reading.failures import UnreadableError

    try:
        return {"extracted": [asdict(item) for item in extract(request["media_type"], request["text"])]}
    except UnreadableError as problem:
        return {"reason": problem.reason, "remedy": problem.remedy}
    except MemoryError:
        return {"reason": "its markup takes too much memory to read", "remedy": "simplify it, or leave it out"}
    except Exception as error:  # whatever a library makes of hostile markup is this source's problem only
        reason = f"its markup cannot be read ({type(error).__name__}: {str(error)[:200]})"
        return {"reason": reason, "remedy": "save it as plain text"}


def extract(media_type: str, text: str) -> list[Any]:
    """Every document in ``text``; each library is imported where it is first needed."""
    if media_type == "text/html":
        from extractors.reading.pages import extract_page

        return [extract_page(text)]
    if media_type == "text/markdown":
        from extractors.reading.markdown import extract_markdown

        return [extract_markdown(text)]
    from extractors.reading.feeds import extract_feed

    return list(extract_feed(text))


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Write one message."""
    body = json.dumps(message).encode("ascii")
    connection.sendall(LENGTH.pack(len(body)) + body)


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """Read one message; None where the other side has closed."""
    head = receive_exactly(connection, LENGTH.size)
    if head is None:
        return None
    body = receive_exactly(connection, LENGTH.unpack(head)[0])
    return None if body is None else json.loads(body)


def receive_exactly(connection: socket.socket, size: int) -> bytes | None:
    """``size`` bytes; None where the other side closes before."""
    pieces = bytearray()
    while len(pieces) < size:
        piece = connection.recv(min(size - len(pieces), 1 << 20))
        if not piece:
            return None
        pieces += piece
    return bytes(pieces)


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (int(sys.argv[1]), hard))
    sys.setrecursionlimit(3000)
    serve(socket.socket(fileno=0))
