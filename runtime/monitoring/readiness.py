"""Whether a runtime is ready: it can serve what its configuration asks for."""

from collections.abc import Iterator

from msgspec import Struct

from actors.messages.owners import LASTING
from actors.messages.status import Status, StreamStatus
from actors.messages.supervision import CONNECT_AGAIN

LASTING_NAMES = frozenset(owner.name for owner in LASTING)


class Reason(Struct, frozen=True):
    """Why the runtime is not ready. ``kind`` is ``connections``, ``stream``, ``status`` if an actor does not
    answer, or ``stop``; ``name`` is the asset of a stream."""

    kind: str
    name: str
    text: str


def not_ready(status: Status) -> list[Reason]:
    """The reasons; none if at least one connection is logged in and every stream is fresh that the file,
    the program or an operator asks for. One that only an attached process asks for does not count.

    A stream without a connection is not fresh: so the connections suffice if every stream has its own.
    """
    return [*_connections(status), *_streams(status)]


def is_fresh(stream: StreamStatus) -> bool:
    """Whether its ticks arrive as expected; that of a closed market is expected to have none."""
    return bool(stream.placed.connection) and stream.seen.health in {"fresh", "closed"}


def _connections(status: Status) -> Iterator[Reason]:
    if status.disconnected is not None:
        text = f"all connections are disconnected ({status.disconnected}): {CONNECT_AGAIN}"
        yield Reason("connections", "", text)
    elif not any(each.child.state == "up" for each in status.connections):
        errors = [each.child.last_error for each in status.connections if each.child.last_error]
        because = f": {errors[0]}" if errors else ""
        yield Reason("connections", "", f"no connection is logged in{because}")


def _streams(status: Status) -> Iterator[Reason]:
    for wanted in status.pending_streams:
        if wanted.wanted:
            because = f": {wanted.reason}" if wanted.reason else ""
            yield Reason("stream", wanted.asset, f"{wanted.asset} has not begun{because}")
    for stream in status.streams:
        placed = stream.placed
        if not LASTING_NAMES.isdisjoint(placed.owners) and not is_fresh(stream):
            state = stream.seen.health if placed.connection else "on no connection"
            yield Reason("stream", placed.asset, f"{placed.asset} is {state}")
