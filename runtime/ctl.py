"""The operator's command line: one command to a running runtime, its answer out, an exit code."""

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pykka
from loguru import logger
from rich.console import Console

from actors.errors import ConfigInvalid, NoRuntime, RequestError, RuntimeHung, TellwireError
from actors.messages.commands import (
    GetBalance,
    GetStatus,
    Halt,
    Restart,
    Resume,
    Subscribe,
    SubscribeTicks,
    UnsubscribeTicks,
)
from actors.messages.events import BalanceChanged
from runtime.cli.dashboard import Dashboard, DrawContext, RunInfo
from runtime.cli.doctor import Level, examine
from runtime.cli.output.counters import Counters
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.stdout import discard, has_left
from runtime.cli.stop_reasons import INTERRUPTED
from runtime.config.units import parse_duration
from runtime.control.attachment import Attachment, attach
from runtime.control.protocol import ReloadRuntime, StopRuntime
from runtime.logs import plain, printable, to_stderr
from runtime.system.reloader import unchanged

DONE, REFUSED, MISUSED, NOT_RUNNING, HUNG = 0, 1, 2, 4, 5

EXIT_CODES = (
    "0 done, 1 refused (the reason is on stderr) or a FAIL of the doctor, 2 bad arguments or configuration,"
    " 4 no runtime is running, 5 one is there that does not answer, 130 interrupted by Ctrl-C"
)

ANSWER_TIMEOUT = 15.0
"""Seconds that the runtime may take to answer."""

DRAIN_TIMEOUT = 60.0
"""Seconds; longer than a runtime takes that has to kill what does not end."""

BETWEEN_LOOKS = 0.5
"""Seconds; a rate takes two looks."""

ENDLESS = 100_000
"""Lines, and columns where there is no terminal: nothing has to fit."""

_LONGEST_WAIT = 1.0 if sys.platform == "win32" else None
"""Seconds; Windows looks for Ctrl-C only between two waits."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is one of ``EXIT_CODES``."""
    options = _parse(argv)
    logger.remove()  # what there is to say is said below
    try:
        if options.command == "doctor":
            return _doctor(options)
        try:
            attachment = attach(options.config)
        except ConfigInvalid as error:
            return _fail("\n".join(error.problems), MISUSED)
        with attachment:
            return _COMMANDS[options.command](attachment, options)
    except RuntimeHung as error:
        return _fail(str(error), HUNG)
    except NoRuntime as error:
        return _fail(str(error), NOT_RUNNING)
    except TellwireError as error:
        return _fail(str(error), REFUSED)
    except pykka.Timeout:
        return _fail(f"no answer within {ANSWER_TIMEOUT:g} s; it may still be done", HUNG)
    except OSError as error:
        if not has_left(error):
            raise
        discard()
        return DONE
    except KeyboardInterrupt:
        return INTERRUPTED


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m runtime.ctl",
        description="Looks after the runtime that runs with CONFIG.",
        epilog=f"exit codes: {EXIT_CODES}",
    )
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the YAML file, or the control socket")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--json", action="store_true", help="answer in JSON")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, does: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[shared], help=does, description=does)

    command("status", "show how everything is")
    command("events", "follow what happens, a line of JSON per event").add_argument(
        "prefix", nargs="?", default="", metavar="PREFIX", help="of the topics: tick., order., connection."
    )
    command("reload", "read the configuration again")
    command("drain", "stop politely; returns when the runtime has ended")
    command("restart", "start a connection or a worker anew").add_argument("name", metavar="NAME")
    command("halt", "send no order from now on").add_argument(
        "reason", nargs="*", metavar="REASON", help="in as many words as it takes"
    )
    command("resume", "allow orders again")
    subscribe = command("subscribe", "keep an asset streaming")
    subscribe.add_argument("asset", metavar="ASSET")
    subscribe.add_argument("--period", type=_period, default=60, metavar="TIME", help="of its bars: 60, 5m")
    command("unsubscribe", "let go of a stream").add_argument("asset", metavar="ASSET")
    command("doctor", "look for what stands in the way; needs no running runtime")
    return parser.parse_args(argv)


