"""Proxies on loopback that carry bytes: one for HTTP's CONNECT, one for SOCKS5 (RFC 1928, RFC 1929)."""

import base64
import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

DEADLINE = 5.0


class ProxyServer:
    """Serves clients side by side. ``targets`` has each host and port that was asked for, as the client wrote
    them. ``credentials`` must be given as ``user:password``, unless it is empty. ``refuses`` is an HTTP
    status or a reply of SOCKS5 in place of a tunnel; ``silent`` clients are accepted and not answered.
    """

    def __init__(
        self,
        scheme: str = "http",
        *,
        credentials: str = "",
        refuses: int = 0,
        silent: bool = False,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self.targets: list[tuple[str, int]] = []
        self.address = ""
        self._scheme = scheme
        self._credentials = credentials
        self._refuses = refuses
        self._silent = silent
        self._context = context
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"localhost:{self._listener.getsockname()[1]}"
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._serve, daemon=True)]

    @property
    def url(self) -> str:
        return f"{self._scheme}://{self.address}"

    def url_with(self, credentials: str) -> str:
        return f"{self._scheme}://{credentials}@{self.address}"

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop_clients()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(DEADLINE)

    def drop_clients(self) -> None:
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                socket.socket.shutdown(sock, socket.SHUT_RDWR)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._sockets.append(client)
                thread = threading.Thread(target=self._talk, args=[client], daemon=True)
                self._threads.append(thread)
                thread.start()

    def _talk(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), contextlib.ExitStack() as held:
            held.enter_context(client)
            client.settimeout(DEADLINE)
            if self._context is not None:
                client = held.enter_context(self._context.wrap_socket(client, server_side=True))
                self._sockets.append(client)
            if self._silent:
                while client.recv(4096):
                    pass
                return
            asked = self._asked_by_socks(client) if "socks" in self._scheme else self._asked_by_http(client)
            if asked is None:
                return
            self.targets.append(asked[0])
            with socket.create_connection(asked[0], DEADLINE) as target:
                self._sockets.append(target)
                client.sendall(asked[1])
                _carry(client, target)

    def _asked_by_http(self, client: socket.socket) -> tuple[tuple[str, int], bytes] | None:
        """The target, and the answer once it is reached."""
        request = b""
        while not request.endswith(b"\r\n\r\n"):
            piece = client.recv(4096)
            if not piece:
                return None
            request += piece
        line, *fields = request.decode().split("\r\n")
        method, target, _ = line.split(" ")
        host, _, port = target.rpartition(":")
        expected = "Proxy-Authorization: Basic " + base64.b64encode(self._credentials.encode()).decode()
        status = self._refuses or (407 if self._credentials and expected not in fields else 0)
        if method != "CONNECT" or status:
            client.sendall(f"HTTP/1.1 {status or 405} No\r\nContent-Length: 0\r\n\r\n".encode())
            return None
        return (host.strip("[]"), int(port)), b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n"

    def _asked_by_socks(self, client: socket.socket) -> tuple[tuple[str, int], bytes] | None:
        read: Callable[[int], bytes] = lambda size: client.recv(size, socket.MSG_WAITALL)  # noqa: E731
        methods = read(read(2)[1])
        wanted = 2 if self._credentials else 0
        if wanted not in methods:
            client.sendall(b"\x05\xff")
            return None
        client.sendall(bytes([5, wanted]))
        if wanted:
            user = read(read(2)[1])
            password = read(read(1)[0])
            right = user + b":" + password == self._credentials.encode()
            client.sendall(bytes([1, not right]))
            if not right:
                return None
        kind = read(4)[3]
        match kind:
            case 1:
                host = socket.inet_ntop(socket.AF_INET, read(4))
            case 4:
                host = socket.inet_ntop(socket.AF_INET6, read(16))
            case _:
                host = read(read(1)[0]).decode()
        port = int.from_bytes(read(2), "big")
        if self._refuses:
            client.sendall(bytes([5, self._refuses, 0, 1]) + bytes(6))
            return None
        return (host, port), b"\x05\x00\x00\x03\x04here\x00\x00"


def _carry(one: socket.socket, other: socket.socket) -> None:
    """Until one of them ends."""
    with selectors.DefaultSelector() as selector:
        selector.register(one, selectors.EVENT_READ, other)
        selector.register(other, selectors.EVENT_READ, one)
        while True:
            pending = isinstance(one, ssl.SSLSocket) and one.pending()
            ready = [(one, other)] if pending else [(key.fileobj, key.data) for key, _ in selector.select()]
            for source, sink in ready:
                data = source.recv(65536)  # type: ignore[union-attr]
                if not data:
                    return
                sink.sendall(data)
