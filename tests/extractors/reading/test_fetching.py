import dataclasses
import datetime
import gzip
import ipaddress
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from extractors.reading import ReadFailure, ReadSettings, read_sources
from extractors.reading import addresses as addresses_module
from extractors.reading.addresses import is_public
from extractors.reading.failures import UnreadableError
from extractors.reading.fetching import fetch, undo_content_encoding
from extractors.records import Document

TEXT = "青葉電機は港南商事を提訴した。"
LOCAL = ReadSettings(allow_private_addresses=True, url_timeout_s=5, max_bytes=1_000_000)
PAGES: dict[str, tuple[dict[str, str], bytes]] = {
    "/plain": ({"Content-Type": "text/plain; charset=Shift_JIS"}, TEXT.encode("cp932")),
    "/mislabelled.html": ({"Content-Type": "text/html; charset=utf-8"}, f"<p>{TEXT}</p>".encode("euc_jp")),
    "/untyped.md": ({"Content-Type": "application/octet-stream"}, f"# 題\n\n{TEXT}".encode()),
    "/feed": (
        {"Content-Type": "text/xml"},
        f"<rss><channel><item><title>{TEXT}</title></item></channel></rss>".encode(),
    ),
    "/news/links.rss": (
        {"Content-Type": "application/rss+xml"},
        "<rss version='2.0'><channel><item><title>青葉</title><link>1.html</link><guid>a</guid></item>"
        "<item><title>青葉</title><guid>b</guid></item></channel></rss>".encode(),
    ),
    "/lines": ({"Content-Type": "application/x-ndjson"}, b'{"id": 1, "text": "\xe3\x81\x82"}\n' * 1),
    "/gzip": ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, gzip.compress(TEXT.encode())),
    "/deflate": ({"Content-Type": "text/plain", "Content-Encoding": "deflate"}, zlib.compress(TEXT.encode())),
    "/bomb": ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, gzip.compress(bytes(100_000_000), 9)),
    "/twice": ({"Content-Encoding": "gzip, gzip"}, gzip.compress(gzip.compress(bytes(100_000_000)))),
    "/brotli": ({"Content-Type": "text/plain", "Content-Encoding": "br"}, b"\x0b\x02\x80"),
    "/torn": ({"Content-Type": "text/plain", "Content-Encoding": "gzip"}, gzip.compress(TEXT.encode())[:-12]),
    "/large": ({"Content-Type": "text/plain"}, b"a" * 1_000_001),
    "/pdf": ({"Content-Type": "application/pdf"}, b"%PDF-1.4"),
    "/json": ({"Content-Type": "application/json"}, b"[]"),
}


class Site(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        if self.path in PAGES:
            headers, body = PAGES[self.path]
            self.answer(200, {**headers, "Content-Length": str(len(body))}, body)
        elif self.path.startswith("/to/"):
            self.answer(302, {"Location": self.path.removeprefix("/to/"), "Content-Length": "0"})
        elif self.path == "/loop":
            self.answer(301, {"Location": "/loop", "Content-Length": "0"})
        elif self.path == "/drip":
            self.answer(200, {"Content-Type": "text/plain"})
            self.drip(b"a", 200)
        elif self.path == "/drip-headers":
            self.drip(b"H", 200)
        elif self.path == "/endless":
            self.answer(200, {"Content-Type": "text/plain", "Connection": "close"})
            self.drip(b"a" * 100_000, 200, 0)
        else:
            self.answer(503 if self.path == "/busy" else 404, {"Content-Length": "0"})

    def answer(self, status: int, headers: dict[str, str], body: bytes = b"") -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def drip(self, piece: bytes, times: int, pause_s: float = 0.05) -> None:
        self.close_connection = True
        try:
            for _ in range(times):
                self.wfile.write(piece)
                time.sleep(pause_s)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def read(url: str, settings: ReadSettings = LOCAL) -> Document | ReadFailure:
    [item] = read_sources([url], settings=settings)
    return item


def test_feed_of_a_url_has_relative_links_made_absolute_and_invents_none(site: str) -> None:
    feed = f"{site}/news/links.rss"
    sources = [item.source for item in read_sources([feed], settings=LOCAL)]
    assert sources == [f"{site}/news/1.html", f"{feed}#b"]


def failure_of(url: str, settings: ReadSettings = LOCAL) -> ReadFailure:
    item = read(url, settings)
    assert isinstance(item, ReadFailure)
    assert item.remedy
    return item


@pytest.mark.parametrize("path", ["/plain", "/mislabelled.html", "/gzip", "/deflate", "/to//plain", "/to//to//plain"])
def test_url_gives_a_document_named_by_the_url_as_given(site: str, path: str) -> None:
    document = read(site + path)
    assert isinstance(document, Document)
    assert (document.id, document.text) == (site + path, TEXT)


@pytest.mark.parametrize(
    ("path", "media_type"),
    [("/untyped.md", "text/markdown"), ("/feed", "application/feed+xml"), ("/lines", "application/jsonl")],
)
def test_url_content_is_typed_by_header_suffix_or_beginning(site: str, path: str, media_type: str) -> None:
    document = read(site + path)
    assert isinstance(document, Document)
    assert document.media_type == media_type


@pytest.mark.parametrize(
    ("path", "reason", "transient"),
    [
        ("/none", "404", False),
        ("/busy", "503", True),
        ("/loop", "redirects more than 5 times", False),
        ("/to/ftp://127.0.0.1/x", "redirects to ftp", False),
        ("/to/file:///etc/hosts", "redirects to file", False),
        ("/bomb", "larger than", False),
        ("/twice", "larger than", False),
        ("/large", "larger than", False),
        ("/endless", "larger than", False),
        ("/brotli", "compresses it as br", False),
        ("/torn", "ends too early", True),
        ("/pdf", "not text", False),
        ("/json", "data or programs", False),
    ],
)
def test_url_that_breaks_a_limit_is_reported(site: str, path: str, reason: str, transient: bool) -> None:
    failure = failure_of(site + path)
    assert reason in failure.reason
    assert failure.transient is transient
    assert failure.source == site + path


@pytest.mark.parametrize("path", ["/drip", "/drip-headers"])
def test_url_that_drips_is_given_up_when_its_time_is_up(site: str, path: str) -> None:
    started = time.monotonic()
    failure = failure_of(site + path, ReadSettings(allow_private_addresses=True, url_timeout_s=0.5))
    assert "takes over 0.5 s" in failure.reason and failure.transient
    assert time.monotonic() - started < 3


def test_url_of_a_silent_or_absent_server_is_reported() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        url = f"http://127.0.0.1:{port}/"
        assert failure_of(url, ReadSettings(allow_private_addresses=True, url_timeout_s=0.3)).transient
    assert "cannot be fetched" in failure_of(url).reason


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "0.0.0.0", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"]
)
def test_url_to_a_loopback_address_is_refused_in_every_notation(site: str, host: str) -> None:
    url = site.replace("127.0.0.1", host) + "/plain"
    assert "no public address" in failure_of(url, ReadSettings(url_timeout_s=3)).reason


