"""The pages of the command line, from the parsers of the commands and their exit codes."""

import argparse
import importlib
from collections.abc import Iterator
from unittest import mock

from runtime.cli.exit_codes import CANDLES_CODES, CTL_CODES, REPORT_CODES, RUN_CODES, ExitCode, meaning
from runtime.program import COMMANDS, PROGRAM

COLUMNS = "100"
"""Of the help; it must not depend on the terminal of whoever builds the site."""


def page() -> str:
    """The help of every command, and of the commands of ``ctl``."""
    parts = ["# Command line\n\nWhat each command prints for `--help`.\n"]
    with mock.patch.dict("os.environ", {"COLUMNS": COLUMNS}):
        for name, entry in COMMANDS.items():
            parser = argparse.ArgumentParser(prog=f"{PROGRAM} {name}", description=entry.does)
            module, _, function = entry.arguments.partition(":")
            getattr(importlib.import_module(module), function)(parser)
            parts.append(f"## {PROGRAM} {name}\n\n```text\n{parser.format_help().rstrip()}\n```\n")
            parts.extend(
                f"### {inner.prog}\n\n```text\n{inner.format_help().rstrip()}\n```\n"
                for inner in _commands(parser)
            )
    return "\n".join(parts)


def exit_codes_page() -> str:
    """What the commands end with."""
    users = {"run": RUN_CODES, "ctl": CTL_CODES, "candles": CANDLES_CODES, "report": REPORT_CODES}
    rows = [
        f"| {code.value} | {meaning(code)} | "
        + ", ".join(f"`{PROGRAM} {name}`" for name, codes in users.items() if code in codes)
        + " |"
        for code in ExitCode
    ]
    return (
        "# Exit codes\n\nOne number means the same in each command.\n\n| code | means | of |\n|---|---|---|\n"
        + "\n".join(rows)
        + "\n"
    )


def _commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to list them
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for inner in dict.fromkeys(action.choices.values()):
                yield inner
                yield from _commands(inner)
