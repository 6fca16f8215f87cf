"""Takes out of a recording what lets somebody log in, and what says whose account it is.

A value is replaced by one of the same form and length, so that frames keep their lengths and a session can
read what is left: a run of letters and digits becomes one of ``x``, a run of digits alone one of ``1``.
"""

import json
import math
import re
from collections import deque
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

_KEYS: Final = (
    "session",
    "session_id",
    "sessiontoken",
    "token",
    "access_token",
    "refresh_token",
    "auth",
    "secret",
    "password",
    "api_key",
    "cookie",
    "cookies",
    "sid",
    "uid",
    "user",
    "userid",
    "user_id",
    "userhash",
    "login",
    "email",
    "phone",
    "nickname",
    "name_user",
    "ip",
    "ip_address",
    "user_agent",
)
_FIELD: Final = re.compile(
    rb'"(?i:' + b"|".join(key.encode() for key in _KEYS) + rb')"\s*:\s*("(?:[^"\\]|\\.)*"|-?[0-9]+)',
    re.DOTALL,
)
_LONE_ID: Final = re.compile(rb'\{\s*"id"\s*:\s*("(?:[^"\\]|\\.)*")\s*\}')
"""An object of an id alone is what a login is answered with; rows of deals have more fields."""
_ADDRESS: Final = re.compile(
    rb"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}\.[A-Za-z0-9.-]+"
)
"""With bounds, so that a long run of letters costs no more than its length."""
_CHANGED: Final = re.compile(
    rb"(\\u[0-9A-Fa-f]{4}|\\.)|([0-9]+(?![A-Za-z\x80-\xff]))|([A-Za-z0-9\x80-\xff]+)", re.DOTALL
)
_SHORTEST: Final = 6
"""Characters; a shorter value is in half of all messages by chance."""

PATIENCE: Final = 0.25
"""Seconds."""

LONGEST: Final = 4096
"""Bytes: a longer secret may be missed where two reads share it."""

_T = TypeVar("_T")


class RecordingScrubber:
    """Knows the fields that name a person or a session, whatever their values, and ``secrets`` wherever they
    stand, also as they stand in JSON."""

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= _SHORTEST for form in _forms(secret)}
        longest_first = sorted((form.encode(errors="replace") for form in forms), key=len, reverse=True)
        self._known = re.compile(b"|".join(map(re.escape, longest_first))) if longest_first else None

    def __call__(self, data: bytes) -> bytes:
        """As long as ``data``."""
        data = _FIELD.sub(_disguised, data)
        data = _LONE_ID.sub(_disguised, data)
        data = _ADDRESS.sub(lambda found: disguise(found[0]), data)
        return self._known.sub(lambda found: disguise(found[0]), data) if self._known else data

    def text(self, text: str) -> str:
        return self(text.encode(errors="replace")).decode(errors="replace")


class ScrubbedReads(Generic[_T]):
    """The reads of one life, in which a secret may begin in one and end in another: each is held back until
    ``LONGEST`` bytes have followed it, or it is ``PATIENCE`` old: what belongs together comes together.
    ``_T`` is what the caller keeps with a read; what is no read has no bytes, and keeps its place among
    them."""

    def __init__(self, scrub: RecordingScrubber) -> None:
        self._scrub = scrub
        self._held: deque[tuple[_T, int, float]] = deque()
        self._bytes = b""
        self._clean = 0  # so many of the bytes have been looked at

    def add(self, note: _T, data: bytes, now: float) -> list[tuple[_T, bytes]]:
        """The reads that are settled by this one."""
        self._held.append((note, len(data), now))
        self._bytes += data
        if len(self._bytes) - self._clean < LONGEST:
            return []
        return self._release(LONGEST, -math.inf)

    def settled(self, now: float) -> list[tuple[_T, bytes]]:
        """The reads that are settled by now; at the end, ``now`` is infinite."""
        return self._release(math.inf, now - PATIENCE)

    @property
    def empty(self) -> bool:
        return not self._held

    def _release(self, kept: float, before: float) -> list[tuple[_T, bytes]]:
        known = max(0, self._clean - LONGEST)
        self._bytes = self._bytes[:known] + self._scrub(self._bytes[known:])
        released, at = [], 0
        while self._held:
            note, size, came = self._held[0]
            if len(self._bytes) - at - size < kept and came > before:
                break
            self._held.popleft()
            released.append((note, self._bytes[at : at + size]))
            at += size
        self._bytes = self._bytes[at:]
        self._clean = len(self._bytes)
        return released


def disguise(value: bytes) -> bytes:
    """Of the same length and form: quotes, escapes and punctuation stay."""

    def other(found: re.Match[bytes]) -> bytes:
        return found[1] or len(found[0]) * (b"1" if found[2] else b"x")

    return _CHANGED.sub(other, value)


def _disguised(found: re.Match[bytes]) -> bytes:
    whole, start = found[0], found.start(1) - found.start()
    end = found.end(1) - found.start()
    return whole[:start] + disguise(whole[start:end]) + whole[end:]


def _forms(secret: str) -> set[str]:
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
