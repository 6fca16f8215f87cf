"""The tree of topics, and the patterns that match parts of it, by the rules of NATS.

A topic has one or two tokens: the first ends at the first dot, and all the rest is the second, so that an
asset or the name of a server's event is one token, even with dots in it. In a pattern ``*`` stands for one
token and ``>``, as the last token, for one or more. ``""`` is ``>``, and a trailing dot is ``.>``: these two
forms are those of earlier versions, where a topic was a prefix.
"""

import difflib
import re
from typing import Any, Final, NamedTuple, get_args

from msgspec import Struct, structs

from actors.messages.events import EVENTS
from actors.values import Tick

TICK: Final = "tick"
WIRE: Final = "wire"
ONE: Final = "*"
REST: Final = ">"

ON_REQUEST: Final = frozenset(kind.base_topic for kind in EVENTS if kind.on_request)
"""The first tokens of the topics that a pattern has to name: what costs much, and what few want."""

_MODULES: Final = re.compile(r"\b\w+\.(?=\w)")


class TopicPattern(NamedTuple):
    """What a subscription wants: each of ``first`` and ``second`` is a token or a wildcard. ``second`` is
    ``None`` if there is none, and ``*`` for ``>`` too: no token follows it."""

    first: str
    second: str | None

    def matches(self, topic: str) -> bool:
        """Whether ``topic``, which is no pattern, is one of those wanted."""
        first, dot, second = topic.partition(".")
        if self.first != first and first in ON_REQUEST:
            return False
        if self.first == REST:
            return True
        if self.first not in {ONE, first}:
            return False
        if self.second is None or not dot:
            return self.second is None and not dot
        return self.second in {ONE, second}

    def covers(self, other: "TopicPattern") -> bool:
        """Whether it matches every topic that ``other`` matches."""
        if self.first != other.first and other.first in ON_REQUEST:
            return False
        if self.first == REST:
            return True
        if self.first not in {ONE, other.first} or other.first == REST:
            return False
        if self.second is None or other.second is None:
            return self.second == other.second
        return self.second in {ONE, other.second}

    @property
    def is_exact(self) -> bool:
        """Whether it has no wildcard, so that it matches one topic."""
        return self.first not in {ONE, REST} and self.second != ONE

    @property
    def asset(self) -> str:
        """The asset that its topic names; ``""`` if it names none, or several."""
        return (self.second or "") if self.first in _OF_ASSETS and self.is_exact else ""

    @property
    def wire_of(self) -> str:
        """The connection whose messages it matches, ``*`` for all of them; ``""`` if it matches none."""
        return self.second or "" if self.first == WIRE else ""

    @property
    def ticks_of(self) -> str:
        """The asset, if it matches the ticks of this one asset and nothing else; otherwise ``""``."""
        return self.asset if self.first == TICK else ""


def pattern(topic: str) -> TopicPattern:
    """``topic`` as a subscription names it."""
    first, dot, second = topic.partition(".")
    if not topic or first == REST:
        return TopicPattern(REST, None)
    return TopicPattern(first, (ONE if second in {"", REST} else second) if dot else None)


class TopicInfo(Struct, frozen=True):
    """One topic of the tree. Its second token may be a name that varies: ``varies_by`` is the field of the
    event that it comes from, and ``topic`` has it in capital letters.

    ``fields`` are the names of the event's fields with their types; ``description`` is that of the event.
    """

    topic: str
    event: str
    fields: dict[str, str]
    description: str
    varies_by: str = ""


def _info(kind: type[Struct], base: str, varies_by: str) -> TopicInfo:
    topic = f"{base}.{varies_by.upper()}" if varies_by else base
    return TopicInfo(topic, kind.__name__, _fields(kind), " ".join((kind.__doc__ or "").split()), varies_by)


def _fields(kind: type[Struct]) -> dict[str, str]:
    return {field.name: _type_text(field.type) for field in structs.fields(kind)}


def _type_text(annotation: Any) -> str:
    """``list[Candle]``, without the modules of the names."""
    return annotation.__name__ if isinstance(annotation, type) else _MODULES.sub("", str(annotation))


