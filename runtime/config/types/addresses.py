"""The transport's rules for addresses and header fields, and ours for a session, as pydantic needs them."""

import re
from urllib.parse import urlsplit

from pydantic import SecretStr

from actors.transport import address
from runtime.config.types.checks import found


def websocket_url(url: str) -> str:
    """A ``wss://`` URL; ``ws://`` only for loopback, because the session would be sent in clear text."""
    parts = address.split_url(url)
    if parts.scheme == "ws" and not address.is_loopback(parts.hostname or ""):
        raise ValueError("sends the session in clear text (write wss://; ws:// is for loopback only)")
    return url


def proxy(secret: SecretStr) -> SecretStr:
    """The address of a proxy, which may have credentials in it; empty for none."""
    if text := secret.get_secret_value():
        address.parse_proxy(text)
    return secret


def origin(url: str) -> str:
    """Scheme and host of a web site (RFC 6454, 6.2)."""
    address.check_origin(url)
    return url


def headers(fields: dict[str, str]) -> dict[str, str]:
    """Header fields that do not break the handshake; every one that would is reported."""
    problems = [((name,), _pointed(name, problem)) for name, problem in address.header_problems(fields)]
    if problems:
        raise found(problems)
    return fields


def listen_address(text: str) -> str:
    """HOST:PORT, an IPv6 address in brackets, or empty. Port 0 is any free one."""
    if text:
        parts = urlsplit(f"//{text}")
        try:
            usable = bool(parts.hostname) and parts.port is not None and parts.netloc == text
        except ValueError:  # of the port
            usable = False
        if not usable or parts.username is not None:
            raise ValueError("is no HOST:PORT such as 127.0.0.1:8787")
    return text


def webhook(secret: SecretStr) -> SecretStr:
    """A URL that notices are posted to; ``http://`` only on this machine, as they tell of money."""
    if text := secret.get_secret_value():
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username is not None:
            raise ValueError(
                "is no URL such as https://hooks.example/a-secret-path (without user and password)"
            )
        if parts.scheme == "http" and not address.is_loopback(parts.hostname or ""):
            raise ValueError("tells of money in clear text (write https://; http:// is for loopback only)")
    return secret


def host_name(text: str) -> str:
    """A name of the DNS (RFC 1123, 2.1), in small letters."""
    label = "[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
    if not re.fullmatch(rf"{label}(\.{label})*", text):
        raise ValueError("is no name of a host such as monitor.example (without a port)")
    return text.lower()


def _pointed(name: str, problem: str) -> str:
    return "has its own setting, connection.origin" if name.lower() == "origin" else problem
