"""The operator's command: one request to a running runtime, its answer out, an exit code."""

import argparse
import contextlib
import functools
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from loguru import logger
from msgspec.structs import replace

from actors.errors import ConfigInvalid, NoRuntime, RuntimeHung, TellwireError
from actors.messages.commands import GetStatus, Subscribe
from actors.messages.topics import topic_values, topics
from runtime.cli import arguments, host_commands, order_commands
from runtime.cli.answers import fail, print_json, print_text, say
from runtime.cli.asking import ask
from runtime.cli.exit_codes import CTL_CODES, ExitCode, explain
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.stdout import has_left
from runtime.control.attachment import Attachment, attach
from runtime.control.protocol import ReloadRuntime, StopRuntime
from runtime.logs import plain, printable, to_stderr
from runtime.monitoring import operations
from runtime.monitoring.operations import Operation
from runtime.monitoring.readiness import Reason, not_ready
from runtime.system.reload_texts import pending_text, unchanged

DRAIN_TIMEOUT = 60.0
"""Seconds; a runtime that has to kill its workers takes less."""

_LONGEST_WAIT = 1.0 if sys.platform == "win32" else None
"""Seconds; Windows handles Ctrl-C only between two waits."""


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Run one command; returns one of ``CTL_CODES``. What only some commands need is imported by them: an
    operator in a hurry waits for the imports."""
    options = _parse(argv, prog)
    logger.remove()  # this command says everything itself
    try:
        return _run(options)
    except ConfigInvalid as error:
        return fail("\n".join(error.problems), ExitCode.MISUSED)
    except RuntimeHung as error:
        return fail(str(error), ExitCode.NO_ANSWER)
    except NoRuntime as error:
        return fail(str(error), ExitCode.NOT_RUNNING)
    except TellwireError as error:
        return fail(str(error), ExitCode.REFUSED)


def _run(options: argparse.Namespace) -> int:
    """Raises what the command raises, for ``main`` to tell."""
    if (alone := _WITHOUT_RUNTIME.get(options.command)) is not None:
        return alone(options)
    named = options.account or (None if options.command in _OF_THE_PROCESS else "")
    with attach(options.config, account=named, operates=True) as attachment:
        try:
            return _COMMANDS[options.command](attachment, options)
        except ConfigInvalid as error:  # a reload: the arguments were right
            return fail(str(error), ExitCode.REFUSED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    shared = _shared(parser)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, does: str, *more: argparse.ArgumentParser) -> argparse.ArgumentParser:
        return commands.add_parser(name, parents=[shared, *more], help=does, description=does)

    command("accounts", "show how each account and each feed is")
    command("status", "show connections, streams, workers and limits")
    command("health", "say whether it is ready: connected, and every stream as it should be").add_argument(
        "--alive", action="store_true", help="say only whether every actor answers, with or without a venue"
    )
    command("events", "follow the events, one line of JSON each").add_argument(
        "topic",
        nargs="?",
        default=">",
        metavar="TOPIC",
        help="tick.EURUSD_otc, or with wildcards: order.>, all orders; by default >, all events",
    )
    command("topics", "list all topics, and the fields of their events; no runtime has to be running")
    command("reload", "read the configuration again")
    command("drain", "stop politely; returns when the runtime has ended")
    command("restart", "restart a connection or a worker", _words("name", "NAME"))
    reason = argparse.ArgumentParser(add_help=False)
    reason.add_argument(
        "reason", type=arguments.text, nargs="*", metavar="REASON", help="any number of words"
    )
    command("disconnect", "close all connections until connect", reason)
    command("connect", "connect again after disconnect")
    command("halt", "send no order from now on", reason)
    command("resume", "allow orders again")
    asset = _words("asset", "ASSET")
    command("subscribe", "keep an asset streaming", asset).add_argument(
        "--period", type=arguments.whole_seconds, default=60, metavar="TIME", help="of its bars: 60, 5m"
    )
    command("unsubscribe", "end the stream of an asset", asset)
    order_commands.add_commands(command)
    host_commands.add_commands(command)
    command("doctor", "check everything that a runtime needs; none has to be running")


def _shared(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """Add what stands before the command; the parent of the parsers of all commands."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="the YAML file, or the control socket")
    arguments.add_account(parser)
    shared = argparse.ArgumentParser(add_help=False)
    arguments.add_account(shared, default=argparse.SUPPRESS)  # it may stand before the command or after it
    shared.add_argument("--json", action="store_true", help="answer in JSON")
    return shared


def _words(name: str, shown: str, **more: Any) -> argparse.ArgumentParser:
    """A parent for the parser of a command that takes words."""
    parent = argparse.ArgumentParser(add_help=False)
    parent.add_argument(name, type=arguments.text, metavar=shown, **more)
    return parent


def _parse(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Operates the runtime that runs with CONFIG.",
        epilog=explain(*CTL_CODES),
    )
    add_arguments(parser)
    return parser.parse_args(argv)


def _status(attachment: Attachment, options: argparse.Namespace) -> int:
    if options.json:
        status = ask(attachment, GetStatus())
        told = print_json(status)
    else:
        from runtime.cli.status_text import status_text  # noqa: PLC0415  # loads rich

        text, status = status_text(attachment, _target(options), functools.partial(ask, attachment))
        told = print_text(text)
    return told or (ExitCode.DONE if status.outage is None else ExitCode.OUTAGE)


def _target(options: argparse.Namespace) -> str:
    """What this operator's commands name."""
    return f"{options.config} --account {options.account}" if options.account else str(options.config)


