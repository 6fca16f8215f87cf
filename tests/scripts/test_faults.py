"""The scorecard of faults: one real fault, and its verdicts."""

from collections.abc import Mapping
from typing import NoReturn

import pytest
from labs.faults.program import program
from labs.faults.rig import Violated
from labs.faults.run import main, run
from labs.faults.table import TRIALS, Trial
from labs.overhead.run import Load, exchange


def test_streams_survive_a_reset_in_mid_stream() -> None:
    name = "reset in mid-stream"
    (row,) = run(name, TRIALS[name], rounds=1)
    assert row.held, row


def test_a_program_that_ends_at_once_says_why() -> None:
    with (
        program({"pool": {"workers": -1}}) as ended,
        pytest.raises(RuntimeError, match=r"pool\.workers: must"),
    ):
        ended.attach()


def test_an_exchange_that_ends_at_once_says_why() -> None:
    with (
        pytest.raises(RuntimeError, match=r"ended without a session: .*tick_rate: must be"),
        exchange(Load(streams=1, rate=-1.0, seconds=1.0)),
    ):
        pytest.fail("it has begun")


def test_every_figure_must_keep_its_limit() -> None:
    def measure() -> Mapping[str, float]:
        return {"noticed": next(values), "fresh again": 1.0}

    values = iter([0.5, 2.5, 1.0])
    noticed, fresh = run("some", Trial(measure, {"noticed": 2.0, "fresh again": 1.0}), rounds=3)
    assert (noticed.held, fresh.held) == (False, True)
    assert str(noticed).split() == ["some", "noticed", "3", "1.00", "2.50", "2", "NOT", "HELD"]


@pytest.mark.parametrize("error", [Violated("a tick is missing"), OSError("no such thing")])
def test_a_round_that_fails_is_never_held(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> NoReturn:
        raise error

    (row,) = run("some", Trial(fail, {"noticed": 2.0}), rounds=2)
    assert not row.held
    assert str(error) in str(row)
    assert ("Traceback" in capsys.readouterr().err) == isinstance(error, OSError)


def test_a_word_in_no_name_is_misuse(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ending:
        main(["--only", "no such fault"])
    assert ending.value.code == 2
    assert "reset in mid-stream" in capsys.readouterr().err
