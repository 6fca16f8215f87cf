"""Inputs for a conversation, made by atheris from what code they reach."""

import argparse
import sys
from pathlib import Path

try:
    import atheris
except ImportError:
    sys.exit(f"atheris is needed, and not installed: {sys.executable} -m pip install 'atheris>=2.3,<4'")

with atheris.instrument_imports(include=["actors.venues", "actors.protocols"]):
    from labs.fuzz import target

LONGEST = 16 * 1024
"""Bytes of an input; what costs more than linear time shows by then."""

SLOWEST = 10
"""Seconds that one input may take, a thousand times what they do."""


def main() -> None:
    """Never returns: libFuzzer ends the process, with 0 when the time is up."""
    parser = argparse.ArgumentParser(prog="fuzz", description=__doc__)
    parser.add_argument("folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, default=60, metavar="N", help="for so long; 60")
    options = parser.parse_args()
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
    atheris.Setup([sys.argv[0], *limits, "-print_final_stats=1", *files], _one_input)
    atheris.Fuzz()


def _one_input(data: bytes) -> None:
    target.one_input(data)


def _escaped(word: str) -> str:
    """As libFuzzer's dictionaries have it."""
    return "".join(chr(byte) if chr(byte).isalnum() else f"\\x{byte:02x}" for byte in word.encode())


if __name__ == "__main__":
    main()