def _accounts(attachment: Attachment, options: argparse.Namespace) -> int:
    from runtime.cli.account_table import account_table, all_accounts  # noqa: PLC0415  # only this needs it

    states = all_accounts(attachment)
    told = print_json({"accounts": states}) if options.json else print_text(account_table(states))
    return told or (ExitCode.DONE if any(each.state == "up" for each in states) else ExitCode.OUTAGE)


def _health(attachment: Attachment, options: argparse.Namespace) -> int:
    if attachment.runtime.accounts:
        reasons = _reasons_of_all(attachment, options)
    else:
        status = ask(attachment, GetStatus())
        reasons = [] if options.alive else not_ready(status)
    if options.alive and not reasons:
        return say("alive", options)
    if options.json:
        print_json({"ready": not reasons, "reasons": reasons})
    elif reasons:
        return fail("\n".join(reason.text for reason in reasons), ExitCode.REFUSED)
    else:
        print_text("ready")
    return ExitCode.REFUSED if reasons else ExitCode.DONE


def _reasons_of_all(attachment: Attachment, options: argparse.Namespace) -> list[Reason]:
    """Why the accounts of a process are not ready, or with ``--alive`` do not answer; each text names one."""
    found: list[Reason] = []
    for name in attachment.runtime.accounts:
        try:
            with attach(options.config, account=name, operates=True) as each:
                reasons = not_ready(ask(each, GetStatus()))
        except NoRuntime as error:
            reasons = [Reason("status", "", f"it does not run: {error}")]
        if options.alive:
            reasons = [reason for reason in reasons if reason.kind == "status"]
        found += [replace(reason, text=f"{name}: {reason.text}") for reason in reasons]
    return found


def _events(attachment: Attachment, options: argparse.Namespace) -> int:
    failures: list[OSError] = []

    def on_write_failed(error: OSError) -> None:
        failures.append(error)
        attachment.router.stop(block=False)

    output = JsonLines(sys.stdout.fileno(), to_stderr(plain), on_write_failed)
    ask(attachment, Subscribe(options.topic, to=output.show, batch=True))
    with contextlib.suppress(KeyboardInterrupt):  # no other way ends it
        while not attachment.ended.wait(_LONGEST_WAIT):
            continue
    if failures and not has_left(failures[0]):
        return fail(f"standard output cannot be written ({failures[0].strerror})", ExitCode.UNWRITTEN)
    return ExitCode.DONE


def _drain(attachment: Attachment, options: argparse.Namespace) -> int:
    ask(attachment, StopRuntime())
    if attachment.ended.wait(DRAIN_TIMEOUT):
        return say("the runtime has ended", options)
    return fail(f"the runtime has not ended within {DRAIN_TIMEOUT:g} s", ExitCode.REFUSED)


def _halt(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.halt(" ".join(options.reason)), options)


def _resume(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.resume(), options)


def _reload(attachment: Attachment, options: argparse.Namespace) -> int:
    changed = ask(attachment, ReloadRuntime())
    if attachment.runtime.accounts:
        return say(f"in effect: {', '.join(changed)}" if changed else "nothing has changed", options)
    status = ask(attachment, GetStatus())
    said = f"in effect: {', '.join(changed)}" if changed else unchanged(status.reload, time.time())
    pending = pending_text(status.pending_streams)
    return say(f"{said}; pending: {pending}" if pending else said, options)


def _restart(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.restart(options.name), options)


def _disconnect(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.disconnect(" ".join(options.reason)), options)


def _connect(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.connect(), options)


def _subscribe(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.subscribe(options.asset, options.period), options)


def _unsubscribe(attachment: Attachment, options: argparse.Namespace) -> int:
    return _operate(attachment, operations.unsubscribe(options.asset), options)


def _operate(attachment: Attachment, operation: Operation, options: argparse.Namespace) -> int:
    return say(operation.said(ask(attachment, operation.command)), options)


_OF_THE_PROCESS = frozenset({"accounts", "health", "reload", "drain"})
"""The commands that, without the name of an account, mean all of them."""

_COMMANDS: dict[str, Callable[[Attachment, argparse.Namespace], int]] = {
    "accounts": _accounts,
    "status": _status,
    "health": _health,
    "events": _events,
    "reload": _reload,
    "drain": _drain,
    "restart": _restart,
    "disconnect": _disconnect,
    "connect": _connect,
    "halt": _halt,
    "resume": _resume,
    "subscribe": _subscribe,
    "unsubscribe": _unsubscribe,
}


def _topics(options: argparse.Namespace) -> int:
    if options.json:
        return print_json({"topics": topics(), "values": topic_values()})
    return print_text(
        "\n".join(f"{info.topic:<20}  {info.event}({', '.join(info.fields)})" for info in topics())
    )


def _doctor(options: argparse.Namespace) -> int:
    from runtime.cli.doctor import examine  # noqa: PLC0415  # loads all of the client
    from runtime.cli.findings import Level  # noqa: PLC0415

    findings = examine(options.config, options.account)
    lines = (printable(f"{found.level.value:<4}  {found.subject}: {found.text}") for found in findings)
    told = print_json({"findings": findings}) if options.json else print_text("\n".join(lines))
    failed = any(finding.level is Level.FAIL for finding in findings)
    return ExitCode.REFUSED if failed else told


_WITHOUT_RUNTIME: dict[str, Callable[[argparse.Namespace], int]] = {
    "orders": order_commands.orders,
    "deals": order_commands.deals,
    "balance": order_commands.balance,
    "hosts": host_commands.hosts,
    "maintenance": host_commands.maintenance,
    "move": host_commands.move,
    "doctor": _doctor,
    "topics": _topics,
}
"""The commands that look for a runtime themselves, and answer without one as far as they can."""
