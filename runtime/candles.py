"""The command that loads candles: ``python -m runtime.candles CONFIG ASSET``."""

import sys
from collections.abc import Sequence

from runtime.cli.exit_codes import CANDLES_CODES
from runtime.cli.frame import framed, loading

EXIT_CODES = CANDLES_CODES


@framed
def main(argv: Sequence[str] | None = None, prog: str = "candles") -> int:
    """Run the command, which its help calls ``prog``; returns one of ``EXIT_CODES``."""
    with loading():
        from runtime.cli import candles_command  # noqa: PLC0415  # within the frame
    return candles_command.main(argv, prog)


if __name__ == "__main__":
    sys.exit(main())
