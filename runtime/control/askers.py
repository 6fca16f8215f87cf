"""The processes that are attached by the engine, as the owner of an account knows them."""

from typing import Final

from actors.messages.owners import OPERATOR, Owner

SILENT_FOR: Final = 20.0
"""Seconds after which a process that has put nothing into the engine counts as dead."""


class Askers:
    """Each by its name; all times are by one clock."""

    def __init__(self) -> None:
        self._heard_at: dict[str, float] = {}
        self._owners: dict[str, Owner] = {}

    def __repr__(self) -> str:
        return f"<Askers: {', '.join(self._heard_at)}>"

    def hear(self, asker: str, now: float) -> None:
        self._heard_at[asker] = now

    def hear_all(self, now: float) -> None:
        """None of them could be heard until now."""
        self._heard_at = dict.fromkeys(self._heard_at, now)

    def silent(self, now: float) -> list[str]:
        return [asker for asker, at in self._heard_at.items() if now > at + SILENT_FOR]

    def let_operate(self, asker: str) -> None:
        """What is streamed for it stays after it."""
        self._owners[asker] = OPERATOR

    def owner(self, asker: str, *, for_subscription: bool) -> Owner:
        """For whom its streams are kept."""
        owner = self._owners.setdefault(asker, Owner(asker))
        return owner.for_subscription if for_subscription else owner

    def remove(self, asker: str) -> Owner | None:
        """It has ended: the owner of the streams that end with it."""
        self._heard_at.pop(asker, None)
        owner = self._owners.pop(asker, OPERATOR)
        return None if owner == OPERATOR else owner
