"""Several problems of one value, each at its own place below it."""

from collections.abc import Sequence

from pydantic_core import PydanticCustomError

from runtime.config.types.problems import Path, dotted

KIND = "found"


def found(problems: Sequence[tuple[Path, str]]) -> PydanticCustomError:
    """The error for a pydantic validator to raise; ``problems`` are paths below the value, and texts."""
    text = "; ".join(f"{dotted(path)} {text}".strip() for path, text in problems)
    return PydanticCustomError(KIND, "{text}", {"text": text, "problems": list(problems)})


def repeated(key: str, values: Sequence[str], text: str) -> list[tuple[Path, str]]:
    """``text`` for the ``key`` of each entry in a list whose value an earlier entry has too."""
    first = {value: index for index, value in reversed(list(enumerate(values)))}
    return [((index, key), text) for index, value in enumerate(values) if first[value] != index]
