"""An engine of several servers, and the sentinels that watch them: real ones, on loopback."""

from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import valkey

from tests.doubles.engine_server import EngineServer, ServerProcess, server_program
from tests.waiting import eventually

NAME: Final = "engine"
DOWN_AFTER: Final = 1000
"""Milliseconds without an answer after which a sentinel takes the primary for dead."""

PERIODS: Final = {"info-period": "100", "ask-period": "100", "publish-period": "500"}
"""Milliseconds: how often a sentinel looks at the servers, and tells the others. Unset they are seconds. For
four times the last one the others let it promote a server, before they make that one a replica again."""

STARTED_WITHIN: Final = 20.0
FOLLOWS_WITHIN: Final = 60.0
"""Seconds until a former primary is made a replica: a sentinel waits whether it becomes one by itself."""


class SentinelServer(ServerProcess):
    """A sentinel of a primary on the port ``primary``."""

    def __init__(self, folder: Path, primary: int, quorum: int = 1, *options: str) -> None:
        super().__init__(folder)
        lines = [
            "bind 127.0.0.1",
            f"port {self.port}",
            f"dir {folder}",
            f"sentinel monitor {NAME} 127.0.0.1 {primary} {quorum}",
            f"sentinel down-after-milliseconds {NAME} {DOWN_AFTER}",
            f"sentinel failover-timeout {NAME} 3000",
            *options,
        ]
        (folder / "sentinel.conf").write_text("\n".join(lines), encoding="utf-8")  # which it writes to

    def command(self) -> list[str]:
        return [server_program(), str(self.folder / "sentinel.conf"), "--sentinel"]

    def await_answer(self) -> None:
        eventually(self._answers, STARTED_WITHIN)

    def ask(self, *words: str) -> Any:
        with valkey.Valkey(port=self.port, socket_timeout=5.0, decode_responses=True) as client:
            return client.execute_command("SENTINEL", *words)

    def _answers(self) -> bool:
        try:
            for period, milliseconds in PERIODS.items():
                self.ask("DEBUG", period, milliseconds)
        except valkey.AuthenticationError:
            return True
        except valkey.ConnectionError:
            return False
        return True


class EngineGroup:
    """A primary and its replicas, which all confirm what it has, with sentinels. A context manager."""

    def __init__(self, folder: Path, servers: int = 2, sentinels: int = 1, *options: str) -> None:
        """``options`` are those of all servers."""
        self._folder = folder
        self._count = sentinels
        names = [f"server-{number}" for number in range(servers)]
        options = ("--repl-diskless-sync-delay", "0", *options)
        self.servers = [EngineServer(self._make(name), *options) for name in names]
        self.sentinels: list[SentinelServer] = []
        self._stack = ExitStack()

    @property
    def url(self) -> str:
        places = ",".join(f"127.0.0.1:{each.port}" for each in self.sentinels)
        return f"sentinel://{places}/{NAME}"

    @property
    def primary(self) -> EngineServer:
        """That which the first sentinel names."""
        _, port = self.sentinels[0].ask("GET-MASTER-ADDR-BY-NAME", NAME)
        return next(server for server in self.servers if server.port == int(port))

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._start(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def replica(self) -> EngineServer:
        """One of them, once all other servers follow the primary."""
        eventually(lambda: _replicas_of(self.primary) == len(self.servers) - 1, FOLLOWS_WITHIN)
        primary = self.primary
        return next(server for server in self.servers if server is not primary)

    def fail_over(self) -> None:
        """Have the first sentinel promote a replica, until it names that one."""
        before = self.primary

        def is_replaced() -> bool:
            # It refuses while it is at it, and as long as it knows no replica well enough; and it gives up
            # one that takes too long on a busy machine.
            with suppress(valkey.ResponseError):
                self.sentinels[0].ask("FAILOVER", NAME)
            return self.primary is not before

        eventually(is_replaced, STARTED_WITHIN)

    def _start(self, stack: ExitStack) -> None:
        primary, *replicas = self.servers
        for server in self.servers:
            if server is not primary:
                server.options = (*server.options, "--replicaof", "127.0.0.1", str(primary.port))
            stack.enter_context(server)
        eventually(lambda: _replicas_of(primary) == len(replicas), STARTED_WITHIN)
        for number in range(self._count):
            folder = self._make(f"sentinel-{number}")
            sentinel = SentinelServer(folder, primary.port, self._count // 2 + 1)
            self.sentinels.append(stack.enter_context(sentinel))
        for sentinel in self.sentinels:
            eventually(partial(self._knows_all, sentinel), STARTED_WITHIN)

    def _make(self, name: str) -> Path:
        (folder := self._folder / name).mkdir()
        return folder

    def _knows_all(self, sentinel: SentinelServer) -> bool:
        found = sentinel.ask("MASTER", NAME)
        facts = found if isinstance(found, dict) else dict(zip(found[::2], found[1::2], strict=True))
        known = int(facts["num-slaves"]), int(facts["num-other-sentinels"])
        return known == (len(self.servers) - 1, len(self.sentinels) - 1)


def _replicas_of(server: EngineServer) -> int:
    try:
        with valkey.Valkey(port=server.port, socket_timeout=5.0) as client:
            states = client.info("replication")
    except valkey.ConnectionError:
        return 0
    return sum(states[f"slave{n}"]["state"] == "online" for n in range(states["connected_slaves"]))