_TOPICS: Final[tuple[TopicInfo, ...]] = tuple(
    sorted(
        [
            _info(Tick, TICK, "asset"),
            *(_info(kind, kind.base_topic, kind.varies_by) for kind in EVENTS if not kind.internal),
        ],
        key=lambda info: info.topic,
    )
)
_FIRST_OF: Final = {info.topic: info.topic.partition(".")[0] for info in _TOPICS}
_FIRSTS: Final = tuple(dict.fromkeys(_FIRST_OF.values()))
_FIXED: Final = tuple(info.topic for info in _TOPICS if not info.varies_by)
_VARYING: Final = frozenset(_FIRST_OF[info.topic] for info in _TOPICS if info.varies_by)
_OF_ASSETS: Final = frozenset(_FIRST_OF[info.topic] for info in _TOPICS if info.varies_by == "asset")


def topics() -> tuple[TopicInfo, ...]:
    """Every topic that a subscription can match, with its event and that event's fields, by name."""
    return _TOPICS


def topic_values() -> dict[str, dict[str, str]]:
    """The fields, with their types, of each value that a field of an event holds, by the value's class."""
    found: dict[str, dict[str, str]] = {}
    waiting: list[Any] = [kind for kind in EVENTS if not kind.internal]
    while waiting:
        for field in structs.fields(waiting.pop()):
            for part in _structs_in(field.type):
                if part.__name__ not in found:
                    found[part.__name__] = _fields(part)
                    waiting.append(part)
    return dict(sorted(found.items()))


def _structs_in(annotation: Any) -> list[type[Struct]]:
    if isinstance(annotation, type) and issubclass(annotation, Struct):
        return [annotation]
    return [found for part in get_args(annotation) for found in _structs_in(part)]


def refusal(topic: str) -> str:
    """Why no event can ever match ``topic``, and the nearest one that can be matched; ``""``: one can."""
    wanted = pattern(topic)
    if problem := _misused_wildcard(topic, wanted):
        return problem
    if _can_match(wanted):
        return ""
    near = _nearest(topic)
    hint = f"did you mean {near}?" if near else f"the first tokens are {', '.join(_FIRSTS)}"
    return f"no event has the topic {topic!r} ({hint})"


def _misused_wildcard(topic: str, wanted: TopicPattern) -> str:
    if wanted.first == REST and topic not in {"", REST}:
        return f"in the topic {topic!r} something follows {REST}, which has to be the last token"
    if wanted.second is not None and wanted.second.startswith(f"{REST}."):
        near = f"{wanted.first}.{ONE}"
        return (
            f"in the topic {topic!r} something follows {REST}, which has to be the last token"
            f" (did you mean {near}?)"
        )
    for token in wanted:
        if token and token not in {ONE, REST} and (ONE in token or REST in token):
            near = f"{wanted.first}.{ONE}" if wanted.first in _FIRSTS else REST
            return (
                f"in the topic {topic!r} a wildcard is a part of a token: {ONE} stands for one whole token, "
                f"{REST} for all that follow (did you mean {near}?)"
            )
    return ""


def _can_match(wanted: TopicPattern) -> bool:
    if wanted.first in {*_VARYING, ONE} and wanted.second:
        return True
    return any(wanted.matches(topic) for topic in _FIXED)


def _nearest(topic: str) -> str:
    written = topic.strip()
    if "." not in written and "/" in written:  # as MQTT separates tokens
        written = written.replace("/", ".")
    first, dot, second = written.partition(".")
    near_first = first.lower() if first.lower() in _FIRSTS else _close(first.lower(), _FIRSTS)
    if near_first in _VARYING:
        return f"{near_first}.{second or REST}"
    if near_first in _FIXED:
        return near_first
    if near_first:
        below = [known.partition(".")[2] for known in _FIXED if _FIRST_OF[known] == near_first]
        return f"{near_first}.{_close(second.lower(), below) or REST}"
    if not dot and written != written.lower():  # most likely an asset
        return f"{TICK}.{written}"
    return _close(written.lower(), _FIXED)


def _close(text: str, known: tuple[str, ...] | list[str]) -> str:
    return next(iter(difflib.get_close_matches(text, known, n=1)), "")
