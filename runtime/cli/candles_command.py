"""The command that loads candles: arguments in, rows and an exit code out."""

import argparse
import contextlib
import functools
import math
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pykka
from loguru import logger
from rich.console import Console
from rich.progress import Progress

from actors.errors import AuthRejected, ConfigInvalid, RequestRefused, TellwireError
from actors.messages import CandlesProgress, LoadCandles, Subscribe
from actors.routing.venue_facts import MOST_CANDLES
from actors.tables.rows import CandleList
from actors.values import Candle
from runtime import logs
from runtime.cli import arguments, export
from runtime.cli.answers import print_text
from runtime.cli.exit_codes import CANDLES_CODES, ExitCode, explain
from runtime.cli.secrets import config_secrets
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.config import Config, load
from runtime.runtime import Runtime


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Run the command; returns one of ``CANDLES_CODES``: ``MISUSED`` also for an asset that the venue does
    not list, ``INTERRUPTED`` at the first signal."""
    options = _parse(argv, prog)
    command = LoadCandles(options.asset, options.period, options.count, options.end)
    try:
        candles = _load(load(options.config), command)
        code = _write(candles, options.output)
    except (ConfigInvalid, RequestRefused) as error:
        return _complain(error, ExitCode.MISUSED)
    except AuthRejected as error:
        return _complain(error, ExitCode.LOGIN_REFUSED)
    except (TellwireError, OSError) as error:
        return _complain(error, ExitCode.FAILED)
    if options.output is not None:
        sys.stderr.write(f"{_summary(candles, command)}: {options.output}\n")
    return code


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="CONFIG", help="the YAML file")
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


def _load(config: Config, command: LoadCandles) -> list[Candle]:
    """On a terminal, a progress bar grows with each page."""
    console = Console(stderr=True)
    with (
        logs.Log("WARNING", logs.to_stderr(logs.plain), secrets=config_secrets(config)),
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        if config.account.login is None:
            reason = f"since account.session {config.account.absence}"
            text = "NOTHING HERE IS REAL: the practice exchange invents the candles on this machine, {}"
            logger.log(logs.PRACTICE, text, reason)
        task = bar.add_task(command.asset, total=command.count)
        return fetch(config, command, lambda event: bar.update(task, completed=event.loaded))


def fetch(
    config: Config, command: LoadCandles, progress: Callable[[CandlesProgress], object]
) -> list[Candle]:
    """Load from the configured venue, each page within ``connection.message_timeout``.

    ``progress`` is called from a thread of its own. Raises ``RequestError``, the failure of the runtime, or
    ``KeyboardInterrupt`` on a signal.
    """
    pages = math.ceil(command.count / config.account.profile.candles_per_request)
    deadline = config.connection.message_timeout * pages
    with (
        tempfile.TemporaryDirectory(prefix="tellwire-", ignore_cleanup_errors=True) as folder,
        StopReasons() as stop_reasons,
        Runtime(_lean(config, Path(folder))) as runtime,
    ):
        stop_reasons.watch(runtime.wait)
        runtime.router.tell(Subscribe("progress.>", to=progress))
        request = LoadCandles(command.asset, command.period, command.count, command.end, deadline=deadline)
        answer = runtime.router.ask(request, block=False)
        stop_reasons.watch(functools.partial(_wait_for, answer), StopReason.DONE)
        match stop_reasons.wait(threading.TIMEOUT_MAX, lambda: None, None):
            case StopReason.SIGNAL:
                raise KeyboardInterrupt
            case _ if runtime.failure is not None:  # it fails the ask too
                raise runtime.failure
        candles: list[Candle] = answer.get(timeout=0)
        return candles


def _wait_for(answer: pykka.Future[CandleList]) -> None:
    with contextlib.suppress(TellwireError):  # ``fetch`` raises it
        answer.get()


def _lean(config: Config, folder: Path) -> Config:
    """One connection in this process, no streams, and an empty journal in ``folder``: a runtime that trades
    may hold the configured journal."""
    pool = config.pool.model_copy(update={"connections": 1, "workers": 0})
    orders = config.orders.model_copy(update={"journal": str(folder / "orders.sqlite")})
    return config.model_copy(update={"pool": pool, "orders": orders, "streams": []})


def _write(candles: list[Candle], output: Path | None) -> int:
    if output is not None:
        export.replace_file(output, export.form_of(output)(candles))
        return ExitCode.DONE
    return print_text(export.as_csv(candles).decode().removesuffix("\n"))


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
