"""The command that loads candles: arguments in, rows and an exit code out."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from loguru import logger
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from actors.errors import AuthRejected, ConfigInvalid, RequestRefused, TellwireError
from actors.messages import LoadCandles
from actors.routing.venue_facts import MOST_CANDLES
from actors.values import Candle
from runtime import logs
from runtime.cli import arguments, export
from runtime.cli.answers import note, print_text
from runtime.cli.candles_fetch import Collected, InMemory, fetch
from runtime.cli.exit_codes import CANDLES_CODES, ExitCode, explain
from runtime.cli.unfinished_export import ExportRequest, UnfinishedExport
from runtime.config import Config, load

SPEED_PERIOD: Final = 30.0
"""Seconds whose speed the remaining time is judged by."""


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Run the command; returns one of ``CANDLES_CODES``: ``MISUSED`` also for an asset that the venue does
    not list, ``INTERRUPTED`` at the first signal."""
    options = _parse(argv, prog)
    command = LoadCandles(options.asset, options.period, options.count, options.end)
    try:
        config = load(options.config).of(options.account)
        if options.output is None:
            collected = InMemory(command.end)
            _load(config, command, collected)
            return print_text(export.as_csv(collected.candles).decode().removesuffix("\n"))
        candles = _export(config, command, options.output, fresh=options.fresh)
    except (ConfigInvalid, RequestRefused) as error:
        return _complain(error, ExitCode.MISUSED)
    except AuthRejected as error:
        return _complain(error, ExitCode.LOGIN_REFUSED)
    except (TellwireError, OSError) as error:
        return _complain(error, ExitCode.FAILED)
    note(f"{_summary(candles, command)}: {options.output}")
    return ExitCode.DONE


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="the YAML file")
    arguments.add_account(parser)
    parser.add_argument("asset", metavar="ASSET", help="the venue's symbol, such as EURUSD_otc")
    parser.add_argument(
        "--period",
        type=arguments.whole_seconds,
        default=60,
        metavar="TIME",
        help="of one candle: 60 (the default), 5m, 1h",
    )
    parser.add_argument(
        "--count", type=_count, default=100, metavar="NUMBER", help="how many candles; 100 by default"
    )
    parser.add_argument(
        "--end",
        type=_end,
        metavar="ISO",
        help="the end of the last candle: 2026-01-31T12:00, in UTC unless it names an offset; now by default",
    )
    parser.add_argument("--output", type=_output, metavar="FILE", help=f"ends in {', '.join(export.FORMS)}")
    parser.add_argument(
        "--fresh",
        action="store_true",
        help="load all candles, also where an interrupted export into FILE could be gone on with",
    )


def _parse(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Loads candles into a file, or as CSV onto standard output.",
        epilog=explain(*CANDLES_CODES),
    )
    add_arguments(parser)
    return parser.parse_args(argv)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= MOST_CANDLES:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to {MOST_CANDLES}")
    return int(text)


def _end(text: str) -> float:
    try:
        end = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time such as 2026-01-31T12:00") from None
    return (end if end.tzinfo else end.replace(tzinfo=UTC)).timestamp()


def _output(text: str) -> Path:
    path = Path(text)
    if not path.parent.is_dir():
        raise argparse.ArgumentTypeError(f"{path.parent} is no folder")
    try:
        export.form_of(path)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return path


def _load(config: Config, command: LoadCandles, collected: Collected) -> None:
    """On a terminal, a progress bar says how many there are, and when the rest will be."""
    console = Console(stderr=True)
    with (
        logs.Log("WARNING", logs.to_stderr(logs.plain), secrets=config.unlogged),
        Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TaskProgressColumn(),
            TextColumn("ETA"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            speed_estimate_period=SPEED_PERIOD,
        ) as bar,
    ):
        if config.account.login is None:
            reason = f"since account.session {config.account.absence}"
            text = "NOTHING HERE IS REAL: the practice exchange invents the candles on this machine, {}"
            logger.log(logs.PRACTICE, text, reason)
        task = bar.add_task(command.asset, total=command.count, completed=collected.count)
        fetch(config, command, collected, lambda loaded: bar.update(task, completed=loaded))


def _export(config: Config, command: LoadCandles, output: Path, *, fresh: bool) -> list[Candle]:
    """As ``_load``; an export into the same ``output`` that was interrupted is gone on with."""
    request = ExportRequest(_source(config), command.asset, command.period, command.count, command.end)
    unfinished = UnfinishedExport.beside(output, request, fresh=fresh)
    if unfinished.count:
        last = datetime.fromtimestamp(unfinished.candles[-1].time, UTC)
        note(
            f"goes on with {unfinished.count} of {command.count} candles, up to {last:%Y-%m-%d %H:%M}, of an"
            " export that was interrupted; --fresh loads all of them"
        )
    try:
        _load(config, command, unfinished)
    except BaseException:
        if unfinished.count:
            note(f"{unfinished.count} of {command.count} candles are kept: the same command goes on")
        raise
    candles = unfinished.candles
    export.replace_file(output, export.form_of(output)(candles))
    unfinished.remove()
    return candles


def _source(config: Config) -> str:
    login = config.account.login
    if login is None:
        return f"practice, seed {config.practice.seed}"
    return f"{config.account.venue}, {login.account.value}"


def _summary(candles: list[Candle], command: LoadCandles) -> str:
    if not candles:
        return f"no candles of {command.asset}"
    first, last = (datetime.fromtimestamp(candles[at].time, UTC) for at in (0, -1))
    short = "" if len(candles) == command.count else ", and no earlier ones"
    span = f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}"
    return f"{len(candles)} candles of {command.asset}, {span}{short}"


def _complain(error: Exception, code: ExitCode) -> ExitCode:
    for line in error.problems if isinstance(error, ConfigInvalid) else [str(error)]:
        sys.stderr.write(f"{logs.printable(line)}\n")
    return code
