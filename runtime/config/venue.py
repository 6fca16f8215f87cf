"""The sections that say who trades, and where."""

import os
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, SecretStr, ValidationInfo, field_validator

from actors.venues.pocketoption.login import Login, parse_session
from runtime.config import fields
from runtime.config.addresses import is_demo_host
from runtime.config.checks import found
from runtime.config.fields import WHOLE_NUMBER
from runtime.config.problems import Path
from runtime.config.section import Section

SESSION_VARIABLE: Final = "POCKET_OPTION_SSID"
SESSION_UNLESS_WRITTEN: Final = f"${{{SESSION_VARIABLE}:-}}"
"""What ``account.session`` is in a file that leaves it out: an environment that trades does not practise
because of a file that is silent about it."""

_UNLESS_WRITTEN = Field(json_schema_extra={"default": SESSION_UNLESS_WRITTEN})


class AccountConfig(Section):
    """Who trades."""

    session: Annotated[SecretStr, _UNLESS_WRITTEN] = SecretStr("")
    """The browser's whole 42["auth",{...}] message, which decides demo or live; empty for practice."""

    @field_validator("session")
    @classmethod
    def _must_be_usable(cls, session: SecretStr) -> SecretStr:
        if session.get_secret_value().strip():
            parse_session(session.get_secret_value())
        return session

    @property
    def session_string(self) -> Login | None:
        """The parsed session; ``None`` where none is set."""
        text = self.session.get_secret_value()
        return parse_session(text) if text.strip() else None

    @property
    def absence(self) -> str:
        """Why there is no session, and what to do about it."""
        if os.environ.get(SESSION_VARIABLE, "").strip():
            mend = f"leave it out, or write {SESSION_UNLESS_WRITTEN}"
            return f"is empty, so that {SESSION_VARIABLE}, which is set, is not used ({mend})"
        return f'is not set (put the browser\'s 42["auth",...] into {SESSION_VARIABLE})'


class RegionEntry(Section):
    """One address of the venue."""

    name: fields.RegionName
    """What logs and status call it; unique."""
    url: fields.WebSocketUrl
    """wss://HOST/socket.io/?EIO=4&transport=websocket; ws:// only on loopback."""
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

    @field_validator("demo", "live")
    @classmethod
    def _must_be_apart(cls, entries: list[RegionEntry], info: ValidationInfo) -> list[RegionEntry]:
        names = {entry.name for entry in info.data.get("demo", ())}
        problems: list[tuple[Path, str]] = []
        for index, entry in enumerate(entries):
            if entry.name in names:
                problems.append(((index, "name"), "is the name of another region too"))
            if is_demo_host(entry.url) not in {None, info.field_name == "demo"}:
                problems.append(((index, "url"), f"is not a host for {info.field_name} sessions"))
            names.add(entry.name)
        if problems:
            raise found(problems)
        return entries
