"""The URL of an engine: ``valkey://user:password@host:port/database``, or ``sentinel://host:port,.../name``."""

import importlib.util
import re
from collections.abc import Iterator
from typing import Final, NamedTuple
from urllib.parse import quote, unquote, unquote_plus, urlencode, urlsplit

from msgspec import Struct

PLAIN: Final = ("valkey", "redis", "sentinel")
TLS: Final = ("valkeys", "rediss", "sentinels")
SENTINELS: Final = ("sentinel", "sentinels")
PORT: Final = 6379
SENTINEL_PORT: Final = 26379
CERTIFICATES: Final = "ssl_ca_certs"
SENTINEL_PASSWORD: Final = "sentinel_password"  # noqa: S105  # the name of an option
EXAMPLE: Final = "write valkey://HOST:6379/0, or valkeys:// for TLS"
SENTINEL_EXAMPLE: Final = "write sentinel://HOST:26379,HOST:26379,HOST:26379/NAME, or sentinels:// for TLS"


def missing_client() -> str:
    """What an engine needs, ``""`` if it is there: its client is an extra."""
    return "" if importlib.util.find_spec("valkey") else "needs pip install 'tellwire[cluster]'"


class Place(NamedTuple):
    """Where a server listens."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


class EngineAddress(Struct, frozen=True):
    """Its text and its ``repr`` have neither the user nor a password."""

    places: tuple[Place, ...]
    """That of its server, or those of the sentinels that know it by ``name``."""
    name: str
    """``""``: there are no sentinels."""
    database: int
    tls: bool
    user: str
    password: str
    certificates: str
    """A file with the certificates of the authorities to trust; ``""``: those of the system."""
    sentinel_password: str = ""
    credentials: frozenset[str] = frozenset()
    """``user:password`` and the passwords, each quoted as in the URL and unquoted; none without one."""

    def __str__(self) -> str:
        schemes = SENTINELS if self.name else (PLAIN[0], TLS[0])
        path = f"{self.name}/{self.database}" if self.name and self.database else self.name or self.database
        return f"{schemes[self.tls]}://{','.join(map(str, self.places))}/{path}"

    def __repr__(self) -> str:
        return f"<EngineAddress {self}>"

    def url(self, password: str, sentinel_password: str) -> str:
        """The whole URL, with these in the places of its own passwords where it has some."""
        user = quote(self.user, safe="")
        login = f"{user}:{password}" if self.password else user
        options = [urlencode({CERTIFICATES: self.certificates})] if self.certificates else []
        if self.sentinel_password:
            options.append(f"{SENTINEL_PASSWORD}={sentinel_password}")
        query = f"?{'&'.join(options)}" if options else ""
        return str(self).replace("://", f"://{login}@" if login else "://") + query


def parse_address(url: str) -> EngineAddress:
    """Raises ``ValueError`` with a sentence that repeats nothing of ``url``."""
    scheme, _, rest = url.partition("://")
    if scheme not in (*PLAIN, *TLS):
        schemes = "valkey, redis or sentinel, or with valkeys, rediss or sentinels"
        raise ValueError(f"the URL of an engine begins with {schemes}: {EXAMPLE}")
    tls, by_sentinels = scheme in TLS, scheme in SENTINELS
    netloc, path, query = _split(rest)
    login, _, hosts = netloc.rpartition("@")
    user, _, password = login.partition(":")
    places = tuple(_places(hosts.split(","))) if by_sentinels else (_place(hosts, PORT, EXAMPLE),)
    name, database = _named(path) if by_sentinels else ("", _database(path.strip("/"), EXAMPLE))
    options = _options(query, by_sentinels=by_sentinels)
    if CERTIFICATES in options and not tls:
        raise ValueError(f"?{CERTIFICATES}= of the engine needs TLS: begin with {scheme}s://")
    sentinel_password = options.get(SENTINEL_PASSWORD, "")
    secrets = [f"{user}:{password}", password] if password else []
    secrets += [sentinel_password] if sentinel_password else []
    return EngineAddress(
        places,
        name,
        database,
        tls,
        unquote(user),
        unquote(password),
        unquote_plus(options.get(CERTIFICATES, "")),
        unquote(sentinel_password),
        frozenset((*secrets, *map(unquote, secrets))),
    )


def _split(rest: str) -> tuple[str, str, str]:
    """What is before the path, the path, and the query: the standard parser takes one host alone."""
    found = re.fullmatch(r"([^/?#]*)([^?#]*)(?:\?([^#]*))?", rest)
    if found is None:
        raise ValueError(f"the URL of an engine has no part behind #: {EXAMPLE}")
    return found[1], found[2], found[3] or ""


def _places(hosts: list[str]) -> Iterator[Place]:
    for host in hosts:
        yield _place(host, SENTINEL_PORT, SENTINEL_EXAMPLE)


def _place(text: str, port: int, example: str) -> Place:
    if "," in text:
        raise ValueError(f"several hosts are sentinels: {SENTINEL_EXAMPLE}")
    try:
        parts = urlsplit(f"//{text}")
        found = parts.port
    except ValueError:
        raise ValueError(f"this is no URL of an engine: {example}") from None
    if not parts.hostname:
        raise ValueError(f"the URL of the engine names no host, or an empty one: {example}")
    return Place(parts.hostname, port if found is None else found)


def _named(path: str) -> tuple[str, int]:
    """The name by which sentinels know the engine, and its database."""
    name, _, database = path.strip("/").partition("/")
    if not re.fullmatch(r"[A-Za-z0-9._-]+", name):
        text = "the path of the URL of sentinels is the name by which they know the engine"
        raise ValueError(f"{text}: {SENTINEL_EXAMPLE}")
    return name, _database(database, SENTINEL_EXAMPLE)


def _database(text: str, example: str) -> int:
    if text and not (text.isascii() and text.isdigit()):
        last = "the end of the path" if example is SENTINEL_EXAMPLE else "the path"
        raise ValueError(f"{last} of the URL of the engine is the number of its database: {example}")
    return int(text or 0)


def _options(query: str, *, by_sentinels: bool) -> dict[str, str]:
    """As they are written, quoted."""
    names = [CERTIFICATES, *([SENTINEL_PASSWORD] if by_sentinels else [])]
    pairs = (each.partition("=") for each in query.split("&") if each)
    options = {option: value for option, _, value in pairs}
    if options.keys() - set(names):
        allowed = f"?{CERTIFICATES}=FILE" + (f" and {SENTINEL_PASSWORD}=PASSWORD" if by_sentinels else "")
        raise ValueError(f"the URL of the engine takes no option but {allowed}")
    return options
