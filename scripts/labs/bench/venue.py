"""The load server, as a process that the bench commands."""

import contextlib
import queue
import socket
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

import msgspec

from labs.bench.processes import Child, Failed
from labs.bench.words import Listening, Order, Report, Streams

PATH = "/socket.io/?EIO=4&transport=websocket"
SESSION = '42["auth",{"session":"benchmarksession","isDemo":1,"uid":1,"platform":2}]'

R = TypeVar("R", bound=Report)


class BenchVenue:
    """One load server, for as long as the context lasts."""

    def __init__(self) -> None:
        self._reports: queue.SimpleQueue[Report | None] = queue.SimpleQueue()
        self._streams = 0
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self._child = Child("labs.bench.load_server", str(listener.getsockname()[1]))
            listener.settimeout(30.0)
            self._control, _ = listener.accept()
        threading.Thread(target=self._read, daemon=True).start()
        listening = self.hear(Listening, 10.0)
        self.url = f"ws://127.0.0.1:{listening.plain}{PATH}"
        self.tls_url = f"wss://127.0.0.1:{listening.tls}{PATH}"
        self._folder = tempfile.TemporaryDirectory(prefix="tellwire-bench-venue-")
        self.authority = Path(self._folder.name) / "authority.pem"
        """The certificate authority of ``tls_url``."""
        self.authority.write_text(listening.authority, encoding="ascii")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_RDWR)
        self._control.close()
        self._child.__exit__(None, None, None)
        self._folder.cleanup()

    def tell(self, order: Order) -> None:
        try:
            self._control.sendall(msgspec.json.encode(order) + b"\n")
        except OSError:
            raise self._ended() from None

    def hear(self, kind: type[R], timeout: float) -> R:
        """The next report of this kind; others before it are dropped."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                report = self._reports.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise Failed(f"the load server has not said {kind.__name__} within {timeout:g} s") from None
            if report is None:
                raise self._ended()
            if isinstance(report, Streams):
                self._streams = report.count
            if isinstance(report, kind):
                return report

    def _ended(self) -> Failed:
        return Failed(f"the load server has ended: {self._child.last_words}")

    def wait_for_streams(self, count: int, timeout: float) -> None:
        """Wait until exactly ``count`` streams are subscribed."""
        deadline = time.monotonic() + timeout
        while self._streams != count:
            self.hear(Streams, max(0.0, deadline - time.monotonic()))

    def _read(self) -> None:
        decoder = msgspec.json.Decoder(Report)
        with contextlib.suppress(OSError), self._control.makefile("rb") as lines:
            for line in lines:
                self._reports.put(decoder.decode(line))
        self._reports.put(None)
