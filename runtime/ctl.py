"""The operator's command: ``python -m runtime.ctl CONFIG COMMAND``."""

import sys
from collections.abc import Sequence

from runtime.cli.exit_codes import CTL_CODES
from runtime.cli.frame import framed, loading

EXIT_CODES = CTL_CODES


@framed
def main(argv: Sequence[str] | None = None, prog: str = "python -m runtime.ctl") -> int:
    """Run the command, which its help calls ``prog``; returns one of ``EXIT_CODES``."""
    with loading():
        from runtime.cli import ctl_command  # noqa: PLC0415  # within the frame
    return ctl_command.main(argv, prog)


if __name__ == "__main__":
    sys.exit(main())
