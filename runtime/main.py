"""The command line: arguments in, a run or an answer, an exit code out."""

import argparse
import json
import sys
from collections.abc import Sequence

from actors.errors import AuthRejected, ConfigInvalid
from runtime.cli.output.stdout import discard, has_left
from runtime.cli.run import Run, RunOptions
from runtime.cli.stop_reasons import INTERRUPTED
from runtime.config import Config, effective_yaml, json_schema, load
from runtime.config.units import parse_duration

CLEAN, MISUSED, REFUSED, FAILED = 0, 2, 3, 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 0 for a clean end, 2 for a bad configuration, 3 for a refused
    session, 70 for a failure that nothing could mend and 130 for a run cut short."""
    options = _parse(argv)
    try:
        if options.print_schema:
            return _answer(json.dumps(json_schema(), indent=2))
        config = load(options.config)
        if options.live and config.account.login is None:
            raise ConfigInvalid([f"{options.config}: account.session: {config.account.absence}"])
        if options.check:
            return _answer(f"{options.config} is valid")
        if options.print_config:
            return _answer(effective_yaml(config).rstrip())
        return _run(config, options)
    except ConfigInvalid as error:
        sys.stderr.write("".join(f"{problem}\n" for problem in error.problems))
        return MISUSED
    except KeyboardInterrupt:
        return INTERRUPTED


def _parse(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tellwire",
        description="Keeps connections to a trading venue alive and shows what comes over them.",
        epilog="exit codes: 0 clean, 2 bad configuration or arguments, 3 session refused by the venue,"
        " 70 internal failure, 130 second Ctrl-C",
    )
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="the YAML file")
    instead = parser.add_mutually_exclusive_group()
    instead.add_argument("--check", action="store_true", help="print every problem of the file, run nothing")
    instead.add_argument("--print-config", action="store_true", help="with all defaults, without secrets")
    instead.add_argument("--print-schema", action="store_true", help="JSON Schema of the file; needs none")
    parser.add_argument("--duration", type=_duration, metavar="TIME", help="run so long: 90, 250ms, 2m, 1h")
    parser.add_argument(
        "--output",
        choices=("table", "log", "json"),
        default="table" if sys.stdout.isatty() else "log",
        help="table: live, the default on a terminal; log: the default elsewhere; json: a line per event",
    )
    venue = parser.add_mutually_exclusive_group()
    venue.add_argument("--practice", action="store_true", help="use the practice exchange, whatever is set")
    venue.add_argument("--live", action="store_true", help="never use the practice exchange")
    options = parser.parse_args(argv)
    if options.config is None and not options.print_schema:
        parser.error("CONFIG, the YAML file, is missing")
    return options


def _duration(text: str) -> float:
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def _run(config: Config, options: argparse.Namespace) -> int:
    practice = True if options.practice else False if options.live else None
    match Run(config, RunOptions(options.output, options.duration, practice)).go():
        case None:
            return CLEAN
        case AuthRejected():
            return REFUSED
        case _:
            return FAILED


def _answer(text: str) -> int:
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        if not has_left(error):
            raise
        discard()
    return CLEAN


if __name__ == "__main__":
    sys.exit(main())
