"""Types of command line arguments: each raises ``argparse.ArgumentTypeError`` with a sentence."""

import argparse
import os

from runtime.config.types.units import parse_duration


def add_account(parser: argparse.ArgumentParser, default: str = "") -> None:
    """The option that names one of several accounts."""
    parser.add_argument(
        "--account", default=default, metavar="NAME", help="of an account or a feed, where there are several"
    )


def duration(text: str) -> float:
    """Seconds, such as 90, 250ms, 2m or 1h."""
    try:
        return parse_duration(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} {error}") from None


def whole_seconds(text: str) -> int:
    """A duration of one or more whole seconds."""
    seconds = duration(text)
    if seconds < 1 or seconds != int(seconds):
        raise argparse.ArgumentTypeError(f"{text!r} is not one or more whole seconds")
    return int(seconds)


def text(argument: str) -> str:
    """Words for people, or names of the venue, whatever the locale: one of ASCII alone brings the bytes of
    other letters as surrogates."""
    return os.fsencode(argument).decode("utf-8", "replace")
