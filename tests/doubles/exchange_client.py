"""A bare client of the practice exchange: it shows the very frames and follows the venue's pairing rule."""

import json
from types import TracebackType
from typing import Any, Self

import websocket

DEADLINE = 5.0
CLOSED = "closed"


class Client:
    """Reads with a deadline; answers Engine.IO pings unless ``mute`` is set."""

    def __init__(self, url: str) -> None:
        self.socket = websocket.create_connection(url, timeout=DEADLINE)
        self.mute = False
        self.pings = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.socket.close(timeout=0)
        self.socket.shutdown()  # type: ignore[no-untyped-call]  # close() leaves a socket that has seen a close frame open

    def connect(self) -> Self:
        """Read OPEN, ask for the namespace and read that it was granted."""
        assert str(self.frame()).startswith("0{")
        self.socket.send("40")
        assert str(self.frame()).startswith("40{")
        return self

    def login(self, session: str) -> Self:
        """Authenticate and read all that the venue pushes then."""
        self.connect().socket.send(session)
        self.until("updateCharts")
        return self

    def emit(self, name: str, *payload: object) -> None:
        self.socket.send("42" + json.dumps([name, *payload]))

    def frame(self) -> str | bytes:
        """The next message; ``CLOSED`` for a close frame."""
        while True:
            opcode, data = self.socket.recv_data()
            if opcode == websocket.ABNF.OPCODE_CLOSE:
                return CLOSED
            if opcode == websocket.ABNF.OPCODE_BINARY:
                return bytes(data)
            if data != b"2":
                return str(data, "utf-8")
            self.pings += 1
            if not self.mute:
                self.socket.send("3")

    def event(self) -> tuple[str, Any]:
        """The next event; its payload must be the very next message."""
        header = self.frame()
        assert isinstance(header, str)
        assert header.startswith("451-"), header
        name, placeholder = json.loads(header[4:])
        assert placeholder == {"_placeholder": True, "num": 0}
        payload = self.frame()
        assert isinstance(payload, bytes)
        return name, json.loads(payload)

    def until(self, name: str) -> Any:
        """The payload of the next event of this name, whatever comes before."""
        while True:
            found, payload = self.event()
            if found == name:
                return payload

    def ticks(self, count: int) -> list[tuple[str, float, float]]:
        rows: list[tuple[str, float, float]] = []
        while len(rows) < count:
            rows.extend(tuple(row) for row in self.until("updateStream"))
        return rows

    def fence(self) -> list[tuple[str, Any]]:
        """Everything the venue sent before it had dealt with what was sent until now."""
        self.emit("getBalance")
        before = []
        while (event := self.event())[0] != "successupdateBalance":
            before.append(event)
        return before
