"""The venue's addresses."""

from typing import Annotated

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from actors.values import AccountKind
from runtime.config.types import fields
from runtime.config.types.checks import found
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.problems import Path
from runtime.config.types.section import Section


class RegionEntry(Section):
    """One address of the venue."""

    name: fields.RegionName
    """Its name in logs and status; unique."""
    url: fields.WebSocketUrl
    """A wss:// URL; ws:// only on loopback. The host is enough: the venue's path and query are added.
    It is no secret: --print-config shows all of it, its query too."""
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
    """The venue's addresses: a demo session only goes to demo regions, a live one only to live regions."""

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
