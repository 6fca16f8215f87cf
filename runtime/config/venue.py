"""The sections that say who trades, and where."""

import os
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from actors.values import AccountKind
from actors.venues import venue
from actors.venues.base import Login, Profile
from runtime.config import fields
from runtime.config.checks import found
from runtime.config.fields import WHOLE_NUMBER
from runtime.config.problems import Path
from runtime.config.section import Section

DEFAULT_VENUE: Final = "pocketoption"
DEFAULTS: Final = venue(DEFAULT_VENUE).profile
"""What a setting is that the file leaves out, where the venue decides."""


def session_unless_written(profile: Profile) -> str:
    """What ``account.session`` is in a file that leaves it out: an environment that trades does not practise
    because of a file that is silent about it."""
    return f"${{{profile.session_variable}:-}}"


_UNLESS_WRITTEN = Field(json_schema_extra={"default": session_unless_written(DEFAULTS)})


class AccountConfig(Section):
    """Which account is used, and at which venue."""

    venue: fields.VenueName = DEFAULT_VENUE
    """A venue that this program has, or package.module: a module of your own that defines VENUE."""
    session: Annotated[SecretStr, _UNLESS_WRITTEN] = SecretStr("")
    """What the venue logs in with, which decides demo or live; empty for practice."""

    @field_validator("session")
    @classmethod
    def _must_be_usable(cls, session: SecretStr, info: ValidationInfo) -> SecretStr:
        if session.get_secret_value().strip() and "venue" in info.data:
            venue(info.data["venue"]).parse_login(session.get_secret_value())
        return session

    @property
    def profile(self) -> Profile:
        """The facts of the venue."""
        return venue(self.venue).profile

    @property
    def login(self) -> Login | None:
        """The parsed session; ``None`` where none is set."""
        text = self.session.get_secret_value()
        return venue(self.venue).parse_login(text) if text.strip() else None

    @property
    def absence(self) -> str:
        """Why there is no session, and what to do about it."""
        variable = self.profile.session_variable
        if os.environ.get(variable, "").strip():
            mend = f"leave it out, or write {session_unless_written(self.profile)}"
            return f"is empty, so that {variable}, which is set, is not used ({mend})"
        return f"is not set (put {self.profile.session_hint} into {variable})"


class RegionEntry(Section):
    """One address of the venue."""

    name: fields.RegionName
    """What logs and status call it; unique."""
    url: fields.WebSocketUrl
    """A wss:// URL; ws:// only on loopback."""
    priority: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 0
    """The lowest is tried first; by default the position in the list, from 1."""


def _with_positions(entries: object) -> object:
    if not isinstance(entries, list):
        return entries
    return [
        {"priority": position, **entry} if isinstance(entry, dict) else entry
        for position, entry in enumerate(entries, start=1)
    ]


RegionList = Annotated[list[RegionEntry], BeforeValidator(_with_positions)]


class RegionsConfig(Section):
    """Where the venue is: a demo session only goes to demo regions, a live one only to live regions."""

    demo: RegionList = []
    """Addresses for demo sessions."""
    live: RegionList = []
    """Addresses for live sessions."""

    def of(self, account: AccountKind) -> list[RegionEntry]:
        """The addresses for accounts of this kind."""
        return self.demo if account is AccountKind.DEMO else self.live

    @field_validator("demo", "live")
    @classmethod
    def _must_be_apart(cls, entries: list[RegionEntry], info: ValidationInfo) -> list[RegionEntry]:
        names = {entry.name for entry in info.data.get("demo", ())}
        problems: list[tuple[Path, str]] = []
        for index, entry in enumerate(entries):
            if entry.name in names:
                problems.append(((index, "name"), "is the name of another region too"))
            names.add(entry.name)
        if problems:
            raise found(problems)
        return entries
