"""The epochs that a host has seen, in a file: an engine that lost its counters gives none of them again."""

import os
from pathlib import Path

import msgspec
from loguru import logger


class EpochMemory:
    """The greatest epoch of each duty. Without ``path`` it lasts as long as the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._epochs = self._read()

    def __repr__(self) -> str:
        return f"<EpochMemory of {len(self._epochs)} duties>"

    def newest(self, duty: str) -> int:
        """0: none was seen."""
        return self._epochs.get(duty, 0)

    def keep(self, duty: str, epoch: int) -> None:
        """On the disk when this returns, unless it cannot be written: then it is in the log."""
        if epoch <= self.newest(duty):
            return
        self._epochs[duty] = epoch
        if self._path is None:
            return
        for name, other in self._read().items():  # another process of this host may have written it
            self._epochs[name] = max(other, self.newest(name))
        part = self._path.with_name(f"{self._path.name}.{os.getpid()}")
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with part.open("wb") as file:
                file.write(msgspec.json.encode(self._epochs))
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._path)
        except OSError as error:
            logger.warning("the epochs of this host are not kept: {}; let it be written to", error)

    def _read(self) -> dict[str, int]:
        if self._path is None:
            return {}
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=dict[str, int])
        except FileNotFoundError:
            return {}
        except (OSError, msgspec.MsgspecError) as error:
            logger.warning("this host forgot its epochs: {}; remove {} or let it be read", error, self._path)
            return {}
