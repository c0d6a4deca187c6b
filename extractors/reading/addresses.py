"""Which network addresses a URL may lead to."""

from __future__ import annotations

import ipaddress
import queue
import socket
import threading

from extractors.reading.failures import UnreadableError

NAT64 = ipaddress.ip_network("64:ff9b::/96")
IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address


def is_public(address: IPAddress) -> bool:
    """Whether ``address`` is on the public internet, IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64)
    looked through.
    """
    if isinstance(address, ipaddress.IPv6Address):
        embedded = [address.ipv4_mapped, address.sixtofour, *(address.teredo or ())]
        if address in NAT64:
            embedded.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
        inner = [v4 for v4 in embedded if v4 is not None]
        if inner:
            return all(is_public(v4) for v4 in inner)
    return address.is_global and not address.is_multicast and not address.is_reserved


def resolve(host: str, port: int, *, timeout_s: float, allow_private: bool) -> list[str]:
    """The addresses of ``host``, all of them checked.

    Raises:
        UnreadableError: it has none, resolving takes too long, or one is not public and ``allow_private`` is off.
    """
    answer: queue.SimpleQueue[list[str] | OSError | UnicodeError] = queue.SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answer.put([str(entry[4][0]) for entry in found])
        except (OSError, UnicodeError) as error:
            answer.put(error)

    # getaddrinfo takes no time limit; a thread that outlives ours harms nobody.
    threading.Thread(target=look_up, daemon=True, name=f"resolve {host}").start()
    try:
        addresses = answer.get(timeout=max(timeout_s, 0.001))
    except queue.Empty:
        raise UnreadableError(f"resolving {host} takes too long", "try again later", transient=True) from None
    if isinstance(addresses, Exception):
        raise UnreadableError(
            f"the host {host} is not found ({addresses})", "check the URL and the network", transient=True
        )
    if not allow_private:
        refuse_private(host, addresses)
    return list(dict.fromkeys(addresses))


def refuse_private(host: str, addresses: list[str]) -> None:
    """Check every address.

    Raises:
        UnreadableError: one of them is not public.
    """
    for address in addresses:
        if not is_public(ipaddress.ip_address(address.partition("%")[0])):
            raise UnreadableError(
                f"the host {host} is at {address}, which is no public address",
                "allow private addresses in the settings if you trust it, or name a file",
            )
