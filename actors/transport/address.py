"""What the URL, the origin and the header fields of a WebSocket request may be (RFC 6455, 3 and 4.1).

Each text of a ``ValueError`` continues a sentence about its subject: ``has no host``. None quotes the input,
which may hold a secret.
"""

import ipaddress
import re
from collections.abc import Iterator, Mapping
from typing import Final, cast, get_args
from urllib.parse import SplitResult, unquote, urlsplit

from actors.network import Proxy, ProxyScheme
from actors.values import Secret

DEFAULT_PORTS = {"ws": 80, "wss": 443}

_URL_CHARACTERS = re.compile(r"[!-~]*")  # urlsplit drops a line break and a tab without an error
_LONGEST_SOCKS_CREDENTIAL: Final = 255
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110, 5.6.2
_FIELD_VALUE = re.compile(r"([!-~]([\t -~]*[!-~])?)?")  # RFC 9110, 5.5, without obs-text
_HANDSHAKE_FIELDS = frozenset(
    {"host", "upgrade", "connection", "origin", "content-length", "transfer-encoding"}
)


def split_url(url: str) -> SplitResult:
    """The parts of a ``ws://`` or ``wss://`` URL; raises ``ValueError``."""
    parts = _split(url)
    if parts.scheme not in DEFAULT_PORTS:
        raise ValueError("must begin with wss:// or ws://")
    if not parts.hostname:
        raise ValueError("has no host")
    if parts.username is not None or "#" in url:
        raise ValueError("must have no user, password or #fragment")
    return parts


def completed(url: str, target: str) -> str:
    """``url`` with what it lacks of ``target``, a path with a query, which other clients add by themselves.

    A URL with another path is left as it is. Raises ``ValueError`` as ``split_url`` does.
    """
    parts, usual = split_url(url), urlsplit(target)
    if not target or parts.path.rstrip("/") not in {"", usual.path.rstrip("/")}:
        return url
    there = [field.partition("=")[0] for field in parts.query.split("&")]
    fields = [field for field in usual.query.split("&") if field.partition("=")[0] not in there]
    query = "&".join(filter(None, [parts.query, *fields]))
    return parts._replace(path=usual.path, query=query).geturl()


def check_origin(origin: str) -> None:
    """Scheme and host of a web site (RFC 6454, 6.2); raises ``ValueError``."""
    parts = _split(origin)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("is not an origin (such as https://example.com)")
    if origin != f"{parts.scheme}://{parts.netloc}" or parts.username is not None:
        raise ValueError("must be scheme and host only (such as https://example.com)")


def parse_proxy(text: str) -> Proxy:
    """A proxy, as ``scheme://user:password@host:port``; raises ``ValueError``.

    User and password may be percent-encoded, and must be where they have a ``%``.
    """
    scheme, separator, rest = text.partition("://")
    if not separator or scheme.lower() not in get_args(ProxyScheme):
        raise ValueError("must begin with http://, https://, socks5:// or socks5h://")
    scheme = scheme.lower()
    credentials, at, place = rest.rpartition("@")
    parts = _split("//" + place.removesuffix("/"))
    if parts.path or parts.query or "#" in place:
        raise ValueError(f"must end with its port (such as {scheme}://host:3128)")
    if not parts.hostname or parts.port is None:
        raise ValueError(f"must have a host and a port (such as {scheme}://host:3128)")
    user, _, password = (unquote(part) for part in credentials.partition(":"))
    if at and not user:
        raise ValueError("has an @ without a user before it")
    return _with_usable_credentials(
        Proxy(cast("ProxyScheme", scheme), parts.hostname, parts.port, Secret(user), Secret(password))
    )


def _with_usable_credentials(proxy: Proxy) -> Proxy:
    """``proxy``; raises ``ValueError`` for what its protocol cannot carry (RFC 7617, 2; RFC 1929, 2)."""
    user, password = proxy.user.value, proxy.password.value
    try:
        longest = max(len(user.encode()), len(password.encode()))
    except UnicodeEncodeError:
        raise ValueError("has a user or a password with a character that cannot be sent") from None
    if proxy.is_socks and longest > _LONGEST_SOCKS_CREDENTIAL:
        raise ValueError(f"has a user or a password of more than {_LONGEST_SOCKS_CREDENTIAL} bytes")
    if not proxy.is_socks and ":" in user:
        raise ValueError("has a user with a colon, which HTTP cannot carry")
    return proxy


def header_problems(fields: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The name of each field that would break the handshake, or add a field of its own to it, and why."""
    seen: set[str] = set()
    for name, value in fields.items():
        folded = name.lower()
        if not _TOKEN.fullmatch(name):
            yield name, "is not a header's name"
        elif folded in seen:
            yield name, "is there twice, in upper and lower case"
        elif folded in _HANDSHAKE_FIELDS or folded.startswith("sec-websocket-"):
            yield name, "belongs to the WebSocket handshake"
        elif not _FIELD_VALUE.fullmatch(value):
            yield name, "has a line break, a space at an end or a character that is not ASCII"
        seen.add(folded)


def is_loopback(host: str) -> bool:
    """Whether ``host`` names this machine: ``localhost``, or an address of its loopback network."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _split(url: str) -> SplitResult:
    if not _URL_CHARACTERS.fullmatch(url):
        raise ValueError("must have no spaces and only ASCII (write a host in punycode)")
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("is not a URL with a usable host and port")
    return parts
