"""The limit on repeated lines."""

import msgspec

from runtime.logs.line import Line

MINUTE = 60.0

_Key = tuple[str, str, str]


class _Window(msgspec.Struct):
    """A minute of one kind of line; ``last`` is the newest of the ``held`` lines, which were not written."""

    began: float
    passed: int = 0
    held: int = 0
    last: Line | None = None


class Repeats:
    """Passes ``limit`` lines of one kind in a minute and counts the rest; 0 passes all.

    Lines of the same process, place in the code and level are of one kind; their text may differ. ``now`` is
    in seconds on any monotonic clock. A count is due when its minute is over; it is returned with the next
    line of any kind.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._windows: dict[_Key, _Window] = {}

    def take(self, line: Line, now: float) -> list[Line]:
        """The lines to write now that ``line`` has come."""
        if not self._limit:
            return [line]
        due = [
            msgspec.structs.replace(count, time=line.time)
            for key in [key for key, window in self._windows.items() if now - window.began >= MINUTE]
            for count in _counted(self._windows.pop(key))
        ]
        window = self._windows.setdefault((line.source, line.place, line.level), _Window(now))
        if window.passed < self._limit:
            window.passed += 1
            return [*due, line]
        window.held += 1
        window.last = line
        return due

    def rest(self) -> list[Line]:
        """The counts that are not due yet; resets all of them."""
        windows, self._windows = self._windows, {}
        return [count for window in windows.values() for count in _counted(window)]


def _counted(window: _Window) -> list[Line]:
    if window.last is None:
        return []
    text = f"{window.last.message} ... repeated {window.held} times"
    return [msgspec.structs.replace(window.last, message=text, trace=())]
