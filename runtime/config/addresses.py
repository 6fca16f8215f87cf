"""Addresses and header fields that are safe to put on the wire."""

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from runtime.config.checks import found
from runtime.config.problems import Path

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FIELD_VALUE = re.compile(r"([!-~]([\t -~]*[!-~])?)?")  # RFC 9110, 5.5, without obs-text
_HANDSHAKE = {"host", "upgrade", "connection", "content-length", "transfer-encoding"}


def websocket_url(url: str) -> str:
    """A ``wss://`` URL; ``ws://`` only where nobody listens in, on loopback (RFC 6455, 3)."""
    parts = _split(url)
    if parts.scheme not in {"ws", "wss"}:
        raise ValueError("must begin with wss://")
    if not parts.hostname:
        raise ValueError("has no host")
    if parts.username is not None or parts.fragment:
        raise ValueError("must have no user, password or #fragment")
    if parts.scheme == "ws" and not is_loopback(parts.hostname):
        raise ValueError("sends the session in clear text (write wss://; ws:// is for loopback only)")
    return url


def origin(url: str) -> str:
    """Scheme and host of a web site (RFC 6454, 6.2)."""
    parts = _split(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an origin (such as https://pocketoption.com)")
    if url != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
        raise ValueError("must be scheme and host only (such as https://pocketoption.com)")
    return url


def headers(fields: dict[str, str]) -> dict[str, str]:
    """Header fields that neither break the handshake nor smuggle a second one into it."""
    problems: list[tuple[Path, str]] = []
    seen: set[str] = set()
    for name, value in fields.items():
        problem = _header_problem(name.lower(), value)
        if name.lower() in seen:
            problem = "is there twice, in upper and lower case"
        if problem:
            problems.append(((name,), problem))
        seen.add(name.lower())
    if problems:
        raise found(problems)
    return fields


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(url: str) -> SplitResult:
    if not re.fullmatch(r"[!-~]+", url):  # urlsplit would drop a line break without a word
        raise ValueError("must have no spaces and only ASCII (write a host in punycode)")
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not a URL with a usable host and port")
    return parts


def _header_problem(name: str, value: str) -> str | None:
    if not _TOKEN.fullmatch(name):
        return "is not a header's name"
    if name in _HANDSHAKE or name.startswith("sec-websocket-"):
        return "belongs to the WebSocket handshake"
    if name == "origin":
        return "has its own setting, connection.origin"
    if not _FIELD_VALUE.fullmatch(value):
        return "has a line break, a space at an end or a character that is not ASCII"
    return None


def is_demo_host(url: str) -> bool | None:
    """Whether a PocketOption URL is for demo sessions (protocol 2.1); ``None`` for another venue's."""
    host = urlsplit(url).hostname or ""
    return "demo" in host.partition(".")[0] if host.endswith(".po.market") else None
