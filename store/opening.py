"""One way to a store, whatever holds it: a folder, or the address of an endpoint."""

from __future__ import annotations

from pathlib import Path

from store import ownership
from store.embedded import EmbeddedStore
from store.errors import StoreLockedError
from store.graph_store import GraphStore


def open_store(location: str | Path, *, read_only: bool = False, wait_s: float = 0.0) -> GraphStore:
    """The store at a folder or at an http(s) address.

    A folder that a server of ours holds is reached through that server. Otherwise waits up to ``wait_s`` seconds for
    its owner to end and then raises StoreLockedError. With ``read_only`` a folder is shared with other readers, and
    every write is refused. Raises StoreLocationError where there is no store to read or the folder can hold none, and
    StoreAccessError for an address with credentials in it.
    """
    if is_endpoint(location):
        return _open_endpoint(str(location), read_only=read_only)
    folder = Path(location)
    endpoint = ownership.serving_endpoint(folder)
    if endpoint is not None:
        return _open_endpoint(endpoint, read_only=read_only)
    try:
        return EmbeddedStore(folder, read_only=read_only, wait_s=wait_s)
    except StoreLockedError:
        endpoint = ownership.serving_endpoint(folder)
        if endpoint is None:
            raise
        return _open_endpoint(endpoint, read_only=read_only)


def is_endpoint(location: str | Path) -> bool:
    """Whether the location is an address and not a folder."""
    return isinstance(location, str) and location.lower().startswith(("http://", "https://"))


def _open_endpoint(location: str, *, read_only: bool) -> GraphStore:
    from store.endpoint_store import EndpointStore  # here, for httpx takes 0.1 s to import

    return EndpointStore(location, read_only=read_only)
