"""Builds the documentation site, or serves it while its pages are written."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

PLAN = Path(__file__).with_name("mkdocs.yml")


def main(argv: Sequence[str]) -> int:
    """Returns the exit code of mkdocs: 1 if the build has a warning."""
    parser = argparse.ArgumentParser(prog="scripts/docs", description=__doc__)
    parser.add_argument(
        "--into", type=Path, default=Path("build/site"), metavar="FOLDER", help="build/site by default"
    )
    parser.add_argument(
        "--serve", action="store_true", help="serve on port 8000 of this machine, and build after a change"
    )
    options = parser.parse_args(argv)
    work = ["serve"] if options.serve else ["build", "--site-dir", str(options.into.absolute())]
    # mkdocs-material prints an advertisement for the successor of mkdocs otherwise.
    environment = {**os.environ, "NO_MKDOCS_2_WARNING": "1", "DISABLE_MKDOCS_2_WARNING": "true"}
    command = [sys.executable, "-P", "-m", "mkdocs", *work, "--config-file", str(PLAN), "--strict"]
    code = subprocess.call(command, env=environment)
    if code == 0 and not options.serve:
        print(f"{options.into / 'index.html'} is written")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
