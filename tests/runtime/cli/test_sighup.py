"""SIGHUP as a request to reload."""

import signal

import pytest

from runtime.cli import sighup
from runtime.cli.sighup import on_hangup


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="there is no such signal")
def test_every_hangup_calls_and_the_handler_before_comes_back() -> None:
    before = signal.getsignal(signal.SIGHUP)
    calls: list[str] = []
    with on_hangup(lambda: calls.append("reload")):
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGHUP)
    assert calls == ["reload", "reload"]
    assert signal.getsignal(signal.SIGHUP) is before


def test_a_system_without_the_signal_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sighup, "NUMBER", None)
    with on_hangup(lambda: pytest.fail("there is no such signal")):
        pass
