"""The script by which a shell completes the commands; shtab derives it from the parsers."""

import argparse
import importlib.util
import shlex
import sys
from collections.abc import Iterator, Sequence
from typing import Final

from runtime.cli.answers import fail, print_text
from runtime.cli.exit_codes import ExitCode

SHELLS: Final = ("bash", "zsh", "fish")
PATHS: Final = {"config", "file", "output"}
"""The arguments that are files."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=SHELLS, help="for which shell")


def print_completion(argv: Sequence[str], prog: str, program: argparse.ArgumentParser) -> int:
    """Print the script for ``program``, whose parser has those of all commands."""
    parser = argparse.ArgumentParser(
        prog=prog,
        description="Prints the script by which a shell completes the commands.",
        epilog='bash: eval "$(tellwire completion bash)" in ~/.bashrc. zsh: tellwire completion zsh'
        " > FOLDER/_tellwire, where FOLDER is in $fpath. fish: tellwire completion fish"
        " > ~/.config/fish/completions/tellwire.fish",
    )
    add_arguments(parser)
    options = parser.parse_args(argv)
    if importlib.util.find_spec("shtab") is None:
        command = shlex.join([sys.executable or "python", "-m", "pip", "install", "shtab"])
        return fail(f"this needs shtab, which is not installed: {command}", ExitCode.MISUSED)
    import shtab  # noqa: PLC0415  # an extra

    for action in _actions(program):
        if action.dest in PATHS:
            action.complete = shtab.FILE  # type: ignore[attr-defined]  # where shtab looks for it
    return print_text(shtab.complete(program, shell=options.shell).rstrip())


def _actions(parser: argparse.ArgumentParser) -> Iterator[argparse.Action]:
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to list them
        yield action
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in action.choices.values():
                yield from _actions(inner)
