"""The public side of a served store: Oxigraph's answers, without its ways to write or to reach other hosts.

Oxigraph's server has no authentication, no switch for SERVICE and LOAD, and a time limit that it looks at only when it
reads the database (a cross product of small patterns runs on for ever). So it listens on a private port of this
machine, and this gate in front of it lets through what may pass, cuts off what takes too long and says when the server
hangs.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import http.client
import socket
import string
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from store.endpoints import Credentials
from store.errors import QueryRefusedError
from store.outside_calls import refuse_outside_calls, refuse_service
from store.query_text import dataset_clause, prefix_declarations, shifted_back

_PAGES = frozenset({"/", "/yasgui.min.css", "/yasgui.min.js", "/logo.svg"})
_QUERY_PATHS = frozenset({"/query", "/sparql"})  # the page asks at /sparql
_DATASET_PARAMETERS = ("default-graph-uri", "named-graph-uri")
_UPDATE_DATASET_PARAMETERS = ("using-graph-uri", "using-named-graph-uri")
_SENT_ON = ("accept", "content-type", "accept-encoding", "origin")
_SENT_BACK = ("content-type", "content-encoding", "location", "etag", "last-modified", "cache-control")
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_QUERY_BYTES = 1 << 20
_UPDATE_BYTES = 1 << 30
_CHUNK_BYTES = 1 << 16
_MESSAGE_BYTES = 1 << 16
_GRACE_S = 5.0
_RECONNECT_S = 15.0
_IDLE_S = 60.0
_POLL_S = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """What the gate lets through.

    ``timeout_s`` is for a query, in seconds. Writes need ``writable`` and the credentials. On other addresses than
    this machine's own, reading needs them too. ``connection_limit`` requests are answered at a time.
    """

    host: str = "127.0.0.1"
    port: int = 7878
    timeout_s: float = 30.0
    writable: bool = False
    credentials: Credentials = field(default_factory=Credentials)
    connection_limit: int = 64

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the gate."""
        return self.host in _LOOPBACK_NAMES or self.host.startswith("127.")


