"""Which status is one of a ready runtime."""

import pytest
from msgspec.structs import replace

from actors.messages.status import PendingStream, PlacedStream, Status
from runtime.monitoring.readiness import not_ready
from tests.doubles.status_samples import connection, status, stream

FILE = ("file",)


def with_stream(health: str, *, on: str = "connection-1", owners: tuple[str, ...] = FILE) -> Status:
    placed = PlacedStream("EURUSD_otc", on, "confirmed", owners)
    return status(streams=(replace(stream("EURUSD_otc", health=health), placed=placed),))


@pytest.mark.parametrize("health", ["fresh", "closed"])
def test_a_connection_and_a_stream_as_it_should_be_make_it_ready(health: str) -> None:
    assert not_ready(with_stream(health)) == []


@pytest.mark.parametrize(
    ("found", "text"),
    [
        (with_stream("stale"), "EURUSD_otc is stale"),
        (with_stream("unconfirmed"), "EURUSD_otc is unconfirmed"),
        (with_stream("fresh", on=""), "EURUSD_otc is on no connection"),
        (
            status(pending_streams=(PendingStream("X", True, "no such asset"),)),
            "X has not begun: no such asset",
        ),
        (status(pending_streams=(PendingStream("X", True, ""),)), "X has not begun"),
        (status(connections=()), "no connection is logged in"),
        (
            status(connections=(connection(1, state="waiting", last_error="connection refused"),)),
            "no connection is logged in: connection refused",
        ),
    ],
)
def test_what_is_missing_is_said(found: Status, text: str) -> None:
    assert [reason.text for reason in not_ready(found)] == [text]


def test_one_connection_of_several_is_enough() -> None:
    assert not_ready(status(connections=(connection(1, state="waiting"), connection(2)))) == []


def test_what_only_an_attached_process_asks_for_does_not_make_the_runtime_unready() -> None:
    assert not_ready(with_stream("stale", owners=("process 4711 (peer 3)",))) == []
    assert len(not_ready(with_stream("stale", owners=("process 4711 (peer 3)", "program")))) == 1
    assert not_ready(status(pending_streams=(PendingStream("X", False, "asked again"),))) == []
