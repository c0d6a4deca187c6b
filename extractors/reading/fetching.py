"""Fetching a page over HTTP: bounded in time, size, redirects and in whom it talks to.

The transport connects to the very address that was checked, so a name that resolves differently the second time (DNS
rebinding) gains nothing. TLS still verifies the name. Proxies of the environment are not used: a proxy would resolve
the name again, out of our sight.
"""

from __future__ import annotations

import ssl
import time
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message

import httpcore
import httpx

from extractors.reading.addresses import resolve
from extractors.reading.contents import broken_gzip, too_large
from extractors.reading.failures import UnreadableError
from extractors.reading.settings import MIB, ReadSettings

REDIRECTS = frozenset({301, 302, 303, 307, 308})
TRANSIENT = frozenset({408, 425, 429, 500, 502, 503, 504})
ATTEMPT_S = 5.0
"""How long one address of a host may take to answer while others are left to try."""
SOCKET_OPTION = tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]


@dataclass(frozen=True, slots=True)
class Page:
    """What a server sent: its bytes with HTTP's compression undone, and what its headers say of them."""

    data: bytes
    path: str
    """The path of the URL that answered, to take a suffix from."""
    content_type: str | None
    charset: str | None


def fetch(url: str, settings: ReadSettings) -> Page:
    """The page at ``url``, redirects followed and each of them checked.

    Raises:
        UnreadableError: the address is not allowed, a limit is exceeded, or the server does not answer with the page.
    """
    deadline = time.monotonic() + settings.url_timeout_s
    headers = {"User-Agent": settings.user_agent, "Accept-Encoding": "gzip, deflate", "Accept": "text/*, */*;q=0.5"}
    transport = PinnedTransport(settings, deadline)
    try:
        with httpx.Client(transport=transport, headers=headers, trust_env=False, timeout=None) as client:  # noqa: S113
            request = client.build_request("GET", url)
            for _ in range(settings.max_redirects + 1):
                response = client.send(request, stream=True)
                try:
                    if response.status_code not in REDIRECTS or response.next_request is None:
                        return _page(response, settings, deadline)
                    request = response.next_request
                finally:
                    response.close()
                if request.url.scheme not in ("http", "https"):
                    raise UnreadableError(f"it redirects to {request.url.scheme}", "name the page's final URL")
    except httpx.TimeoutException as error:
        raise _too_slow(settings) from error
    except (httpx.HTTPError, httpx.InvalidURL, httpcore.UnsupportedProtocol, ssl.SSLError) as error:
        raise UnreadableError(
            f"it cannot be fetched ({error})", "check the URL and the network", transient=True
        ) from error
    raise UnreadableError(f"it redirects more than {settings.max_redirects} times", "name the page's final URL")


def undo_content_encoding(data: bytes, encoding: str, max_bytes: int) -> bytes:
    """``data`` with HTTP's ``Content-Encoding`` undone, no byte beyond the limit ever unfolded.

    Raises:
        UnreadableError: it would be more than ``max_bytes``, it is broken, or in a coding we did not ask for.
    """
    for coding in reversed([name.strip().lower() for name in encoding.split(",") if name.strip()]):
        if coding == "identity":
            continue
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise UnreadableError(f"the server compresses it as {coding}, unasked", "download it and name the file")
        # RFC 9110 8.4.1.2: "deflate" is the zlib format, but some servers send it bare.
        bare = coding == "deflate" and not (
            len(data) > 1 and data[0] & 15 == 8 and int.from_bytes(data[:2], "big") % 31 == 0
        )
        decompressor = zlib.decompressobj(-15 if bare else 47)
        try:
            unfolded = decompressor.decompress(data, max_bytes + 1)
        except zlib.error as error:
            raise broken_gzip(error) from error
        if len(unfolded) > max_bytes:
            raise too_large(max_bytes)
        if not decompressor.eof:
            raise UnreadableError("its compressed content ends too early", "try again later", transient=True)
        data = unfolded
    return data


