"""``Config``, what a client is set up with, and ``PyConfig``, what ``RawPocketOption`` takes."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

_SHARED = (
    "max_allowed_loops",
    "sleep_interval",
    "reconnect_time",
    "connection_initialization_timeout_secs",
    "timeout_secs",
    "urls",
    "proxy",
    "user_agent",
    "origin",
    "sec_websocket_extensions",
    "tls_cipher_suites",
    "tls_alpn",
)
"""The fields that ``PyConfig`` has too."""
_WRITTEN = (*_SHARED[:6], "terminal_logging", "log_level", "extra_duration")
"""The fields that ``to_dict`` gives: those without a credential."""
_LEAST = {
    "max_allowed_loops": 0,
    "sleep_interval": 0,
    "reconnect_time": 1,
    "connection_initialization_timeout_secs": 1,
    "timeout_secs": 1,
}


@dataclass
class PyConfig:
    """The settings of a connection; times are in seconds."""

    max_allowed_loops: int = 100
    sleep_interval: int = 100
    reconnect_time: int = 5
    connection_initialization_timeout_secs: int = 60
    timeout_secs: int = 30
    urls: list[str] = field(default_factory=list)
    proxy: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    origin: str | None = None
    sec_websocket_extensions: str | None = None
    tls_cipher_suites: list[str] | None = None
    tls_alpn: list[str] | None = None


@dataclass
class Config:
    """The settings of a client. They cannot be changed any more once a client has been made with them.

    ``max_allowed_loops`` is the number of attempts to connect, 0 for no limit; ``reconnect_time`` the delay
    before the second one. ``sleep_interval`` means nothing, there as here. ``sec_websocket_extensions``,
    ``tls_cipher_suites`` and ``tls_alpn`` have no counterpart: a client refuses them.
    """

    max_allowed_loops: int = 100
    sleep_interval: int = 100
    reconnect_time: int = 5
    connection_initialization_timeout_secs: int = 120
    timeout_secs: int = 30
    urls: list[str] = field(default_factory=list)
    proxy: str | None = field(default=None, repr=False)
    user_agent: str | None = None
    origin: str | None = None
    sec_websocket_extensions: str | None = None
    tls_cipher_suites: list[str] | None = None
    tls_alpn: list[str] | None = None
    terminal_logging: bool = False
    log_level: str = "INFO"
    extra_duration: int = 5

    def __post_init__(self) -> None:
        self.urls = self.urls or []
        self._pyconfig: PyConfig | None = None
        self._locked = False

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_") and getattr(self, "_locked", False):
            raise RuntimeError(f"{name} cannot be changed: the configuration is in use; make another Config")
        super().__setattr__(name, value)

    @property
    def pyconfig(self) -> PyConfig:
        """These settings for ``RawPocketOption``; from now on they are locked."""
        if self._pyconfig is None:
            self._pyconfig = PyConfig(**{name: getattr(self, name) for name in _SHARED})
        self._locked = True
        return self._pyconfig

    @classmethod
    def from_dict(cls, config_dict: Mapping[str, Any]) -> Self:
        """Raises ``ValueError`` for a value that is too small; a key that is no setting is left out."""
        known = {each.name for each in fields(cls)}
        config = cls(**{name: value for name, value in config_dict.items() if name in known})
        for name, least in _LEAST.items():
            if getattr(config, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(config, name)}")
        return config

    @classmethod
    def from_json(cls, json_str: str) -> Self:
        """``from_dict`` of a JSON object."""
        return cls.from_dict(json.loads(json_str))

    def to_dict(self) -> dict[str, Any]:
        """The settings without proxy, TLS and headers."""
        return {name: getattr(self, name) for name in _WRITTEN}

    def to_json(self) -> str:
        """``to_dict`` as JSON."""
        return json.dumps(self.to_dict())

    def update(self, config_dict: Mapping[str, Any]) -> None:
        """Change several settings; a key that is no setting is left out. Raises ``RuntimeError`` once a
        client has been made with them."""
        if self._locked:
            raise RuntimeError("the configuration cannot be changed: it is in use; make another Config")
        for name in config_dict.keys() & {each.name for each in fields(self)}:
            setattr(self, name, config_dict[name])
