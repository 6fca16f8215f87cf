"""The exit codes, and their explanation in the help of a command."""

from runtime import candles, ctl, main
from runtime.cli.exit_codes import ExitCode, explain


def test_every_exit_code_has_a_meaning_and_some_command_that_ends_with_it() -> None:
    assert {*candles.EXIT_CODES, *ctl.EXIT_CODES, *main.EXIT_CODES} == set(ExitCode)
    for code in ExitCode:
        assert explain(code).startswith(f"exit codes: {code.value} ")


def test_codes_are_explained_in_the_order_of_the_call() -> None:
    told = explain(ExitCode.FAILED, ExitCode.DONE)
    assert told == "exit codes: 70 internal failure, 0 done"
