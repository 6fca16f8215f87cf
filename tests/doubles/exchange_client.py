"""A bare client of the practice exchange: it returns the frames, and pairs headers with payloads."""

import json
from types import TracebackType
from typing import Any, Self

import websocket

DEADLINE = 5.0
CLOSED = "closed"


class Client:
    """Every read has a deadline. Engine.IO pings are answered unless ``mute`` is set."""

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
        """Read OPEN, and connect to the namespace."""
        assert str(self.frame()).startswith("0{")
        self.socket.send("40")
        assert str(self.frame()).startswith("40{")
        return self

    def login(self, session: str) -> Self:
        """Authenticate, and read every push that follows."""
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
        """The next event; its payload must be the next message."""
        header = self.frame()
        assert isinstance(header, str)
        assert header.startswith("451-"), header
        name, placeholder = json.loads(header[4:])
        assert placeholder == {"_placeholder": True, "num": 0}
        payload = self.frame()
        assert isinstance(payload, bytes)
        return name, json.loads(payload)

    def until(self, name: str) -> Any:
        """The payload of the next event of this name; events before it are dropped."""
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
        """The events that the venue sent before it had handled everything sent so far."""
        self.emit("getBalance")
        before = []
        while (event := self.event())[0] != "successupdateBalance":
            before.append(event)
        return before
