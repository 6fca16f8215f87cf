"""The blocks in which the journal works. HOT: several for each order, so they are no generators, which take
twice the calls of Python."""

import sqlite3
from pathlib import Path

import msgspec

from actors.errors import Halted
from runtime.storage import schema


class Translated:
    """Within it, what SQLite, the disk or the file does not allow is ``Halted``."""

    __slots__ = ("_action", "_path")

    def __init__(self, action: str, path: Path) -> None:
        self._action = action
        self._path = path

    def __enter__(self) -> None:
        """Nothing has to be prepared."""

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        match error:
            case schema.Damage():
                raise Halted(f"the journal {self._path} is damaged: {error}") from error
            case sqlite3.Error() | msgspec.MsgspecError() | OSError() | ValueError() | OverflowError():
                raise Halted(
                    f"the journal {self._path} cannot be {self._action}: {error} (`tellwire doctor FILE`"
                    " looks at it and at its disk)"
                ) from error


class Setting:
    """A setting of SQLite that is another one within a block."""

    __slots__ = ("_db", "_usual", "_within")

    def __init__(self, db: sqlite3.Connection, name: str, usual: str, within: str) -> None:
        self._db = db
        self._usual, self._within = f"PRAGMA {name} = {usual}", f"PRAGMA {name} = {within}"

    def __enter__(self) -> None:
        self._db.execute(self._within)

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        self._db.execute(self._usual)
