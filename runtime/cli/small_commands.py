"""The commands of the program that need no module of their own: check, doctor, init, version, bench."""

import argparse
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from runtime.cli.answers import fail, print_text
from runtime.cli.exit_codes import ExitCode
from runtime.cli.new_file import PRACTICE_EXAMPLE, SOURCE, default_example, write_new_file
from runtime.version import environment

DEFAULT_FILE: Final = Path("tellwire.yaml")
BENCH: Final = SOURCE / "scripts" / "bench"


def add_check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", metavar="FILE", help="the YAML file")


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    add_check_arguments(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def add_init_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", nargs="?", type=Path, default=DEFAULT_FILE, metavar="FILE", help=f"{DEFAULT_FILE} by default"
    )
    parser.add_argument("--practice", action="store_true", help="for a practice exchange that runs by itself")


def add_no_arguments(_: argparse.ArgumentParser) -> None:
    """The command takes none, or hands all of them on."""


def check(argv: Sequence[str], prog: str) -> int:
    from runtime.cli.run_command import main  # noqa: PLC0415  # loads the client

    parser = argparse.ArgumentParser(prog=prog, description="Prints every problem of a configuration.")
    add_check_arguments(parser)
    return main(["--check", "--", parser.parse_args(argv).config], prog)


def doctor(argv: Sequence[str], prog: str) -> int:
    from runtime.cli.ctl_command import main  # noqa: PLC0415  # loads what an operator needs

    parser = argparse.ArgumentParser(prog=prog, description="Checks everything that a runtime needs.")
    add_doctor_arguments(parser)
    options = parser.parse_args(argv)
    return main([options.config, "doctor", *(["--json"] if options.json else [])], prog)


def init(argv: Sequence[str], prog: str) -> int:
    """Write a new configuration, and never over a file that is there."""
    parser = argparse.ArgumentParser(prog=prog, description="Writes a commented configuration.")
    add_init_arguments(parser)
    options = parser.parse_args(argv)
    try:
        write_new_file(PRACTICE_EXAMPLE if options.practice else default_example(), options.file)
    except FileExistsError:
        return fail(f"{options.file} is there already, and stays as it is: name another", ExitCode.REFUSED)
    except FileNotFoundError:
        advice = f"make it (mkdir -p {shlex.quote(str(options.file.parent))}), or name another file"
        return fail(f"the folder {options.file.parent} does not exist: {advice}", ExitCode.REFUSED)
    except (OSError, ValueError) as error:
        reason = (isinstance(error, OSError) and error.strerror) or str(error)
        return fail(f"{options.file} cannot be written ({reason}): name another file", ExitCode.REFUSED)
    return print_text(f"{options.file} is written; next: tellwire run {options.file}")


def version(argv: Sequence[str], prog: str) -> int:
    argparse.ArgumentParser(prog=prog, description="Prints the version, and what it runs on.").parse_args(
        argv
    )
    return print_text(environment())


def bench(argv: Sequence[str], _: str) -> int:
    """Run ``scripts/bench``, which prepares an environment with the other clients."""
    if not BENCH.is_file():
        return fail(
            "the comparison with other clients needs the source of tellwire, and this is the installed"
            " package: unpack the source, and run scripts/bench there",
            ExitCode.MISUSED,
        )
    return subprocess.call([sys.executable, str(BENCH), *argv])
