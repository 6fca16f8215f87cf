"""The base of all commands."""

from typing import Any, ClassVar, Generic, get_args

from msgspec import Struct
from typing_extensions import TypeVar, get_original_bases

from actors.messages.conversion import convert_fields

A_co = TypeVar("A_co", covariant=True, default=Any)


class Command(Struct, Generic[A_co], frozen=True, kw_only=True, tag=True):
    """Parent of all commands; the parameter is the type of the answer.

    The answer is due ``deadline`` seconds after the command arrives; by default that is the configuration's
    ``connection.message_timeout``. An ask raises ``RequestTimeout`` then. A command that was told and cannot
    be fulfilled is published as ``CommandFailed``.

    Numbers of NumPy and pandas are taken where numbers are, a ``timedelta`` where a length of time is, and a
    ``datetime`` with a time zone where a time is. A field that cannot be converted is refused by the router.
    """

    times: ClassVar[frozenset[str]] = frozenset()
    """The fields that are moments, in Unix seconds."""

    deadline: float | None = None

    def __post_init__(self) -> None:
        convert_fields(self, self.times)


def answer_type(kind: type[Command]) -> Any:
    """The type of the answer to a command of this kind, one of ``COMMANDS``."""
    [answer] = get_args(get_original_bases(kind)[0])
    return None if answer is type(None) else answer
