"""Which account is used, and at which venue."""

import os
from typing import Annotated, Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from actors.venues import venue
from actors.venues.base import Login, Profile
from runtime.config.types import fields
from runtime.config.types.section import Section

DEFAULT_VENUE: Final = "pocketoption"
DEFAULTS: Final = venue(DEFAULT_VENUE).profile
"""The profile that the defaults of settings come from."""


def session_unless_written(profile: Profile) -> str:
    """``account.session`` in a file that leaves it out: where the variable is set, no file practises by
    accident."""
    return f"${{{profile.session_variable}:-}}"


_UNLESS_WRITTEN = Field(json_schema_extra={"default": session_unless_written(DEFAULTS)})


class AccountConfig(Section):
    """Which account is used, and at which venue."""

    venue: fields.VenueName = DEFAULT_VENUE
    """A venue that this program has, or package.module: a module of your own that defines VENUE."""
    session: Annotated[SecretStr, _UNLESS_WRITTEN] = SecretStr("")
    """What the venue logs in with, which decides demo or live; empty for practice."""
    allow_live: fields.Flag = False
    """Whether orders may stake real money: without it a live session streams, and every order is refused."""

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
    def sessions(self) -> set[str]:
        """All texts of a session: as it is written, as the venue gets it, and that of the venue's variable,
        whether it is used or not."""
        texts = {self.session.get_secret_value(), os.environ.get(self.profile.session_variable, "")}
        login = self.login
        return {text for text in texts if text.strip()} | ({login.secret.value} if login else set())

    @property
    def absence(self) -> str:
        """Why there is no session, and what to do about it."""
        variable = self.profile.session_variable
        if os.environ.get(variable, "").strip():
            mend = f"leave it out, or write {session_unless_written(self.profile)}"
            return f"is empty, so that {variable}, which is set, is not used ({mend})"
        if os.environ.get(variable):
            return f"is empty: {variable} holds only blanks (put {self.profile.session_hint} into it)"
        return f"is not set (put {self.profile.session_hint} into {variable})"
