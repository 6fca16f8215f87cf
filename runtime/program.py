"""The program ``tellwire``: one name for all commands. Each loads what it needs, and no more."""

import argparse
import difflib
import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from runtime.cli import completion, small_commands as small
from runtime.cli.answers import fail, print_text
from runtime.cli.exit_codes import ExitCode, explain
from runtime.cli.frame import framed, loading
from runtime.version import version

PROGRAM: Final = "tellwire"


class _Entry(NamedTuple):
    """``run`` takes the arguments and the name for the help, and returns an exit code; ``arguments`` has the
    function ``add_arguments`` of a command, as ``module:function``."""

    does: str
    run: Callable[[Sequence[str], str], int]
    arguments: str


def _module(name: str) -> Callable[[Sequence[str], str], int]:
    """The command of this module, which is loaded when it is run."""

    def run(argv: Sequence[str], prog: str) -> int:
        with loading():
            module = importlib.import_module(name)
        code: int = module.main(argv, prog)
        return code

    return run


def _completion(argv: Sequence[str], prog: str) -> int:
    parser, commands = _parser()
    for name, command in COMMANDS.items():
        module, _, function = command.arguments.partition(":")
        getattr(importlib.import_module(module), function)(commands.add_parser(name, help=command.does))
    return completion.print_completion(argv, prog, parser)


_SMALL: Final = small.__name__

COMMANDS: Final = {
    "run": _Entry(
        "run the client: connect, stream, take orders",
        _module("runtime.main"),
        "runtime.cli.run_command:add_arguments",
    ),
    "check": _Entry(
        "print every problem of a configuration, with file and line",
        small.check,
        f"{_SMALL}:add_check_arguments",
    ),
    "ctl": _Entry(
        "operate a runtime: status, orders, deals, halt, reload, drain, ...",
        _module("runtime.ctl"),
        "runtime.cli.ctl_command:add_arguments",
    ),
    "top": _Entry(
        "show the live table of a running runtime, with its keys",
        _module("runtime.cli.top_command"),
        "runtime.cli.top_command:add_arguments",
    ),
    "doctor": _Entry(
        "check everything that a runtime needs; none has to be running",
        small.doctor,
        f"{_SMALL}:add_doctor_arguments",
    ),
    "candles": _Entry(
        "load candles into a file: CSV, JSON lines, Parquet",
        _module("runtime.candles"),
        "runtime.cli.candles_command:add_arguments",
    ),
    "practice": _Entry(
        "run the practice exchange alone",
        _module("runtime.practice.__main__"),
        "runtime.practice.command:add_arguments",
    ),
    "engine": _Entry(
        "start an engine for the hosts of this machine, which share accounts",
        _module("runtime.cli.engine_command"),
        "runtime.cli.engine_command:add_arguments",
    ),
    "replay": _Entry(
        "drive the runtime from a recording; nothing is connected",
        _module("runtime.cli.replay_command"),
        "runtime.cli.replay_command:add_arguments",
    ),
    "report": _Entry(
        "make a page of what the orders came to, from the journal",
        _module("runtime.cli.report_command"),
        "runtime.cli.report_command:add_arguments",
    ),
    "migrate": _Entry(
        "say what becomes of a script for another client",
        _module("runtime.migrate"),
        "runtime.migrate:add_arguments",
    ),
    "init": _Entry("write a commented configuration", small.init, f"{_SMALL}:add_init_arguments"),
    "bench": _Entry(
        "compare with other clients, in a checkout of the source", small.bench, f"{_SMALL}:add_no_arguments"
    ),
    "version": _Entry("print the version, and what it runs on", small.version, f"{_SMALL}:add_no_arguments"),
    "completion": _Entry(
        "print the script by which a shell completes the commands",
        _completion,
        "runtime.cli.completion:add_arguments",
    ),
}


@framed
def main(argv: Sequence[str]) -> int:
    """Run one command; returns its exit code. What is no command is the file that ``run`` takes."""
    match argv:
        case []:
            return fail(_help(), ExitCode.MISUSED)
        case ["-h" | "--help" | "help"]:
            return print_text(_help())
        case ["help", name] if name in COMMANDS:
            return COMMANDS[name].run(["--help"], f"{PROGRAM} {name}")
        case ["-V" | "--version"]:
            return print_text(f"{PROGRAM} {version()}")
        case [name, *rest] if name in COMMANDS:
            return COMMANDS[name].run(rest, f"{PROGRAM} {name}")
        case [word, *_] if _is_a_word(word):
            near = difflib.get_close_matches(word, COMMANDS, 1)
            hint = f" (did you mean {near[0]}?)" if near else f"; {PROGRAM} --help names the commands"
            return fail(f"{PROGRAM}: {word!r} is neither a command nor a file{hint}", ExitCode.MISUSED)
    return COMMANDS["run"].run(argv, PROGRAM)


def _is_a_word(text: str) -> bool:
    """Whether it can be meant for a command: no option, no name of a file, and no file."""
    return text.isidentifier() and not Path(text).exists()


def _help() -> str:
    parser, commands = _parser()
    for name, command in COMMANDS.items():
        commands.add_parser(name, help=command.does)
    return parser.format_help().rstrip()


def _parser() -> tuple[argparse.ArgumentParser, "argparse._SubParsersAction[argparse.ArgumentParser]"]:
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        usage=f"{PROGRAM} COMMAND [ARGUMENT ...]\n       {PROGRAM} FILE [OPTION ...]   as {PROGRAM} run",
        description="Keeps connections to a trading venue alive, streams its quotes and sends orders.",
        epilog=f"Begin with {PROGRAM} init, then {PROGRAM} run {small.DEFAULT_FILE}: without an account it"
        f" practises on this machine. {PROGRAM} COMMAND --help explains a command. {explain(*ExitCode)}",
    )
    parser.add_argument("-V", "--version", action="store_true", help="print the version")
    return parser, parser.add_subparsers(title="commands", metavar="COMMAND")
