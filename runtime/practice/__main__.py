"""The practice exchange on its own: ``python -m runtime.practice``."""

import argparse
import signal
import socket
import sys

from loguru import logger

from actors.errors import ConfigInvalid
from runtime.practice import PracticeExchange, PracticeSettings


def main() -> int:
    """Run until Ctrl-C or SIGTERM; 0 after that, 2 if the arguments or a port cannot be used."""
    arguments = _parser().parse_args()
    logger.remove()
    logger.add(sys.stderr, format="{time:HH:mm:ss.SSS} {message}", diagnose=False, backtrace=False)
    try:
        with PracticeExchange(_settings(arguments)) as exchange:
            for region in exchange.regions:
                _say(f"{region.name} {region.url}")
            _say(f"POCKET_OPTION_SSID='{exchange.session}'")
            _wait_for_a_signal()
    except (ConfigInvalid, OSError) as error:
        logger.error("{}", error)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    defaults = PracticeSettings()
    parser = argparse.ArgumentParser(prog="python -m runtime.practice", description=main.__doc__)
    parser.add_argument("--port", type=int, default=0, help="of the first region; the others take the next")
    parser.add_argument("--regions", default=",".join(defaults.regions), help="names, divided by commas")
    parser.add_argument("--tick-rate", type=float, default=defaults.tick_rate, help="per second and asset")
    parser.add_argument("--seed", type=int, default=defaults.seed, help="equal seeds quote equal prices")
    return parser


def _settings(arguments: argparse.Namespace) -> PracticeSettings:
    regions = tuple(arguments.regions.split(","))
    ports = tuple(range(arguments.port, arguments.port + len(regions))) if arguments.port else ()
    return PracticeSettings(regions=regions, ports=ports, tick_rate=arguments.tick_rate, seed=arguments.seed)


def _wait_for_a_signal() -> None:
    """Sleep in ``recv`` until the interpreter writes a signal's number: it wakes on every platform."""
    receiver, sender = socket.socketpair()
    sender.setblocking(False)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    signal.set_wakeup_fd(sender.fileno())
    receiver.recv(1)
    signal.set_wakeup_fd(-1)


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
