"""The configuration of the runtime, made of what a client is given."""

import re
from typing import Final

from actors.errors import ConfigInvalid, LoginInvalid
from actors.values import AccountKind
from runtime.compat import _shared
from runtime.compat.binaryoptionstools.config import PyConfig
from runtime.compat.binaryoptionstools.errors import InvalidParameterError, PocketOptionError
from runtime.config import Config as RuntimeConfig

GUEST_HOSTS: Final[tuple[str, ...]] = ("try-demo-eu.po.market",)
DEMO_HOSTS: Final[tuple[str, ...]] = ("demo-api-eu.po.market", *GUEST_HOSTS)
LIVE_HOSTS: Final[tuple[str, ...]] = (
    "api-eu.po.market",
    "api-us-south.po.market",
    "api-asia.po.market",
    "api-msk.po.market",
    "api-fr.po.market",
    "api-us-north.po.market",
)

THEIR_DEFAULTS: Final = {
    "max_allowed_loops": {100},
    "reconnect_time": {5},
    "connection_initialization_timeout_secs": {60, 120},
    "timeout_secs": {30},
}
"""What is not chosen: there the runtime keeps its own."""

MOST_OPEN: Final = 1000
"""The client limits no number of open deals, and leaves that to the venue."""

POOL: Final[dict[str, object]] = {"connections": 1, "max_connections": 16, "workers": 0}
"""One connection, as theirs, so that a raw message comes once; more where their streams need them."""

LONGEST_DELAY: Final = 30
_SHELL_ATE_QUOTES: Final = re.compile(r"""^42\[['"]?auth['"]?\s*,""")


class InvalidSession(PocketOptionError, ValueError):
    """The SSID is none; the text says what it is and what to give instead."""


def mended(ssid: str) -> str:
    """``ssid`` with the quotes around ``auth`` that a shell may have removed."""
    if not isinstance(ssid, str):
        raise TypeError(f"the SSID has to be a text, not {type(ssid).__name__}")
    return _SHELL_ATE_QUOTES.sub('42["auth",', ssid.strip(), count=1)


def runtime_config(ssid: str, given: PyConfig) -> RuntimeConfig:
    """Raises ``InvalidSession`` for the SSID, ``InvalidParameterError`` for a setting."""
    try:
        login = _shared.parse_session(ssid)
        hosts = DEMO_HOSTS if login.account is AccountKind.DEMO else LIVE_HOSTS
        if login.guest:
            hosts = GUEST_HOSTS
        urls = given.urls or [f"wss://{host}" for host in hosts]
        names = {f"region-{number}": url for number, url in enumerate(urls, start=1)}
        return _shared.configuration(ssid, names, _sections(given))
    except LoginInvalid as error:
        raise InvalidSession(str(error)) from None
    except (ConfigInvalid, ValueError) as error:
        raise InvalidParameterError(f"the configuration cannot be used: {error}") from error


def _sections(given: PyConfig) -> dict[str, dict[str, object]]:
    chosen = {name: getattr(given, name) for name in THEIR_DEFAULTS}
    chosen = {name: value for name, value in chosen.items() if value not in THEIR_DEFAULTS[name]}
    connection: dict[str, object] = {}
    reconnect: dict[str, object] = {}
    if "connection_initialization_timeout_secs" in chosen:
        connection["open_timeout"] = chosen["connection_initialization_timeout_secs"]
    if "timeout_secs" in chosen:
        connection["message_timeout"] = chosen["timeout_secs"]
    if "max_allowed_loops" in chosen:
        reconnect["max_reconnect_attempts"] = chosen["max_allowed_loops"]
    if "reconnect_time" in chosen:
        delay = chosen["reconnect_time"]
        reconnect |= {"reconnect_delay": delay, "max_delay": max(delay, LONGEST_DELAY)}
    connection |= _handshake(given)
    return {
        "pool": POOL,
        "connection": connection,
        "reconnect": reconnect,
        "orders": {"maximum_open": MOST_OPEN},
    }


def _handshake(given: PyConfig) -> dict[str, object]:
    alpn = given.tls_alpn if given.tls_alpn != ["http/1.1"] else None  # which is what is spoken
    for name, value in (
        ("sec_websocket_extensions", given.sec_websocket_extensions),
        ("tls_cipher_suites", given.tls_cipher_suites),
        ("tls_alpn", alpn),
    ):
        if value:
            raise InvalidParameterError(
                f"{name} cannot be set here, and had no effect there: leave it out (the TLS of the connection"
                " is that of the system; ssl_minimum and ca_file are settings of a configuration file)"
            )
    settings: dict[str, object] = {}
    if given.proxy:
        settings["proxy"] = given.proxy
    if given.origin:
        settings["origin"] = given.origin
    if given.user_agent:
        settings["custom_headers"] = {"User-Agent": given.user_agent}
    return settings
