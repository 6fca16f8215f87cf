"""What a command of an operator says: an answer on standard output, or the reason on standard error."""

import argparse
import contextlib
import json
import sys
from typing import Any

import msgspec

from runtime.cli.exit_codes import ExitCode
from runtime.cli.output.stdout import discard, has_left
from runtime.logs import printable


def say(text: str, options: argparse.Namespace) -> int:
    """One sentence; with ``--json`` an object with it."""
    return print_json({"done": text}) if options.json else print_text(printable(text))


def print_json(value: Any) -> int:
    """One document on one line; an amount is text, which keeps its decimals."""
    try:
        return print_text(msgspec.json.encode(value).decode())
    except UnicodeEncodeError:  # the name of a file that is no UTF-8
        return print_text(json.dumps(msgspec.to_builtins(value)))


def print_text(text: str) -> int:
    """Lines of text. ``UNWRITTEN`` if standard output does not take them, such as on a full disk; that its
    reader has left is no failure."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except OSError as error:
        discard()
        if has_left(error):
            return ExitCode.DONE
        return fail(f"standard output cannot be written ({error.strerror})", ExitCode.UNWRITTEN)
    return ExitCode.DONE


def note(text: str) -> None:
    """A remark on an answer, beside it; lost where standard error takes nothing: the exit code remains."""
    with contextlib.suppress(OSError):
        sys.stderr.write(text + "\n")
        sys.stderr.flush()


def fail(text: str, code: int) -> int:
    note(text)
    return code
