"""Fuzzes a session with inputs that atheris derives from the code that they reach."""

import argparse
import importlib
import sys
from pathlib import Path

LONGEST = 16 * 1024
"""The largest input in bytes; more than linear cost is seen at that size."""

SLOWEST = 10
"""Seconds that one input may take: a thousand times the usual."""


def main() -> None:
    """Never returns: libFuzzer ends the process, with 0 when the time is up."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="duration in seconds (60)")
    options = parser.parse_args()
    try:
        atheris = importlib.import_module("atheris")
    except ImportError:
        sys.exit(f"atheris is needed, and not installed: {sys.executable} -m pip install 'atheris>=2.3,<4'")
    with atheris.instrument_imports(include=["actors.venues", "actors.protocols"]):
        target = importlib.import_module("labs.fuzz.target")

    def one_input(data: bytes) -> None:
        target.one_input(data)

    corpus, words = options.folder / "corpus", options.folder / "words"
    corpus.mkdir()
    for number, seed in enumerate(target.seeds()):
        (corpus / f"seed-{number}").write_bytes(seed)
    words.write_text("".join(f'"{_escaped(word)}"\n' for word in target.WORDS))
    limits = [
        "-verbosity=0",
        f"-max_total_time={options.seconds}",
        f"-max_len={LONGEST}",
        f"-timeout={SLOWEST}",
    ]
    files = [f"-dict={words}", "-artifact_prefix=fuzz-", str(corpus)]
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", *files], one_input)
    atheris.Fuzz()


def _escaped(word: str) -> str:
    """In the format of a dictionary of libFuzzer."""
    return "".join(chr(byte) if chr(byte).isalnum() else f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main()