def _period(text: str) -> int:
    try:
        return int(parse_duration(text))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _status(attachment: Attachment, options: argparse.Namespace) -> int:
    status = _ask(attachment, GetStatus())
    if options.json:
        return _print_json(status)
    runtime = attachment.runtime
    practises = runtime.session == "practice"
    venue = "PRACTICE EXCHANGE: invented quotes" if practises else runtime.venue
    console, tally = Console(highlight=False), Counters()
    if not console.is_terminal:
        console = Console(highlight=False, width=ENDLESS)  # who reads it has room, or cuts it
    dashboard = Dashboard(RunInfo(venue, runtime.session), tally)
    began = time.monotonic() - runtime.uptime
    _draw(dashboard, status, began, console.width)
    attachment.ended.wait(BETWEEN_LOOKS)
    with contextlib.suppress(RequestError):  # the venue may not have told it yet
        tally.count([BalanceChanged(_ask(attachment, GetBalance(deadline=BETWEEN_LOOKS)))])
    with console.capture() as drawn:
        console.print(_draw(dashboard, _ask(attachment, GetStatus()), began, console.width))
    return _print("\n".join(line.rstrip() for line in drawn.get().splitlines()))


def _draw(dashboard: Dashboard, status: Any, began: float, width: int) -> Any:
    return dashboard.draw(status, DrawContext(time.time(), time.monotonic() - began, width, ENDLESS))


def _events(attachment: Attachment, options: argparse.Namespace) -> int:
    def gone(_: OSError) -> None:
        attachment.router.stop(block=False)

    output = JsonLines(sys.stdout.fileno(), to_stderr(plain), gone)
    _ask(attachment, Subscribe(options.prefix, to=output.show, batch=True))
    try:
        while not attachment.ended.wait(_LONGEST_WAIT):
            continue
    except KeyboardInterrupt:
        return DONE  # there is no other way to end it
    return DONE


def _drain(attachment: Attachment, options: argparse.Namespace) -> int:
    _ask(attachment, StopRuntime())
    if attachment.ended.wait(DRAIN_TIMEOUT):
        return _say("the runtime has ended", options)
    return _fail(f"the runtime has not ended within {DRAIN_TIMEOUT:g} s", REFUSED)


def _halt(attachment: Attachment, options: argparse.Namespace) -> int:
    _ask(attachment, Halt(" ".join(options.reason)))
    return _say("no order is sent from now on", options)


def _resume(attachment: Attachment, options: argparse.Namespace) -> int:
    was_halted = _ask(attachment, Resume())
    return _say("orders are sent again" if was_halted else "orders had not been halted", options)


def _reload(attachment: Attachment, options: argparse.Namespace) -> int:
    changed = _ask(attachment, ReloadRuntime())
    if changed:
        return _say(f"in effect: {', '.join(changed)}", options)
    return _say(unchanged(_ask(attachment, GetStatus()).reload), options)


def _restart(attachment: Attachment, options: argparse.Namespace) -> int:
    _ask(attachment, Restart(options.name))
    return _say(f"{options.name} starts anew", options)


def _subscribe(attachment: Attachment, options: argparse.Namespace) -> int:
    confirmed = _ask(attachment, SubscribeTicks(options.asset, options.period))
    return _say(f"{confirmed.asset} streams on {confirmed.connection}", options)


def _unsubscribe(attachment: Attachment, options: argparse.Namespace) -> int:
    _ask(attachment, UnsubscribeTicks(options.asset))
    return _say(f"{options.asset} streams no more", options)


_COMMANDS: dict[str, Callable[[Attachment, argparse.Namespace], int]] = {
    "status": _status,
    "events": _events,
    "reload": _reload,
    "drain": _drain,
    "restart": _restart,
    "halt": _halt,
    "resume": _resume,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}


def _doctor(options: argparse.Namespace) -> int:
    try:
        findings = examine(options.config)
    except ConfigInvalid as error:
        return _fail("\n".join(error.problems), MISUSED)
    if options.json:
        _print_json({"findings": findings})
    else:
        for finding in findings:
            _print(printable(f"{finding.level.value:<4}  {finding.subject}: {finding.text}"))
    return REFUSED if any(finding.level is Level.FAIL for finding in findings) else DONE


def _ask(attachment: Attachment, command: Any) -> Any:
    return attachment.router.ask(command, timeout=ANSWER_TIMEOUT)


def _say(text: str, options: argparse.Namespace) -> int:
    return _print_json({"done": text}) if options.json else _print(printable(text))


def _print_json(value: Any) -> int:
    return _print(msgspec.json.encode(value).decode())


def _print(text: str) -> int:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
    return DONE


def _fail(text: str, code: int) -> int:
    sys.stderr.write(text + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