def _page(response: httpx.Response, settings: ReadSettings, deadline: float) -> Page:
    if response.status_code != 200:
        remedy = "try again later" if response.status_code in TRANSIENT else "check the URL and what it asks for"
        reason = f"the server answers {response.status_code} {response.reason_phrase}".rstrip()
        raise UnreadableError(reason, remedy, transient=response.status_code in TRANSIENT)
    length = response.headers.get("Content-Length", "")
    if length.isdecimal() and int(length[:20]) > settings.max_bytes:
        raise too_large(settings.max_bytes)
    pieces, size = [], 0
    for piece in response.iter_raw(MIB):
        pieces.append(piece)
        size += len(piece)
        if size > settings.max_bytes:
            raise too_large(settings.max_bytes)
        if time.monotonic() > deadline:
            raise _too_slow(settings)
    data = undo_content_encoding(b"".join(pieces), response.headers.get("Content-Encoding", ""), settings.max_bytes)
    stated = Message()
    stated["Content-Type"] = response.headers.get("Content-Type", "")
    content_type = stated.get_content_type() if "Content-Type" in response.headers else None
    return Page(data, response.url.path, content_type, stated.get_content_charset())


def _too_slow(settings: ReadSettings) -> UnreadableError:
    return UnreadableError(f"it takes over {settings.url_timeout_s:g} s", "try again later", transient=True)


class PinnedTransport(httpx.BaseTransport):
    """httpx's way to httpcore, over connections that keep the deadline and go to checked addresses."""

    def __init__(self, settings: ReadSettings, deadline: float) -> None:
        backend = CheckedNetwork(settings, deadline)
        self._pool = httpcore.ConnectionPool(ssl_context=ssl.create_default_context(), network_backend=backend)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send ``request``, errors translated to those of httpx."""
        target = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        try:
            response = self._pool.handle_request(httpcore.Request(request.method, target, headers=request.headers.raw))
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error), request=request) from error
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__, request=request) from error
        assert isinstance(response.stream, Iterable)
        return httpx.Response(
            response.status, headers=response.headers, stream=PinnedStream(response), extensions=response.extensions
        )

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()


class PinnedStream(httpx.SyncByteStream):
    """The body of a response of httpcore, for httpx."""

    def __init__(self, response: httpcore.Response) -> None:
        self._response = response

    def __iter__(self) -> Iterator[bytes]:
        try:
            yield from self._response.iter_stream()
        except httpcore.TimeoutException as error:
            raise httpx.ReadTimeout(str(error)) from error
        except (httpcore.NetworkError, httpcore.ProtocolError) as error:
            raise httpx.TransportError(str(error) or type(error).__name__) from error

    def close(self) -> None:
        """Give the connection back."""
        self._response.close()


class CheckedNetwork(httpcore.NetworkBackend):
    """Connects to addresses that were resolved and checked here, and to no others; waits to the deadline at most."""

    def __init__(self, settings: ReadSettings, deadline: float) -> None:
        self._settings, self._deadline = settings, deadline
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first of ``host``'s addresses that answers; one that does not leaves the others their time."""
        allow = self._settings.allow_private_addresses
        problem: httpcore.NetworkError | httpcore.TimeoutException | None = None
        addresses = resolve(host, port, timeout_s=remaining_s(self._deadline), allow_private=allow)
        for untried, address in zip(range(len(addresses), 0, -1), addresses, strict=True):
            left_s = remaining_s(self._deadline)
            attempt_s = left_s if untried == 1 else min(left_s / untried, ATTEMPT_S)
            try:
                stream = self._network.connect_tcp(address, port, attempt_s, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                problem = error
            else:
                return BoundedStream(stream, self._deadline)
        raise problem or httpcore.ConnectError(f"{host} has no address")


class BoundedStream(httpcore.NetworkStream):
    """A connection on which no call waits past the deadline, however slowly the other side drips."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """At most ``max_bytes`` of what has come."""
        return self._stream.read(max_bytes, remaining_s(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send ``buffer``."""
        self._stream.write(buffer, remaining_s(self._deadline))

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """Go on over TLS, the certificate verified against the name."""
        left = remaining_s(self._deadline)
        return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> object:
        """What httpcore asks about the socket."""
        return self._stream.get_extra_info(info)

    def close(self) -> None:
        """Close the socket."""
        self._stream.close()


def remaining_s(deadline: float) -> float:
    """The seconds left to ``deadline``.

    Raises:
        httpcore.ReadTimeout: none are.
    """
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the time is up")
    return left
