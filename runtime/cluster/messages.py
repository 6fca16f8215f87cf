"""What a host tells its steward."""

from collections.abc import Mapping

from msgspec import Struct

from actors.tenancy.tenancy import Duty


class DutyFailed(Struct, frozen=True):
    """What the duty needs has failed on this host: another one may try."""

    duty: str


class HandOver(Struct, frozen=True):
    """This host has no connection for the feed; a warm host is to take it."""

    duty: str


class Assign(Struct, frozen=True):
    """The duties of this host from now on, and the settings that all hosts must have alike."""

    duties: tuple[Duty, ...]
    settings: Mapping[str, str]
