"""The texts that are sent after each login of a connection, with their owners."""

from collections.abc import Callable

from actors.messages.owners import Owner


class RawRepeats:
    """A text is kept for each owner that wants it, and sent once."""

    def __init__(self) -> None:
        self._kept: list[tuple[str, Owner, str]] = []

    def __repr__(self) -> str:
        return f"<RawRepeats: {len(self._kept)} kept>"

    def keep(self, connection: str, owner: Owner, text: str) -> None:
        if (connection, owner, text) not in self._kept:
            self._kept.append((connection, owner, text))

    def of(self, connection: str) -> list[str]:
        """The texts for ``connection``, each once, in the order in which they were first sent."""
        return list(dict.fromkeys(text for name, _, text in self._kept if name == connection))

    def withdraw(self, owner: Owner, text: str, connection: str) -> bool:
        """Whether ``owner`` had it sent on ``connection``, or (``""``) on any."""
        return self._drop(lambda name, by, kept: by == owner and kept == text and connection in {"", name})

    def end(self, owner: Owner) -> None:
        """``owner`` has ended."""
        self._drop(lambda _, by, __: by == owner)

    def _drop(self, goes: Callable[[str, Owner, str], bool]) -> bool:
        before = len(self._kept)
        self._kept = [each for each in self._kept if not goes(*each)]
        return len(self._kept) < before
