from types import SimpleNamespace

import pytest

from actors.transport.trace import DialStep, DialTrace
from tests.conftest import ManualClock


@pytest.fixture
def dial_trace(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> DialTrace:
    monkeypatch.setattr("actors.transport.trace.time", SimpleNamespace(perf_counter=clock))
    return DialTrace()


def fail_to_connect(dial_trace: DialTrace) -> None:
    with pytest.raises(ConnectionRefusedError), dial_trace.during(DialStep.CONNECT):
        raise ConnectionRefusedError


def test_a_completed_step_has_its_seconds(dial_trace: DialTrace, clock: ManualClock) -> None:
    with dial_trace.during(DialStep.TLS):
        clock.advance(0.25)
    assert dial_trace.seconds == {DialStep.TLS: 0.25}


def test_a_step_that_raises_has_no_seconds_and_stays_the_present_one(dial_trace: DialTrace) -> None:
    fail_to_connect(dial_trace)
    assert dial_trace.seconds == {}
    assert dial_trace.step is DialStep.CONNECT


def test_a_step_that_is_tried_again_has_the_seconds_of_the_completed_try(
    dial_trace: DialTrace, clock: ManualClock
) -> None:
    fail_to_connect(dial_trace)
    with dial_trace.during(DialStep.CONNECT):
        clock.advance(0.5)
    assert dial_trace.seconds == {DialStep.CONNECT: 0.5}
