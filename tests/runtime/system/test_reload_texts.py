"""Sentences about reloads."""

from datetime import datetime

from actors.messages.status import PendingStream, ReloadStatus
from runtime.system.reload_texts import last_reloads, pending_text, unchanged

NOON = datetime(2026, 3, 1, 12, 0).astimezone().timestamp()


def test_a_reload_without_a_change_tells_which_one_was_before_it() -> None:
    assert unchanged(ReloadStatus("a.yaml"), NOON) == "nothing has changed"
    status = ReloadStatus("a.yaml", reloads=1, last_at=NOON, last_outcome="log.level")
    assert unchanged(status, NOON + 3600) == "nothing has changed since 12:00:00, when log.level took effect"


def test_the_last_refused_and_the_last_effective_reload_are_told() -> None:
    assert last_reloads(ReloadStatus("a.yaml"), NOON) == ""
    status = ReloadStatus(
        "a.yaml",
        reloads=1,
        last_at=NOON,
        last_outcome="log.level",
        problems=("one", "two", "three"),
        refused_at=NOON + 60,
    )
    told = "REFUSED at 12:01:00 (one and 2 more); log.level took effect at 12:00:00"
    assert last_reloads(status, NOON + 60) == told


def test_pending_streams_are_named_with_their_reasons() -> None:
    assert pending_text([]) == ""
    pending = [PendingStream("A", True, "the pool is full"), PendingStream("B", False, "")]
    assert pending_text(pending) == "A has not begun (the pool is full); B has not ended"
