"""The command that shows the live table of a running runtime, from a process of its own."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from loguru import logger

from actors.errors import ConfigInvalid, NoRuntime, RuntimeHung, TellwireError
from actors.messages.commands import Subscribe
from runtime import logs
from runtime.cli import arguments
from runtime.cli.answers import fail
from runtime.cli.asking import ask
from runtime.cli.exit_codes import TOP_CODES, ExitCode, explain
from runtime.cli.output.base import Output
from runtime.cli.output.counters import Counters
from runtime.cli.output.event_log import PlainLog
from runtime.cli.output.snapshot import RunInfo
from runtime.cli.output.stdout import has_left
from runtime.cli.output.table import LiveTable, can_draw
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.control.attachment import Attachment, attach


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Show it until a key, a signal, or the end of the runtime; returns one of ``TOP_CODES``."""
    options = _parse(argv, prog)
    logger.remove()
    try:
        with attach(options.config, account=options.account, operates=True) as attachment:
            return _Top(attachment, options).go()
    except ConfigInvalid as error:
        return fail("\n".join(error.problems), ExitCode.MISUSED)
    except RuntimeHung as error:
        return fail(str(error), ExitCode.NO_ANSWER)
    except NoRuntime as error:
        return fail(str(error), ExitCode.NOT_RUNNING)
    except TellwireError as error:
        return fail(str(error), ExitCode.REFUSED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, metavar="FILE", help="the YAML file, or the control socket")
    arguments.add_account(parser)
    parser.add_argument(
        "--duration", type=arguments.duration, metavar="TIME", help="end after: 90, 250ms, 2m, 1h"
    )


def _parse(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Shows the live table of the runtime that runs with FILE; ? tells the keys. The runtime"
        " goes on when it ends. On an output that is no terminal it is a log.",
        epilog=explain(*TOP_CODES),
    )
    add_arguments(parser)
    return parser.parse_args(argv)


class _Top:
    """One table on one attachment."""

    def __init__(self, attachment: Attachment, options: argparse.Namespace) -> None:
        self._attachment = attachment
        self._duration: float | None = options.duration
        self._counters = Counters()
        self._unwritten: OSError | None = None
        self._stop_reasons = StopReasons(self._restore)
        account = f" --account {options.account}" if options.account else ""
        self._output = self._make_output(f"{options.config}{account}")

    def go(self) -> int:
        began = time.monotonic()
        with self._stop_reasons, logs.Log("INFO", self._output.write_log):
            self._attachment.at_end(lambda: self._stop_reasons.announce(StopReason.FAILURE))
            ask(self._attachment, Subscribe("", to=self._on_events, batch=True))
            until = None if self._duration is None else began + self._duration
            try:
                self._output.open(self._attachment.router)
                reason = self._stop_reasons.wait(self._output.interval, self._output.refresh, until)
            finally:
                self._output.close()
        if reason is StopReason.FAILURE:
            return fail("the runtime has ended", ExitCode.DONE)
        if self._unwritten is not None:
            return fail(f"standard output cannot be written ({self._unwritten.strerror})", ExitCode.UNWRITTEN)
        return ExitCode.DONE

    def _on_events(self, events: list[Any]) -> None:
        self._counters.count(events)
        self._output.show(events)

    def _make_output(self, target: str) -> Output:
        runtime = self._attachment.runtime
        if not can_draw():
            return PlainLog(logs.to_stderr(logs.plain))
        practice = runtime.mode == "practice"
        venue = "PRACTICE EXCHANGE: invented quotes" if practice else runtime.venue
        run = RunInfo(venue, runtime.mode, target)
        return LiveTable(run, self._counters, self._write_failed, self._quit, uptime=runtime.uptime)

    def _restore(self) -> None:
        self._output.restore()

    def _quit(self) -> None:
        self._stop_reasons.announce(StopReason.OPERATOR)

    def _write_failed(self, error: OSError) -> None:
        if not has_left(error):
            self._unwritten = error
        self._stop_reasons.announce(StopReason.UNWRITTEN)
