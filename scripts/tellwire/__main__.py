"""The program ``tellwire``, also as ``python -m tellwire``."""

import sys

from tellwire.siblings import prefer_own

INTERRUPTED = 130


def main() -> int:
    """Run the command line; returns its exit code."""
    try:
        for place in prefer_own():
            print(f"note: {place} has the name of a package of tellwire, which uses its own", file=sys.stderr)
        from runtime.program import main as program  # noqa: PLC0415  # now that ours are found first

        return program(sys.argv[1:])
    except KeyboardInterrupt:
        return INTERRUPTED


if __name__ == "__main__":
    sys.exit(main())
