"""Secrets, and their removal from text."""

import re
from collections.abc import Iterable

HIDDEN = "***"

_TOKEN = re.compile(r"(?=[A-Za-z]*[0-9])[A-Za-z0-9]{10,}")

_TOO_SHORT = 8
"""Characters; hiding a shorter value would garble the log and protect nothing."""


def tokens(secret: str) -> set[str]:
    """The long runs of letters and digits in ``secret``: quoting and cutting do not change them."""
    return set(_TOKEN.findall(secret))


def secrets_in(sessions: Iterable[str], others: Iterable[str]) -> set[str]:
    """What no line may contain: parts of session strings, and values of header fields and passwords."""
    found = {value for value in others if len(value) >= _TOO_SHORT}
    for session in sessions:
        found |= {session, *tokens(session)}
    return found


class Scrubber:
    """Replaces secrets in text by ``HIDDEN``; any thread may call it while another one adds secrets."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: set[str] = set()
        self._any: re.Pattern[str] | None = None
        self.hide(secrets)

    def hide(self, secrets: Iterable[str]) -> None:
        """Hide these too from now on."""
        self._secrets |= set(filter(None, secrets))
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._any = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, text: str) -> str:
        return self._any.sub(HIDDEN, text) if self._any else text
