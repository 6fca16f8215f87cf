"""The command that runs the client: arguments in, a run or an answer, an exit code out."""

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from actors.errors import AuthRejected, ConfigInvalid, JournalInUse
from runtime.cli import arguments
from runtime.cli.answers import fail, print_text
from runtime.cli.exit_codes import RUN_CODES, ExitCode, explain
from runtime.cli.output.stdout import OutputFailed, draws_tables
from runtime.cli.run import NothingUp, Run, RunOptions
from runtime.config import Config, effective_yaml, json_schema, load

if TYPE_CHECKING:
    from runtime.cli.host_run import HostRun


def main(argv: Sequence[str] | None, prog: str) -> int:
    """Run the command; returns one of ``RUN_CODES``. The first SIGINT or SIGTERM ends a run with ``DONE``,
    the second with ``INTERRUPTED``."""
    options = _parse(argv, prog)
    try:
        if options.print_schema:
            return print_text(json.dumps(json_schema(), indent=2))
        config = load(options.config)
        if options.account:
            config = config.of(options.account)
        if options.live and not config.duties and config.account.login is None:
            raise ConfigInvalid([f"{options.config}: account.session: {config.account.absence}"])
        if options.check:
            return print_text(f"{options.config} is valid")
        if options.print_config:
            return print_text(effective_yaml(config).rstrip())
        return _run(config, options)
    except ConfigInvalid as error:
        return fail("\n".join(error.problems), ExitCode.MISUSED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="the YAML file")
    arguments.add_account(parser)
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="print every problem of the file, run nothing")
    instead.add_argument(
        "--print-config", action="store_true", help="print the file with all defaults and without secrets"
    )
    instead.add_argument(
        "--print-schema", action="store_true", help="print the JSON Schema of the file; needs no CONFIG"
    )
    parser.add_argument(
        "--duration", type=arguments.duration, metavar="TIME", help="stop after: 90, 250ms, 2m, 1h"
    )
    parser.add_argument(
        "--output",
        choices=("table", "log", "json"),
        default="table" if draws_tables() else "log",
        help="table: a live table, the default on a terminal; log: log lines, the default elsewhere;"
        " json: one line of JSON for each event",
    )
    venue = parser.add_mutually_exclusive_group()
    venue.add_argument("--practice", action="store_true", help="use the practice exchange, whatever is set")
    venue.add_argument(
        "--live", action="store_true", help="do not practise, and send orders of a live session"
    )


def _parse(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Keeps connections to a trading venue alive and shows the events that they bring.",
        epilog=f"{explain(*RUN_CODES)}; the first Ctrl-C stops politely with 0, the second interrupts",
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    if options.config is None and not options.print_schema:
        parser.error("CONFIG, the YAML file, is missing; tellwire init writes one")
    return options


def _run(config: Config, options: argparse.Namespace) -> ExitCode:
    practice = True if options.practice else False if options.live else None
    wanted = RunOptions(options.output, options.duration, practice, options.live)
    match _chosen(config)(config, wanted).go():
        case None:
            return ExitCode.DONE
        case JournalInUse():
            return ExitCode.IN_USE
        case AuthRejected():
            return ExitCode.LOGIN_REFUSED
        case NothingUp():
            return ExitCode.OUTAGE
        case OutputFailed():
            return ExitCode.UNWRITTEN
        case _:
            return ExitCode.FAILED


def _chosen(config: Config) -> "type[Run | HostRun]":
    if not config.duties:
        return Run
    from runtime.cli.host_run import HostRun  # noqa: PLC0415  # not everybody needs it

    return HostRun
