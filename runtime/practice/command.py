"""The command that runs the practice exchange on its own: arguments in, an exchange until a signal."""

import argparse
import signal
import socket
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from loguru import logger

from actors.errors import ConfigInvalid, RequestRefused
from runtime.practice import PracticeExchange, PracticeSettings
from runtime.practice.console import Console


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Run the practice exchange until Ctrl-C or SIGTERM. Exits with 2 for an unusable argument or port."""
    arguments = _parser(prog).parse_args(argv)
    logger.remove()
    logger.add(sys.stderr, format="{time:HH:mm:ss.SSS} {message}", diagnose=False, backtrace=False)
    try:
        with _signals() as signals, PracticeExchange(_settings(arguments)) as exchange:
            console = Console(exchange)
            for line in arguments.fault:
                console.execute(line)
            for region in exchange.regions:
                _print(f"{region.name} {region.url}")
            for number, session in enumerate(exchange.sessions, start=1):
                _print(f"export POCKET_OPTION_SSID{f'_{number}' if number > 1 else ''}='{session}'")
            if arguments.console:
                threading.Thread(target=_serve_console, args=(console,), daemon=True).start()
            signals.recv(1)
    except (ConfigInvalid, RequestRefused, OSError) as error:
        logger.error("{}", error)
        return 2
    return 0


def _parser(prog: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=prog, description=main.__doc__)
    add_arguments(parser)
    return parser


def add_arguments(parser: argparse.ArgumentParser) -> None:
    defaults = PracticeSettings()
    parser.add_argument(
        "--port", type=int, default=0, help="port of the first region; each other takes the next"
    )
    parser.add_argument("--regions", default=",".join(defaults.regions), help="names, separated by commas")
    parser.add_argument(
        "--accounts",
        type=int,
        default=defaults.accounts,
        metavar="N",
        help="accounts, each with its own session, balance and deals; the variable of the second is"
        " POCKET_OPTION_SSID_2",
    )
    parser.add_argument(
        "--tick-rate", type=float, default=defaults.tick_rate, help="ticks per second and asset"
    )
    parser.add_argument("--seed", type=int, default=defaults.seed, help="equal seeds quote equal prices")
    parser.add_argument("--prices", default=defaults.prices, metavar="FILE.csv", help="quote this file")
    parser.add_argument(
        "--start", type=_moment, metavar="TIME", help="where its clock begins, such as 2026-01-05T09:00Z"
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="LINE",
        help="a fault that begins at once, such as: slow rate=1000",
    )
    parser.add_argument(
        "--console", action="store_true", help="read commands from standard input, such as: help"
    )


def _settings(arguments: argparse.Namespace) -> PracticeSettings:
    regions = tuple(arguments.regions.split(","))
    ports = tuple(range(arguments.port, arguments.port + len(regions))) if arguments.port else ()
    return PracticeSettings(
        regions=regions,
        accounts=arguments.accounts,
        ports=ports,
        tick_rate=arguments.tick_rate,
        seed=arguments.seed,
        prices=arguments.prices,
        start=arguments.start,
    )


def _moment(text: str) -> float:
    """Unix seconds; raises ``ValueError`` for another format."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _serve_console(console: Console) -> None:
    """Answer each line of standard input until it ends; the lock of a buffer would hold up the exit."""
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as lines:
        for line in lines:
            _print(console.answer(line.decode(errors="replace")))


@contextmanager
def _signals() -> Iterator[socket.socket]:
    """A socket that receives a byte for every signal, so that ``recv`` returns on every platform."""
    receiver, sender = socket.socketpair()
    with receiver, sender:
        sender.setblocking(False)
        signal.set_wakeup_fd(sender.fileno())
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        yield receiver
        signal.set_wakeup_fd(-1)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
