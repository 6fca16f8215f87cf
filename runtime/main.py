"""The command that runs the client: ``python -m runtime.main CONFIG``."""

import sys
from collections.abc import Sequence

from runtime.cli.exit_codes import RUN_CODES
from runtime.cli.frame import framed, loading
from runtime.cli.sighup import no_hangup

EXIT_CODES = RUN_CODES


@framed
def main(argv: Sequence[str] | None = None, prog: str = "tellwire") -> int:
    """Run the command, which its help calls ``prog``; returns one of ``EXIT_CODES``."""
    with no_hangup():
        with loading():
            from runtime.cli import run_command  # noqa: PLC0415  # within the frame
        return run_command.main(argv, prog)


if __name__ == "__main__":
    sys.exit(main())
