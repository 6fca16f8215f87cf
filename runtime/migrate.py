"""The command that says what becomes of a script for another client: ``tellwire migrate SCRIPT.py``."""

import argparse
import sys
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from runtime.cli.answers import fail, print_json, print_text
from runtime.cli.exit_codes import ExitCode, explain
from runtime.cli.frame import framed, loading

if TYPE_CHECKING:
    from runtime.compat._script import Script

EXIT_CODES = (ExitCode.DONE, ExitCode.REFUSED, ExitCode.MISUSED, ExitCode.UNWRITTEN, ExitCode.INTERRUPTED)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scripts", nargs="+", metavar="SCRIPT", help="a Python file, which is not run")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


@framed
def main(argv: Sequence[str] | None = None, prog: str = "migrate") -> int:
    """Print the lines to change, and what each call of the scripts becomes; refused if one is not served."""
    parser = argparse.ArgumentParser(prog=prog, description=main.__doc__, epilog=explain(*EXIT_CODES))
    add_arguments(parser)
    options = parser.parse_args(argv)
    with loading():
        from runtime.compat._script import known_clients, read_script  # noqa: PLC0415  # within the frame

        clients = known_clients()
    found: dict[str, list[Script]] = {}
    for name in options.scripts:
        try:
            with open(name, "rb") as file:  # noqa: PTH123  # the name as it is printed
                found[name] = read_script(file.read(), clients)
        except (OSError, SyntaxError, ValueError) as error:
            return fail(f"{prog}: {name} cannot be read: {error}", ExitCode.MISUSED)
    names = ", ".join(client.package for client in clients)
    code = print_json(list(_rows(found))) if options.json else print_text("\n".join(_lines(found, names)))
    unserved = any(not each.is_served for name in found for script in found[name] for each in script.findings)
    return code or (ExitCode.REFUSED if unserved else ExitCode.DONE)


def _lines(found: "dict[str, list[Script]]", packages: str) -> Iterator[str]:
    for name, scripts in found.items():
        if not scripts:
            yield f"{name}: imports none of {packages}: nothing to change"
        for script in scripts:
            for each in script.imports:
                yield f"{name}:{each.line}: change   {each.text}\n{'':>4}to       {each.becomes}"
            for use in script.findings:
                how = use.row.how if use.row else "not served"
                yield f"{name}:{use.line}: {how:10} {use.used}{': ' if use.note else ''}{use.note}"
                if use.row and use.row.becomes:
                    yield f"{'':>4}in tellwire's own words: {use.row.becomes}"
            unserved = sum(not use.is_served for use in script.findings)
            yield f"{name}: {len(script.findings)} uses of {script.client.package}, {unserved} not served"


def _rows(found: "dict[str, list[Script]]") -> Iterator[dict[str, object]]:
    for name, scripts in found.items():
        for script in scripts:
            yield {
                "script": name,
                "client": script.client.package,
                "imports": [each._asdict() for each in script.imports],
                "uses": [
                    {
                        "line": use.line,
                        "used": use.used,
                        "how": use.row.how if use.row else "not served",
                        "becomes": use.row.becomes if use.row else "",
                        "note": use.note,
                    }
                    for use in script.findings
                ],
            }


if __name__ == "__main__":
    sys.exit(main())
