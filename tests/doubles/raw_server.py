"""A server that upgrades to WebSocket or not, and sends the bytes that it was given."""

import base64
import contextlib
import hashlib
import queue
import socket
import threading
from io import BufferedReader
from types import TracebackType
from typing import Self

DEADLINE = 5.0
GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


class RawServer:
    """Serves one connection after another. ``closes`` gets the payload of each client's close frame, or
    ``None`` if the connection ended without one. ``answers_close`` says whether close frames are answered.
    ``refusal``, if given, answers every request in place of the upgrade."""

    def __init__(
        self, sends: bytes = b"", *, upgrades: bool = True, answers_close: bool = True, refusal: bytes = b""
    ) -> None:
        self.closes: queue.Queue[bytes | None] = queue.Queue()
        self.accepted = 0
        self.reached = threading.Event()
        self.upgraded = threading.Event()
        self._sends = sends
        self._upgrades = upgrades
        self._answers_close = answers_close
        self._refusal = refusal
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._clients: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self._listener.getsockname()[1]}/socket.io/?EIO=4&transport=websocket"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for sock in (self._listener, *self._clients):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(DEADLINE)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self.accepted += 1
                self._clients.append(client)
                self.reached.set()
                client.settimeout(DEADLINE)
                with contextlib.suppress(OSError), client.makefile("rb") as stream:
                    self._talk(client, stream)

    def _talk(self, client: socket.socket, stream: BufferedReader) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            line = stream.readline()
            if not line:
                return
            head += line
        if self._refusal:
            client.sendall(self._refusal)
            return
        if not self._upgrades:
            stream.read()  # until the client ends the connection
            return
        key = next(
            line.split(b":")[1].strip()
            for line in head.split(b"\r\n")
            if line[:18].lower() == b"sec-websocket-key:"
        )
        accept = base64.b64encode(hashlib.sha1(key + GUID).digest())
        client.sendall(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n" + self._sends
        )
        self.upgraded.set()
        self.closes.put(self._close_payload(stream))
        if self._answers_close:
            client.sendall(b"\x88\x00")
        else:
            stream.read()

    def _close_payload(self, stream: BufferedReader) -> bytes | None:
        """Reads the client's short, masked frames up to its close frame."""
        while len(head := stream.read(2)) == 2:
            length = head[1] & 0x7F
            if length == 126:
                length = int.from_bytes(stream.read(2), "big")
            mask = stream.read(4)
            payload = bytes(byte ^ mask[at % 4] for at, byte in enumerate(stream.read(length)))
            if head[0] & 0x0F == 8:
                return payload
        return None
