"""What a write that failed means for a run."""

import errno
import os
import time

import pytest

from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.cli.write_failures import WriteFailures


def of(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def reason_after(*errors: OSError) -> tuple[StopReason, str]:
    """Why the run stops after these failures, ``DURATION`` for no reason; and what it ends with."""
    stop_reasons = StopReasons()
    failures = WriteFailures(stop_reasons)
    for error in errors:
        failures(error)
    reason = stop_reasons.wait(1.0, lambda: None, time.monotonic() + 0.01)
    return reason, str(failures.error or "")


@pytest.mark.parametrize(
    ("number", "reason", "text"),
    [
        (errno.EPIPE, StopReason.READER_GONE, ""),
        (errno.EIO, StopReason.DURATION, ""),
        (errno.ENOSPC, StopReason.UNWRITTEN, "standard output cannot be written"),
    ],
    ids=["a closed pipe", "a closed terminal", "a full disk"],
)
def test_a_run_stops_unless_its_terminal_was_closed(number: int, reason: StopReason, text: str) -> None:
    found, error = reason_after(of(number))
    assert (found, error) == (reason, f"{text} ({os.strerror(number)})" if text else "")


def test_the_first_failure_counts() -> None:
    reason, text = reason_after(of(errno.ENOSPC), of(errno.EFBIG), of(errno.EPIPE))
    assert reason is StopReason.UNWRITTEN
    assert text.endswith(f"({os.strerror(errno.ENOSPC)})")