class Gate:
    """An HTTP server in threads of this process, in front of Oxigraph's."""

    def __init__(self, settings: GateSettings, upstream: tuple[str, int], on_hang: Callable[[], None]) -> None:
        """Listen at once. ``on_hang`` is called from a thread where a query does not end in its time."""
        self.settings = settings
        self.upstream = upstream
        self.on_hang = on_hang
        self.slots = threading.BoundedSemaphore(settings.connection_limit)
        self._server = _Listener((settings.host, settings.port), self)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(_POLL_S,), name="enishi-gate", daemon=True
        )
        self._thread.start()

    @property
    def address(self) -> str:
        """Where the gate answers."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        return f"http://{host}:{self._server.server_port}/"

    def close(self) -> None:
        """Stop listening; requests that are being answered are cut off at the end of the process."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(timeout=5)


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], gate: Gate) -> None:
        self.gate = gate
        if ":" in address[0]:
            self.address_family = socket.AF_INET6
        super().__init__(address, _Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: clients that hang up are no news."""


class _RefusedError(Exception):
    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status = status
        self.message = message
        super().__init__(message)


@contextlib.contextmanager
def _refusing() -> Iterator[None]:
    try:
        yield
    except QueryRefusedError as error:
        raise _RefusedError(HTTPStatus.FORBIDDEN, str(error)) from None


def _pairs(form: str) -> list[tuple[str, str]]:
    try:
        return parse_qsl(form, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        raise _RefusedError(HTTPStatus.BAD_REQUEST, "The parameters are not in UTF-8.") from None


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for the reader to acknowledge its headers
    server_version = "Enishi"
    sys_version = ""
    timeout = _IDLE_S
    server: _Listener
    raw_requestline: bytes

    def do_GET(self) -> None:
        self._handle()

    do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_PATCH = do_GET  # noqa: N815

    def parse_request(self) -> bool:
        """Read a request, whose address may hold characters beyond ASCII as they are (curl sends them so).

        They are quoted before http.server takes them for Latin-1, some of them for spaces between its words.
        """
        self.raw_requestline = quote(self.raw_requestline, safe=string.printable).encode()
        return super().parse_request()

    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 (http.server's name)
        """Nothing: requests hold queries, which are nobody's business."""

    def _handle(self) -> None:
        if not self.server.gate.slots.acquire(timeout=1.0):
            self._say(HTTPStatus.SERVICE_UNAVAILABLE, "Too many requests at a time; try again.")
            return
        try:
            self._check_caller()
            self._check_content()
            self._route()
        except _RefusedError as refusal:
            self._say(refusal.status, refusal.message)
        finally:
            self.server.gate.slots.release()

    def _check_caller(self) -> None:
        settings = self.server.gate.settings
        if settings.is_loopback:
            host = self.headers.get("host", "").rsplit(":", 1)[0].lower()
            if host not in _LOOPBACK_NAMES | {settings.host}:
                raise _RefusedError(HTTPStatus.FORBIDDEN, f"This server is not {host!r}.")
        elif not self._is_known():
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "This server asks for credentials.")

    def _check_content(self) -> None:
        """Refuse content that nobody would read: what is left in the connection would pass for the next request."""
        announced = "transfer-encoding" in self.headers or self.headers.get("content-length", "0").strip() != "0"
        if self.command in ("GET", "HEAD") and announced:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "A GET or HEAD brings no content.")

    def _route(self) -> None:
        try:
            path = urlsplit(self.path).path
        except ValueError as error:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"The address cannot be read: {error}.") from None
        reads = self.command in ("GET", "HEAD")
        if path in _QUERY_PATHS and self.command in ("GET", "HEAD", "POST"):
            self._forward_query()
        elif path == "/update":
            self._check_writer()
            self._forward_update()
        elif path == "/store" and not reads:
            self._check_writer()
            self._forward(self.path, self._body(_UPDATE_BYTES), None)
        elif path == "/store" and reads:
            self._forward(self.path, None, None)
        elif path in _PAGES and reads:
            self._forward(path, None, self.server.gate.settings.timeout_s)
        else:
            raise _RefusedError(HTTPStatus.NOT_FOUND, "There are /query, /store, /update and a page at /.")

    def _check_writer(self) -> None:
        if not self.server.gate.settings.writable:
            raise _RefusedError(HTTPStatus.FORBIDDEN, "This server is read-only; `enishi serve --writable` is not.")
        if not self._is_known():
            raise _RefusedError(HTTPStatus.UNAUTHORIZED, "Writing asks for credentials.")

    def _is_known(self) -> bool:
        expected = self.server.gate.settings.credentials
        scheme, _, given = self.headers.get("authorization", "").partition(" ")
        if expected.token and scheme.lower() == "bearer":
            return hmac.compare_digest(given.strip().encode(), expected.token.encode())
        if expected.user and expected.password and scheme.lower() == "basic":
            pair = f"{expected.user}:{expected.password}".encode()
            return hmac.compare_digest(given.strip().encode(), base64.b64encode(pair))
        return False

    def _forward_query(self) -> None:
        """Send the query on as a form, with the graphs of its FROM clauses as parameters (SPARQL 1.1 Protocol, 2.1).

        The project's prefixes that it may use undeclared are declared before it, as ``GraphStore.query`` does.
        """
        parameters = self._parameters("query", _QUERY_BYTES)
        queries = [value for name, value in parameters if name == "query"]
        if len(queries) != 1:
            raise _RefusedError(
                HTTPStatus.BAD_REQUEST, "Give one query: ?query=…, a form, or application/sparql-query."
            )
        declarations = prefix_declarations(queries[0])
        sparql = declarations + queries[0]
        with _refusing():
            refuse_service(sparql)
        form = [("query", sparql)] + [pair for pair in parameters if pair[0] in _DATASET_PARAMETERS]
        if len(form) == 1:
            named = dataset_clause(sparql).protocol_parameters()
            form += [(name, iri) for name, iris in named.items() for iri in iris]
        self._forward(
            "/query",
            urlencode(form).encode(),
            self.server.gate.settings.timeout_s,
            "application/x-www-form-urlencoded",
            first_line_shift=len(declarations),
        )

    def _forward_update(self) -> None:
        """Send the update on as it was read here, so that the store reads no other (SPARQL 1.1 Protocol, 2.2)."""
        parameters = self._parameters("update", _UPDATE_BYTES)
        updates = [value for name, value in parameters if name == "update"]
        if self.command != "POST" or len(updates) != 1:
            raise _RefusedError(
                HTTPStatus.BAD_REQUEST, "Send one update by POST: a form, or application/sparql-update."
            )
        with _refusing():
            refuse_outside_calls(updates[0])
        dataset = urlencode([pair for pair in parameters if pair[0] in _UPDATE_DATASET_PARAMETERS])
        self._forward(f"/update?{dataset}", updates[0].encode(), None, "application/sparql-update")

    def _parameters(self, operation: str, limit: int) -> list[tuple[str, str]]:
        """The parameters of the address and the form; content of the operation's own type is one under its name.

        Raises _RefusedError for what is not in UTF-8.
        """
        body = self._body(limit)
        media_type = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        parameters = _pairs(urlsplit(self.path).query)
        if body is None:
            return parameters
        try:
            text = body.decode()
        except UnicodeDecodeError:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "The content is not in UTF-8.") from None
        if media_type == f"application/sparql-{operation}":
            parameters.append((operation, text))
        elif media_type == "application/x-www-form-urlencoded":
            parameters += _pairs(text)
        return parameters

    def _body(self, limit: int) -> bytes | None:
        if self.command in ("GET", "HEAD"):
            return None
        if "chunked" in self.headers.get("transfer-encoding", "").lower():
            raise _RefusedError(HTTPStatus.LENGTH_REQUIRED, "Send the length of the content.")
        try:
            length = int(self.headers.get("content-length", "0"))
        except ValueError:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, "The Content-Length is not a number.") from None
        if not 0 <= length <= limit:
            raise _RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"At most {limit} bytes are taken at a time.")
        body = self.rfile.read(length)
        if len(body) < length:
            raise _RefusedError(HTTPStatus.BAD_REQUEST, f"The content ends after {len(body)} of {length} bytes.")
        return body

    def _forward(
        self,
        target: str,
        body: bytes | None,
        timeout_s: float | None,
        media_type: str = "",
        *,
        first_line_shift: int = 0,
    ) -> None:
        """Send a request on and its answer back; complaints of a query name the place that it has without the shift."""
        method = "POST" if target == "/query" else self.command
        headers = {name: value for name in _SENT_ON if (value := self.headers.get(name))}
        if media_type:
            headers["content-type"] = media_type
        deadline = None if timeout_s is None else time.monotonic() + timeout_s + _GRACE_S
        with contextlib.closing(self._connect(timeout_s)) as connection:
            try:
                connection.request(method, target, body=body, headers=headers)
                response = connection.getresponse()
                if response.status == HTTPStatus.BAD_REQUEST and first_line_shift:
                    message = response.read(_MESSAGE_BYTES).decode("utf-8", "replace").rstrip()
                    raise _RefusedError(HTTPStatus.BAD_REQUEST, shifted_back(message, first_line_shift))
            except TimeoutError:
                self.server.gate.on_hang()
                raise _RefusedError(HTTPStatus.GATEWAY_TIMEOUT, f"Stopped after {timeout_s:g} s.") from None
            except (OSError, http.client.HTTPException) as error:
                raise _RefusedError(HTTPStatus.BAD_GATEWAY, f"The store broke off: {error}. Try again.") from None
            self._send_back(response, deadline)

    def _connect(self, timeout_s: float | None) -> http.client.HTTPConnection:
        """A connection to Oxigraph, which may be starting again."""
        host, port = self.server.gate.upstream
        patience = time.monotonic() + _RECONNECT_S
        while True:
            connection = http.client.HTTPConnection(host, port, timeout=timeout_s and timeout_s + _GRACE_S)
            try:
                connection.connect()
            except OSError:
                if time.monotonic() > patience:
                    raise _RefusedError(HTTPStatus.BAD_GATEWAY, "The store does not answer. Try again.") from None
                time.sleep(0.1)
            else:
                return connection

    def _send_back(self, response: http.client.HTTPResponse, deadline: float | None) -> None:
        self.send_response(response.status)
        for name in _SENT_BACK:
            value = response.headers.get(name)
            if value:
                self.send_header(name, value)
        self.send_header("x-content-type-options", "nosniff")
        length = response.headers.get("content-length")
        without_body = self.command == "HEAD" or response.status in (HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED)
        if length is not None or without_body:
            self.send_header("content-length", length or "0")
        else:
            self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        if without_body:
            return
        if not self._copy(response, deadline, chunked=length is None):
            self.close_connection = True

    def _copy(self, response: http.client.HTTPResponse, deadline: float | None, *, chunked: bool) -> bool:
        """Pass the content on; False where it was cut off, which the client sees from its missing end."""
        while True:
            try:
                content = response.read1(_CHUNK_BYTES)
            except TimeoutError:
                self.server.gate.on_hang()
                return False
            except (OSError, http.client.HTTPException):
                return False
            if not content:
                break
            if deadline is not None and time.monotonic() > deadline:
                return False
            self.wfile.write(b"%x\r\n%b\r\n" % (len(content), content) if chunked else content)
        if chunked:
            self.wfile.write(b"0\r\n\r\n")
        return True

    def _say(self, status: HTTPStatus, message: str) -> None:
        content = (message + "\n").encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(content)))
        if status == HTTPStatus.UNAUTHORIZED:
            self.send_header("www-authenticate", "Bearer" if self.server.gate.settings.credentials.token else "Basic")
        self.send_header("connection", "close")  # what was sent may not have been read to its end
        self.end_headers()
        self.close_connection = True
        if self.command != "HEAD":
            self.wfile.write(content)
