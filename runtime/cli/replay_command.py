"""The command that replays a recording: arguments in, the events of a run out."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from actors.errors import RequestRefused, TellwireError
from runtime import logs
from runtime.cli.answers import fail
from runtime.cli.exit_codes import ExitCode
from runtime.cli.output.base import Output
from runtime.cli.output.counters import Counters
from runtime.cli.output.event_log import PlainLog
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.snapshot import RunInfo
from runtime.cli.output.stdout import draws_tables, has_left
from runtime.cli.output.table import LiveTable
from runtime.replay.replay import Replay

_SPEEDS = {"1": 1.0, "10": 10.0, "max": None}


def main(argv: Sequence[str] | None, prog: str) -> int:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Drives the runtime from a recording (record.folder) in place of a venue: the same"
        " events, in the same order. Nothing is connected, and nothing is traded.",
        epilog="Exit codes: 0 the recording has ended, 2 it cannot be replayed, 70 internal failure, 74"
        " standard output takes nothing, 130 interrupted by Ctrl-C",
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    try:
        return _Showing(options).go()
    except RequestRefused as error:
        return fail(str(error), ExitCode.MISUSED)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except TellwireError as error:
        return fail(str(error), ExitCode.FAILED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "recording", type=Path, metavar="FILE|FOLDER", help="a file of a recording, or all of a folder"
    )
    parser.add_argument(
        "--speed",
        choices=tuple(_SPEEDS),
        default="1",
        help="1: with the gaps of the recording, the default; 10: with tenths of them; max: without",
    )
    parser.add_argument(
        "--output",
        choices=("table", "log", "json"),
        default="table" if draws_tables() else "log",
        help="as that of tellwire run; json is the same in each replay, byte for byte",
    )


class _Showing:
    """A replay and what shows it."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._broken: OSError | None = None
        self._left = False
        self._counters = Counters(())
        self._replay = Replay(options.recording, _SPEEDS[options.speed], self._show)
        self._output = self._make_output(options.output)

    def go(self) -> int:
        with logs.Log("INFO", self._output.write_log), self._replay as replay:
            self._output.open(replay.router)
            try:
                while not (replay.wait(min(self._output.interval, 1.0)) or self._left or self._broken):
                    self._output.refresh()
            finally:
                self._output.close()
        if self._broken is None or has_left(self._broken):
            return ExitCode.DONE
        return fail(f"standard output cannot be written ({self._broken.strerror})", ExitCode.UNWRITTEN)

    def _show(self, events: list[object]) -> None:
        self._counters.count(events)
        self._output.show(events)

    def _make_output(self, kind: str) -> Output:
        to_stderr = logs.to_stderr(logs.plain)
        match kind:
            case "json":
                return JsonLines(sys.stdout.fileno(), to_stderr, self._write_failed)
            case "log":
                return PlainLog(to_stderr)
            case _:
                title = f"REPLAY of {self._replay.config.account.profile.title}"
                run = RunInfo(title, "recorded")
                return LiveTable(run, self._counters, self._write_failed, self._quit)

    def _quit(self) -> None:
        self._left = True

    def _write_failed(self, error: OSError) -> None:
        self._broken = error
