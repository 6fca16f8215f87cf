"""How long an HTTP answer asks us not to call again (RFC 9110, 10.2.3)."""

import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

LONGEST = 3600.0
"""Seconds; a mistake of the server must not keep us away for days."""

ASKING_TO_WAIT = frozenset({429, 503})
"""The HTTP statuses whose ``Retry-After`` is about us, or about the server as a whole."""

_SECONDS = re.compile("[0-9]+")


def retry_after(fields: Mapping[str, str], now: float) -> float | None:
    """Seconds from now, at most an hour; ``None`` if the header (``fields``, in lower case) does not say.

    A date counts from the answer's own ``Date``, as our clock may be wrong, else from ``now`` (UTC).
    """
    value = fields.get("retry-after", "").strip()
    if _SECONDS.fullmatch(value):
        return min(float(value), LONGEST)
    until = http_date(value)
    if until is None:
        return None
    since = http_date(fields.get("date", ""))
    return min(max(0.0, until - (now if since is None else since)), LONGEST)


def http_date(text: str) -> float | None:
    """Seconds since 1970 of an HTTP-date, which is in UTC whatever it says (RFC 9110, 5.6.7)."""
    try:
        return parsedate_to_datetime(text).replace(tzinfo=UTC).timestamp()
    except (ValueError, OverflowError):
        return None
