"""The store for others: Oxigraph's own server on this machine, behind a gate that is read-only unless told otherwise.

The folder stays locked while it is served. Programs of this project that are pointed at the folder find the server's
private endpoint in the owner file and go through it, so ingests run while people read, and readers see every change
at once. That endpoint asks for no credentials: it has a random address on loopback, which no web page can guess, and
other users cannot read the file. They can see the address in the system's lists of sockets and processes, though.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Self

from store import ownership
from store.embedded import acquire_whole, check_folder, using_folder
from store.errors import StoreAccessError, StoreError, StoreLocationError, StoreLockedError
from store.gate import Gate, GateSettings

_LOOPBACK = "127.0.0.1"
_START_S = 60.0
_STOP_S = 15.0
_POLL_S = 0.5
RESTARTS_A_MINUTE = 5
_Handler = Callable[[int, FrameType | None], Any] | int | signal.Handlers | None


class Server:
    """A store being served, until ``close()``."""

    def __init__(
        self,
        folder: Path,
        settings: GateSettings,
        *,
        wait_s: float = 0.0,
        restarts_a_minute: int = RESTARTS_A_MINUTE,
    ) -> None:
        """Take the folder, start Oxigraph on it and open the gate; ``run`` gives up after so many restarts a minute.

        From then on until ``close()`` SIGTERM ends ``run``; it is minded in the main thread alone.
        Raises StoreLockedError where the folder has another owner, StoreLocationError where it can hold no store,
        StoreAccessError where writers or other hosts could come in without credentials, and StoreError where the
        address is taken or Oxigraph does not start.
        """
        _check_settings(settings)
        check_folder(folder, read_only=False)
        self._folder = folder
        self._log = folder / ownership.SERVER_LOG_FILE
        self._settings = settings
        self._command = _oxigraph_command()
        self._private_host, self._private_port = _private_endpoint()
        self._hung = threading.Event()
        self._restart_limit = restarts_a_minute
        self._ended = threading.Event()
        self._closed = False
        self._ownership = acquire_whole(folder, wait_s=wait_s)
        self._former_mode = _restrict(self._ownership.descriptor, 0o600)
        self._process: subprocess.Popen[bytes] | None = None
        self._former_handler = _mind_sigterm(lambda *_: self._ended.set())
        try:
            self._start()
            self._gate = self._open_gate()
        except BaseException:
            self._stop()
            self._release()
            _mind_sigterm(self._former_handler)
            raise

    @property
    def address(self) -> str:
        """Where people and programs ask."""
        return self._gate.address

    @property
    def private_address(self) -> str:
        """Where Oxigraph itself answers, for this machine's own ingests."""
        return f"http://{self._private_host}:{self._private_port}/"

    @property
    def process_id(self) -> int | None:
        """Oxigraph's process."""
        return None if self._process is None else self._process.pid

    def run(self) -> None:
        """Serve until ``close()``, SIGTERM or KeyboardInterrupt; start Oxigraph again where it has died or hangs.

        Raises StoreError where Oxigraph does not stay up. Hangs, which end by this process's own hand, do not count.
        """
        restarts: list[float] = []
        while not self._ended.is_set():
            hung = self._hung.wait(timeout=_POLL_S)
            died = self._process is None or self._process.poll() is not None
            if self._ended.is_set() or not (hung or died):
                continue
            restarts = [moment for moment in restarts if moment > time.monotonic() - 60] + [time.monotonic()] * died
            if len(restarts) > self._restart_limit:
                raise StoreError(f"Oxigraph went down {len(restarts)} times in a minute.", f"See {self._log}.")
            former = self._process
            self._kill()
            self._hung.clear()  # whatever hung until now, hung in the process that is gone
            try:
                self._start()
            except StoreLocationError:
                if self._process is None or self._process is former or (self._process.returncode or 0) >= 0:
                    raise
                # Killed while it started: one death more, which the next round counts.

    def close(self) -> None:
        """Stop serving and give the folder free; safe to call twice."""
        if self._closed:
            return
        self._closed = True
        self._ended.set()
        self._gate.close()
        self._stop()
        self._release()
        _mind_sigterm(self._former_handler)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open_gate(self) -> Gate:
        try:
            return Gate(self._settings, (self._private_host, self._private_port), self._hung.set)
        except OSError as error:
            reason = f"{self._settings.host}:{self._settings.port} cannot be listened at: {error.strerror or error}."
            raise StoreError(reason, "Choose another address with --bind.") from error

    def _start(self) -> None:
        descriptor = self._ownership.descriptor
        options = ["--location", str(self._folder), "--bind", f"{self._private_host}:{self._private_port}"]
        options += ["--union-default-graph", "--timeout-s", str(max(1, round(self._settings.timeout_s)))]
        with using_folder(self._folder):
            log = self._log.open("ab")
        with log:
            _restrict(log.fileno(), 0o600)  # Oxigraph writes its address there
            self._process = subprocess.Popen(
                [*ending_with_its_parent(signal.SIGKILL), self._command, "serve", *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=() if descriptor is None else (descriptor,),  # it holds the lock as long as it lives
            )
        deadline = time.monotonic() + _START_S
        while not is_listening(self._private_port, self._private_host):
            if self._process.poll() is not None:
                raise _start_error(self._folder)
            if time.monotonic() > deadline:
                raise StoreError(f"Oxigraph did not start within {_START_S:g} s.", f"See {self._log}.")
            time.sleep(0.05)
        owner = ownership.this_process()
        self._ownership.record(
            ownership.with_endpoint(owner, process_id=self._process.pid, endpoint=self.private_address)
        )

    def _stop(self) -> None:
        if self._process is None:
            return
        self._process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_S)
        self._kill()

    def _release(self) -> None:
        _restrict(self._ownership.descriptor, self._former_mode)
        self._ownership.release()

    def _kill(self) -> None:
        """End Oxigraph at once: what it acknowledged is in its log, and a query that hangs answers to nothing else."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(_STOP_S)


def _mind_sigterm(handler: _Handler) -> _Handler:
    """Set the handler and give the former one; does nothing outside the main thread, which alone gets signals."""
    if threading.current_thread() is not threading.main_thread():
        return None
    return None if handler is None else signal.signal(signal.SIGTERM, handler)


def _check_settings(settings: GateSettings) -> None:
    has_credentials = settings.credentials.suffice
    remedy = "Set ENISHI_STORE_TOKEN, or ENISHI_STORE_USER and ENISHI_STORE_PASSWORD."
    if settings.writable and not has_credentials:
        raise StoreAccessError("A server that can be written to needs credentials.", remedy)
    if not settings.is_loopback and not has_credentials:
        raise StoreAccessError(f"A server at {settings.host} can be reached by others and needs credentials.", remedy)


def _start_error(folder: Path) -> StoreError:
    log = folder / ownership.SERVER_LOG_FILE
    last_line = log.read_text(encoding="utf-8", errors="replace").strip().rpartition("\n")[2][:300]
    if "/LOCK:" in last_line:
        return StoreLockedError(str(folder), ownership.describe_database_holder(folder))
    return StoreLocationError(f"Oxigraph cannot serve {folder}: {last_line}", f"See {log}.")


def _oxigraph_command() -> str:
    beside = Path(sys.executable).with_name("oxigraph")
    command = str(beside) if beside.exists() else shutil.which("oxigraph")
    if command is None:
        raise StoreError("The command `oxigraph` is missing.", "Install the package `oxigraph` beside Enishi.")
    return command


def ending_with_its_parent(signal_number: signal.Signals) -> list[str]:
    """What to put before a command that must not outlive the thread that starts it, not even where that is killed.

    The signal is what it gets then. Nothing where the system has no ``setpriv`` (of Linux).
    """
    setpriv = shutil.which("setpriv")
    return [] if setpriv is None else [setpriv, "--pdeathsig", signal_number.name.removeprefix("SIG")]


def free_port(host: str = _LOOPBACK) -> int:
    """A port that nobody listens on now, of an address of this machine. Raises OSError where it has no such address."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        return int(probe.getsockname()[1])


def _private_endpoint() -> tuple[str, int]:
    """A random address of the 16 million on loopback, and a port there; 127.0.0.1 where the system has no other."""
    host = f"127.{secrets.randbelow(256)}.{secrets.randbelow(256)}.{1 + secrets.randbelow(254)}"
    try:
        return host, free_port(host)
    except OSError:
        return _LOOPBACK, free_port()


def _restrict(descriptor: int | None, mode: int) -> int:
    """Set who may open the file and give the former mode; a file of another user stays as it is."""
    if descriptor is None:
        return mode
    former_mode = stat.S_IMODE(os.fstat(descriptor).st_mode)
    with contextlib.suppress(OSError):
        os.fchmod(descriptor, mode)
    return former_mode


def is_listening(port: int, host: str = _LOOPBACK) -> bool:
    """Whether something takes a connection at the port within a second."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((host, port)) == 0
