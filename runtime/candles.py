"""The command line that loads candles: arguments in, rows out, an exit code."""

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
from actors.values import Candle
from runtime import logs
from runtime.cli import export
from runtime.cli.output.stdout import discard
from runtime.cli.run import secrets_of
from runtime.cli.stop_reasons import INTERRUPTED, StopReason, StopReasons
from runtime.config import Config, load
from runtime.config.units import parse_duration
from runtime.main import CLEAN, FAILED, MISUSED, REFUSED
from runtime.runtime import Runtime


def main(argv: Sequence[str] | None = None) -> int:
    """The exit code is ``runtime.main``'s, 2 also for an asset that the venue does not list."""
    options = _parse(argv)
    command = LoadCandles(options.asset, options.period, options.count, options.end)
    try:
        candles = _load(load(options.config), command)
        _write(candles, options.output)
    except ConfigInvalid as error:
        return _complain(error, MISUSED)
    except RequestRefused as error:
        return _complain(error, MISUSED)
    except AuthRejected as error:
        return _complain(error, REFUSED)
    except (TellwireError, OSError) as error:
        return _complain(error, FAILED)
    except KeyboardInterrupt:
        return INTERRUPTED
    if options.output is not None:
        sys.stderr.write(f"{_summary(candles, command)}: {options.output}\n")
    return CLEAN


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="candles",
        description="Loads candles into a file, or as CSV onto standard output.",
        epilog="exit codes: 0 clean, 2 bad configuration or arguments, 3 session refused by the venue,"
        " 70 failure, 130 Ctrl-C",
    )
    parser.add_argument("config", metavar="CONFIG", help="the YAML file")
    parser.add_argument("asset", metavar="ASSET", help="the venue's symbol, such as EURUSD_otc")
    parser.add_argument("--period", type=_period, default=60, metavar="TIME", help="of a candle: 60, 5m, 1h")
    parser.add_argument("--count", type=_count, default=100, metavar="NUMBER", help="how many; 100")
    parser.add_argument("--end", type=_end, metavar="ISO", help="2026-01-31T12:00, UTC unless it says else")
    parser.add_argument("--output", type=_output, metavar="FILE", help=f"ends in {', '.join(export.FORMS)}")
    return parser.parse_args(argv)


def _period(text: str) -> int:
    try:
        seconds = parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None
    if seconds < 1 or seconds != int(seconds):
        raise argparse.ArgumentTypeError(f"{text!r} is not one or more whole seconds")
    return int(seconds)


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
    """With a bar that grows, on a terminal, page by page."""
    console = Console(stderr=True)
    with (
        logs.Log("WARNING", logs.to_stderr(logs.plain), secrets=secrets_of(config)),
        Progress(console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        if config.account.login is None:
            told = "the practice exchange invents the candles on this machine, since account.session"
            logger.log(logs.PRACTICE, "NOTHING HERE IS REAL: {} {}", told, config.account.absence)
        task = bar.add_task(command.asset, total=command.count)
        return fetch(config, command, lambda event: bar.update(task, completed=event.loaded))


def fetch(
    config: Config, command: LoadCandles, progress: Callable[[CandlesProgress], object]
) -> list[Candle]:
    """Load from the configured venue, each page in ``connection.message_timeout`` at most; ``progress`` is
    called from a thread of its own. Raises ``RequestError``, what the runtime fails with, and
    ``KeyboardInterrupt`` on a signal."""
    pages = math.ceil(command.count / config.account.profile.candles_per_request)
    patience = config.connection.message_timeout * pages
    with (
        tempfile.TemporaryDirectory(prefix="tellwire-", ignore_cleanup_errors=True) as folder,
        StopReasons() as endings,
        Runtime(_lean(config, Path(folder))) as runtime,
    ):
        endings.watch(runtime.wait)
        runtime.router.tell(Subscribe("progress.", to=progress))
        wish = LoadCandles(command.asset, command.period, command.count, command.end, deadline=patience)
        answer = runtime.router.ask(wish, block=False)
        endings.watch(functools.partial(_settled, answer), StopReason.DONE)
        match endings.wait(threading.TIMEOUT_MAX, lambda: None, None):
            case StopReason.SIGNAL:
                raise KeyboardInterrupt
            case StopReason.FAILURE if runtime.failure is not None:
                raise runtime.failure
        candles: list[Candle] = answer.get(timeout=0)
        return candles


def _settled(answer: pykka.Future[list[Candle]]) -> None:
    with contextlib.suppress(TellwireError):  # for the one who asked
        answer.get()


def _lean(config: Config, folder: Path) -> Config:
    """One connection in this process and no streams. A journal of its own, since no order goes into it: the
    configured one may be kept by a runtime that trades."""
    pool = config.pool.model_copy(update={"connections": 1, "workers": 0})
    orders = config.orders.model_copy(update={"journal": str(folder / "orders.sqlite")})
    return config.model_copy(update={"pool": pool, "orders": orders, "streams": []})


def _write(candles: list[Candle], output: Path | None) -> None:
    if output is not None:
        export.replace_file(output, export.form_of(output)(candles))
        return
    try:
        sys.stdout.buffer.write(export.as_csv(candles))
        sys.stdout.flush()
    except BrokenPipeError:
        discard()


def _summary(candles: list[Candle], command: LoadCandles) -> str:
    if not candles:
        return f"no candles of {command.asset}"
    first, last = (datetime.fromtimestamp(candles[at].time, UTC) for at in (0, -1))
    few = "" if len(candles) == command.count else ", and no earlier ones"
    return f"{len(candles)} candles of {command.asset}, {first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M}{few}"


def _complain(error: Exception, code: int) -> int:
    for line in error.problems if isinstance(error, ConfigInvalid) else [str(error)]:
        sys.stderr.write(f"{logs.printable(line)}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
