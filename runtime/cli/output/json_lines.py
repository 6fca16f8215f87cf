"""JSON for programs: one line with one object for each event, then a ``Summary``."""

import threading
from typing import Any, Final

import msgspec

from actors.engine.router_ref import RouterRef
from actors.messages.events import AssetsListed
from actors.values import Tick
from runtime.cli.output.counters import Summary
from runtime.cli.output.stdout import OnWriteFailed, write_whole
from runtime.logs import Line, Write

_WRITING: Final = threading.Lock()


class _TickLine(msgspec.Struct, tag="Tick", tag_field="event", gc=False):
    """A ``Tick`` with the names of its fields: on links it is an array."""

    asset: str
    time: float
    price: float
    received_at: float


class JsonLines:
    """Writes each batch at once to ``file``, a descriptor, until a write fails.

    Of the asset table, a hundred kilobytes at every login, only the size is written.
    """

    interval = threading.TIMEOUT_MAX

    def __init__(
        self, file: int, write_log: Write, on_write_failed: OnWriteFailed, account: str = ""
    ) -> None:
        """``account`` is named in each line, where there are several."""
        self._account = {"account": account} if account else {}
        self._file = file
        self._write_log = write_log
        self._on_write_failed = on_write_failed
        self._broken = False
        self._encoder = msgspec.json.Encoder()

    def write_log(self, line: Line) -> None:
        self._write_log(line)

    def open(self, router: RouterRef) -> None:
        """Nothing to do: everything comes as events."""

    def show(self, events: list[Any]) -> None:
        self._write([self._row(event) for event in events])

    def refresh(self) -> None:
        """Nothing to do: everything comes as events."""

    def close(self) -> None:
        """Nothing to do: the last events follow."""

    def restore(self) -> None:
        """Nothing to do: nothing was taken of the terminal."""

    def summarise(self, summary: Summary) -> None:
        own = self._account
        self._write([{"event": "Summary", **own, **msgspec.structs.asdict(summary)} if own else summary])

    def _write(self, rows: list[Any]) -> None:
        if self._broken:
            return
        try:
            with _WRITING:  # several accounts write to one output
                write_whole(self._file, self._encoder.encode_lines(rows))
        except OSError as error:
            self._broken = True
            self._on_write_failed(error)

    def _row(self, event: Any) -> Any:
        if type(event) is Tick:
            line = _TickLine(event.asset, event.time, event.price, event.received_at)
            if not self._account:
                return line
            return {"event": "Tick", **self._account, **msgspec.structs.asdict(line)}
        name = {"event": type(event).__name__, **self._account}
        if isinstance(event, AssetsListed):
            return name | {"count": len(event.assets)}
        return name | msgspec.structs.asdict(event)
