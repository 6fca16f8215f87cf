"""The practice exchange on its own: ``python -m runtime.practice``."""

import sys
from collections.abc import Sequence

from runtime.cli.frame import framed, loading


@framed
def main(argv: Sequence[str] | None = None, prog: str = "python -m runtime.practice") -> int:
    """Run the command, which its help calls ``prog``; returns its exit code."""
    with loading():
        from runtime.practice import command  # noqa: PLC0415  # within the frame
    return command.main(argv, prog)


if __name__ == "__main__":
    sys.exit(main())
