"""How fast bytes may leave."""

_HEAD_END = b"\r\n\r\n"
_SLICE = 0.01
"""Seconds: what flows fast leaves in pieces so far apart instead of byte by byte."""


class Pacing:
    """Bytes in order, as many at a time as the rates (bytes per second) allow by ``now`` (seconds).

    Time in which nothing waits earns no credit. While it is ``held``, nothing leaves.
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
        """Whether what is put now can leave now, as a rule."""
        return not (self.held or self._waiting or self._rate or self._head_rate)

    def set_rate(self, rate: float | None, now: float) -> None:
        """``None`` sets no limit."""
        if rate != self._rate:
            self._rate, self._since = rate, now

    def dribble(self, interval: float | None) -> None:
        """Let the next HTTP header that is put leave one byte per ``interval`` seconds, or like all else."""
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
        """What leaves now; ask until there is nothing more."""
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
        """Seconds until more may leave; ``None`` if nothing waits for time alone."""
        rate = self._current_rate
        if self.held or not self._waiting or rate is None:
            return None
        return max(1 / rate, _SLICE)

    @property
    def _current_rate(self) -> float | None:
        return self._head_rate if self._head_left else self._rate

    def _earned(self, rate: float, now: float) -> int:
        rounding = 1e-6  # of a byte: a clock that was asked to wait for one may be a breath early
        return min(int((now - self._since) * rate + rounding), len(self._waiting))
