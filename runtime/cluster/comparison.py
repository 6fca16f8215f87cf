"""How a host tells others of its settings, and looks at theirs."""

from collections.abc import Mapping

from loguru import logger

from runtime.cluster.differences import differences
from runtime.cluster.engine import Engine


class Comparison:
    """``settings`` are those that all hosts must have alike; ``life`` is that of this ``host``."""

    def __init__(self, engine: Engine, host: str, life: str, settings: Mapping[str, str]) -> None:
        self._engine = engine
        self._host, self._life = host, life
        self._settings = settings
        self._is_described = False
        self._compared: dict[str, str] = {}  # the lives of hosts whose settings are known

    def __repr__(self) -> str:
        return f"<Comparison of {self._host} with {', '.join(self._compared)}>"

    def change(self, settings: Mapping[str, str]) -> None:
        self._settings = settings
        self._is_described = False
        self._compared.clear()

    def describe_again(self) -> None:
        """The engine may have lost what it was told."""
        self._is_described = False

    def compare(self, hosts: Mapping[str, str]) -> None:
        """Describe this host, and look once at how each other one has described itself in its life; ``hosts``
        are the lives of all. Raises ``EngineAway``."""
        if not self._is_described:
            self._engine.describe(self._host, self._life, self._settings)
            self._is_described = True
        for name, life in hosts.items():
            if name == self._host or self._compared.get(name) == life:
                continue
            described, settings = self._engine.described(name)
            if described != life:
                continue  # it is about to
            self._compared[name] = life
            if found := ", ".join(differences(self._settings, settings)):
                text = "host {} has other settings than this one ({}): give all hosts the same file"
                logger.warning(text, name, found)
