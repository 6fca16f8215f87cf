"""The owners of the series of bars of one asset: a series ends with its last owner."""

from actors.messages.owners import Owner, spoken


class SeriesOwners:
    """The owners of each series, by its name, in the order in which they came."""

    def __init__(self) -> None:
        self._owners: dict[str, dict[Owner, None]] = {}

    def __len__(self) -> int:
        return len(self._owners)

    def keep(self, name: str, owner: Owner) -> None:
        self._owners.setdefault(name, {})[owner.itself] = None

    def owns(self, name: str, owner: Owner) -> bool:
        return owner.itself in self._owners.get(name, {})

    def release(self, name: str, owner: Owner) -> str | None:
        """The owners that are left, as a text; ``None``: the series has ended."""
        owners = self._owners[name]
        owners.pop(owner.itself, None)
        if owners:
            return self.spoken(name)
        del self._owners[name]
        return None

    def of(self, owner: Owner) -> list[str]:
        """The series that ``owner`` has."""
        return [name for name, owners in self._owners.items() if owner.itself in owners]

    def spoken(self, name: str) -> str:
        """The owners as a text; ``""``: there are none."""
        return spoken([owner.name for owner in self._owners.get(name, {})])
