"""Whether the venue still takes the session, judged over all connections that use it."""


class LoginRefusals:
    """Counts refused logins with no successful one in between.

    Those that were under way together count as one, so that a hiccup that meets many connections is not
    taken for an answer that was asked for twice. Nobody logs in within ``pause`` seconds of the first: two
    answers 60 ms apart, which full jitter brings about, are one blip of the venue.
    """

    def __init__(self, pause: float, attempts: int) -> None:
        self._pause = pause
        self._attempts = attempts
        self._count = 0
        self._known_at = float("-inf")

    def refused(self, began_at: float, now: float) -> bool:
        """A login that ``began_at`` was refused; whether the session is to be given up."""
        if began_at > self._known_at:
            self._count += 1
            self._known_at = now
        return self._count >= self._attempts

    def wait(self, now: float) -> float:
        """Seconds until the next login may begin; 0 at once."""
        return max(0.0, self._known_at + self._pause - now) if self._count else 0.0

    def forget(self) -> None:
        """The venue has taken the session, or a person wants it to be tried again."""
        self._count = 0
