"""The account that a journal belongs to."""

from typing import Final, Self

from msgspec import Struct

from actors.values import AccountKind

PRACTICE: Final = "practice"


class JournalAccount(Struct, frozen=True):
    """``venue`` is the name in ``account.venue``; ``kind`` is demo, live or practice; ``user`` is its number
    or name at the venue, empty on the practice exchange, whose accounts are new with each start."""

    venue: str
    kind: str
    user: str

    @classmethod
    def practice(cls, venue: str) -> Self:
        """The account of the embedded practice exchange."""
        return cls(venue, PRACTICE, "")

    @property
    def orders_of(self) -> AccountKind:
        """What its orders name as their account."""
        return AccountKind.DEMO if self.kind == PRACTICE else AccountKind(self.kind)

    def __str__(self) -> str:
        if self.kind == PRACTICE:
            return f"the practice exchange of {self.venue}"
        return f"the {self.kind} account {self.user} of {self.venue}"
