"""What is wrong with a configuration, and where."""

import re
from typing import NamedTuple

Path = tuple[str | int, ...]

_NAME = re.compile(r"[A-Za-z_.-]{1,40}[0-9]{0,2}")


class Mark(NamedTuple):
    """A place in a file; both count from 1, as editors do."""

    line: int
    column: int

    @classmethod
    def after(cls, text: str) -> "Mark":
        """The place that follows ``text``."""
        return cls(text.count("\n") + 1, len(text) - text.rfind("\n"))


class Marks:
    """The places of the keys and values of a file."""

    def __init__(self) -> None:
        self.keys: dict[Path, Mark] = {}
        self.values: dict[Path, Mark] = {}

    def key(self, path: Path) -> Mark:
        """Where the key at ``path`` stands, or the nearest value around it."""
        return self.keys.get(path) or self.value(path)

    def value(self, path: Path) -> Mark:
        """Where the value at ``path`` begins, or the nearest one around it."""
        while path and path not in self.values:
            path = path[:-1]
        return self.values.get(path, Mark(1, 1))


class EntryMarks(Marks):
    """The places of the settings of one entry: in the entry, or else at the top of the file."""

    def __init__(self, marks: Marks, entry: Path) -> None:
        super().__init__()
        self._marks = marks
        self._entry = entry

    def key(self, path: Path) -> Mark:
        own = (*self._entry, *(path[1:] if path[:1] == ("account",) else path))
        there = own in self._marks.keys or own in self._marks.values
        return self._marks.key(own) if there or path not in self._marks.keys else self._marks.key(path)

    def value(self, path: Path) -> Mark:
        return self.key(path)


class Unreadable(Exception):
    """A file or value cannot be read; the message follows its name, ``mark`` is the place inside a file."""

    def __init__(self, reason: str, mark: Mark | None = None) -> None:
        super().__init__(reason)
        self.mark = mark


class Problem(NamedTuple):
    """One thing that is wrong; problems sort in the order of the file."""

    mark: Mark
    path: Path
    text: str

    def line(self, name: str) -> str:
        place = f"{name}:{self.mark.line}:{self.mark.column}"
        return ": ".join(filter(None, (place, dotted(self.path), self.text)))


def dotted(path: Path) -> str:
    """``streams[0].asset``; a key that is no name is not repeated, since it may be a misplaced secret."""
    parts = []
    for step in path:
        if isinstance(step, int):
            parts.append(f"[{step}]")
        else:
            parts.append("." + (step if _NAME.fullmatch(step) else "?"))
    return "".join(parts).removeprefix(".")
