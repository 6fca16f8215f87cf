"""The rate at which bytes may leave."""

_HEAD_END = b"\r\n\r\n"
_SLICE = 0.01
"""Seconds between two pieces, so that a high rate does not write byte by byte."""


class Pacing:
    """A queue of bytes that leave at a rate (bytes per second); ``now`` is in seconds.

    Time in which nothing waits earns no credit. While ``held`` is set, nothing leaves.
    """

    def __init__(self) -> None:
        self.held = False
        self._waiting = bytearray()
        self._rate: float | None = None
        self._head_rate: float | None = None
        self._head_left = 0
        self._since = 0.0

    def __len__(self) -> int:
        """How many bytes wait."""
        return len(self._waiting)

    @property
    def unhindered(self) -> bool:
        """Whether bytes may leave at once."""
        return not (self.held or self._waiting or self._rate or self._head_rate)

    def set_rate(self, rate: float | None, now: float) -> None:
        """``None`` sets no limit."""
        if rate != self._rate:
            self._rate, self._since = rate, now

    def dribble(self, interval: float | None) -> None:
        """Let the next HTTP header leave one byte per ``interval`` seconds; ``None`` ends that."""
        self._head_rate = None if interval is None else 1 / interval
        self._head_left = 0

    def put(self, data: bytes, now: float) -> None:
        if self._head_rate is not None and not self._head_left:
            end = data.find(_HEAD_END)
            self._head_left = len(data) if end < 0 else end + len(_HEAD_END)
        if not self._waiting:
            self._since = now
        self._waiting += data

    def take(self, now: float) -> bytes:
        """The next bytes that may leave now; call it until it returns none."""
        rate = self._current_rate
        count = len(self._waiting) if rate is None else self._earned(rate, now)
        if self._head_left:
            count = min(count, self._head_left)
        if self.held or not count:
            return b""
        piece = bytes(self._waiting[:count])
        del self._waiting[:count]
        if rate is not None:
            self._since += count / rate
        if self._head_left:
            self._head_left -= count
            if not self._head_left:
                self._head_rate = None
        return piece

    def pause(self) -> float | None:
        """Seconds until more may leave; ``None`` if time alone releases nothing."""
        rate = self._current_rate
        if self.held or not self._waiting or rate is None:
            return None
        return max(1 / rate, _SLICE)

    @property
    def _current_rate(self) -> float | None:
        return self._head_rate if self._head_left else self._rate

    def _earned(self, rate: float, now: float) -> int:
        rounding = 1e-6  # of a byte: a timer may fire slightly early
        return min(int((now - self._since) * rate + rounding), len(self._waiting))
