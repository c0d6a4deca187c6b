"""Where an endpoint answers queries, updates and whole graphs, and with which credentials."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from store.errors import StoreAccessError, StoreLocationError

_VARIABLES = "ENISHI_STORE_USER and ENISHI_STORE_PASSWORD, or ENISHI_STORE_TOKEN"
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of SPARQL 1.1 Query and Update, and of the Graph Store Protocol where the server has it.

    A query address may carry parameters of its own, such as a server's switch for the union of graphs.
    """

    query: str
    update: str
    graph_store: str | None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What is sent in the Authorization header; nothing where all is None. Never shown."""

    user: str | None = None
    password: str | None = None
    token: str | None = None

    @property
    def suffice(self) -> bool:
        """Whether a server that asks for them keeps others out: a token, or a user with a password."""
        return bool(self.token or (self.user and self.password))

    def __repr__(self) -> str:
        return "Credentials(…)"


def find_endpoints(location: str, environment: Mapping[str, str] | None = None) -> Endpoints:
    """The endpoints of a server: ``query``, ``update`` and ``store`` under its address, as Oxigraph has them.

    ENISHI_STORE_QUERY, ENISHI_STORE_UPDATE and ENISHI_STORE_GRAPHS name other paths (relative to the address) or
    addresses; an empty ENISHI_STORE_GRAPHS says that the server has no Graph Store Protocol. Raises StoreAccessError
    where the address holds credentials, which would end up in logs, and StoreLocationError where it is no address.
    """
    variables = os.environ if environment is None else environment
    parts = urlsplit(location)
    if parts.username or parts.password:
        raise StoreAccessError("The store's address holds credentials, which logs would show.", f"Set {_VARIABLES}.")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise StoreLocationError(f"{location} is not the address of an endpoint.", "Give http(s)://host:port/.")
    graph_store = _address(location, variables.get("ENISHI_STORE_GRAPHS", "store"))
    return Endpoints(
        query=_address(location, variables.get("ENISHI_STORE_QUERY", "query")) or location,
        update=_address(location, variables.get("ENISHI_STORE_UPDATE", "update")) or location,
        graph_store=graph_store,
    )


def find_credentials(environment: Mapping[str, str] | None = None) -> Credentials:
    """The credentials from ENISHI_STORE_TOKEN (bearer, RFC 6750) or ENISHI_STORE_USER and _PASSWORD (basic).

    Raises StoreAccessError for a token with characters that no bearer token has.
    """
    variables = os.environ if environment is None else environment
    token = variables.get("ENISHI_STORE_TOKEN") or None
    user = variables.get("ENISHI_STORE_USER") or None
    if token is not None and not _BEARER_TOKEN.fullmatch(token):
        raise StoreAccessError(
            "ENISHI_STORE_TOKEN holds a character that no bearer token has.", "Use letters, digits and -._~+/=."
        )
    return Credentials(user=user, password=variables.get("ENISHI_STORE_PASSWORD", "") if user else None, token=token)


def is_loopback(location: str) -> bool:
    """Whether the address is this machine's own."""
    host = urlsplit(location).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def _address(location: str, path: str) -> str | None:
    if not path:
        return None
    if path.startswith(("http://", "https://")):
        return path
    parts = urlsplit(location)
    joined = path if path.startswith("/") else f"{parts.path.rstrip('/')}/{path}"
    joined, _, query = joined.partition("?")
    return urlunsplit((parts.scheme, parts.netloc, joined, query or parts.query, ""))
