"""Whether the venue still accepts the session, judged over all connections that use it."""


class LoginRefusals:
    """Counts refused logins with no successful one in between.

    Logins in flight at the same time count as one refusal: one outage seen by ten connections is one answer,
    not ten. No login begins within ``pause`` seconds of the first refusal: two answers 60 ms apart, which
    full jitter makes possible, belong to the same outage. Nor does one count that was in flight when another
    login was accepted.
    """

    def __init__(self, pause: float, attempts: int) -> None:
        self._pause = pause
        self._attempts = attempts
        self._count = 0
        self._refused_at = self._accepted_at = float("-inf")

    def refused(self, began_at: float, now: float) -> bool:
        """A login that ``began_at`` was refused. Whether the session is to be given up."""
        if began_at < self._accepted_at:
            return False
        if began_at > self._refused_at:
            self._count += 1
            self._refused_at = now
        return self._count >= self._attempts

    def wait(self, now: float) -> float:
        """Seconds until the next login may begin."""
        return max(0.0, self._refused_at + self._pause - now) if self._count else 0.0

    def accepted(self, now: float) -> None:
        """A login has succeeded."""
        self._accepted_at = now
        self._count = 0

    def reset(self) -> None:
        """A user wants another try."""
        self._count = 0