def test_url_that_redirects_to_a_private_address_is_refused(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.rpartition(":")[2])
    # The first host counts as public; where it redirects to does not.
    real = addresses_module.is_public
    monkeypatch.setattr(addresses_module, "is_public", lambda address: str(address) == "127.0.0.1" or real(address))
    failure = failure_of(f"{site}/to/http://127.0.0.2:{port}/plain", ReadSettings(url_timeout_s=3))
    assert "127.0.0.2, which is no public address" in failure.reason


def test_fetch_connects_to_the_address_it_checked(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    port = int(site.rpartition(":")[2])
    answers = iter(["127.0.0.1", "127.0.0.9"])
    asked = []

    def rebinding(host: str, *_: object, **__: object) -> list[tuple[object, ...]]:
        if host == "127.0.0.1":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (next(answers), port))]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    assert fetch(f"http://rebind.example:{port}/plain", LOCAL).data == TEXT.encode("cp932")
    assert asked == ["rebind.example"]


def test_fetch_reaches_a_second_address_where_the_first_swallows_what_is_sent(
    site: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = int(site.rpartition(":")[2])
    real = socket.getaddrinfo

    def two_addresses(host: str, *rest: Any, **more: Any) -> list[Any]:
        hosts = ("127.0.0.2", "127.0.0.1") if host == "two.example" else (host,)
        return [entry for each in hosts for entry in real(each, *rest, **more)]

    monkeypatch.setattr(socket, "getaddrinfo", two_addresses)
    # One connection fills the queue of this server, and the system answers no other until that one is accepted.
    with (
        socket.create_server(("127.0.0.2", port), backlog=0) as full,
        socket.create_connection(full.getsockname()),
    ):
        with pytest.raises(TimeoutError):
            socket.create_connection(full.getsockname(), timeout=0.2)
        patient = dataclasses.replace(LOCAL, url_timeout_s=20)
        assert fetch(f"http://two.example:{port}/plain", patient).data == TEXT.encode("cp932")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700:4700::1111", True),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("192.0.2.1", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fe80::1", False),
        ("fd00::1", False),
        ("ff02::1", False),
        ("::", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::a00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:a00:1::", False),
    ],
)
def test_is_public_looks_through_ipv6_at_the_ipv4_inside(address: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(address)) is public


@pytest.mark.parametrize("bare", [False, True])
def test_undo_content_encoding_takes_both_kinds_of_deflate(bare: bool) -> None:
    compressor = zlib.compressobj(wbits=-15 if bare else 15)
    data = compressor.compress(TEXT.encode()) + compressor.flush()
    assert undo_content_encoding(data, "identity, Deflate", 1000).decode() == TEXT


@pytest.mark.parametrize("data", [b"", b"x", b"\x1f\x8b\x08\x00broken"])
def test_undo_content_encoding_reports_broken_data(data: bytes) -> None:
    with pytest.raises(UnreadableError):
        undo_content_encoding(data, "gzip", 1000)


def certificate_for(name: str, folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.sign(key, hashes.SHA256())
    path = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    return path


def test_fetch_verifies_the_name_of_the_site_and_not_of_its_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = certificate_for("site.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *kinds, **more: real("127.0.0.1", port, *kinds, **more)
    )
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        assert fetch(f"https://site.example:{server.server_port}/plain", LOCAL).data == TEXT.encode("cp932")
        assert "CERTIFICATE_VERIFY_FAILED" in failure_of(f"https://other.example:{server.server_port}/plain").reason
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
