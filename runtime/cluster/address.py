"""The URL of an engine: ``valkey://user:password@host:port/database``."""

import importlib.util
from typing import Final
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from msgspec import Struct

PLAIN: Final = ("valkey", "redis")
TLS: Final = ("valkeys", "rediss")
PORT: Final = 6379
CERTIFICATES: Final = "ssl_ca_certs"
EXAMPLE: Final = "write valkey://HOST:6379/0, or valkeys:// for TLS"


def missing_client() -> str:
    """What an engine needs, ``""`` if it is there: its client is an extra."""
    return "" if importlib.util.find_spec("valkey") else "needs pip install 'tellwire[cluster]'"


class EngineAddress(Struct, frozen=True):
    """Its text and its ``repr`` have neither the user nor the password."""

    host: str
    port: int
    database: int
    tls: bool
    user: str
    password: str
    certificates: str
    """A file with the certificates of the authorities to trust; ``""``: those of the system."""
    credentials: frozenset[str] = frozenset()
    """``user:password`` and the password, each quoted as in the URL and unquoted; none without a password."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{TLS[0] if self.tls else PLAIN[0]}://{host}:{self.port}/{self.database}"

    def __repr__(self) -> str:
        return f"<EngineAddress {self}>"

    def url(self, password: str) -> str:
        """The whole URL, with ``password`` in the place of its own if it has one."""
        user = quote(self.user, safe="")
        login = f"{user}:{password}" if self.password else user
        query = f"?{urlencode({CERTIFICATES: self.certificates})}" if self.certificates else ""
        return str(self).replace("://", f"://{login}@" if login else "://") + query


def parse_address(url: str) -> EngineAddress:
    """Raises ``ValueError`` with a sentence that repeats nothing of ``url``."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise ValueError(f"this is no URL of an engine: {EXAMPLE}") from None
    if parts.scheme not in (*PLAIN, *TLS):
        raise ValueError(f"the URL of an engine begins with valkey, redis, valkeys or rediss: {EXAMPLE}")
    if not parts.hostname:
        raise ValueError(f"the URL of the engine names no host: {EXAMPLE}")
    database = parts.path.strip("/") or "0"
    if not (database.isascii() and database.isdigit()):
        raise ValueError(f"the path of the URL of the engine is the number of its database: {EXAMPLE}")
    query = parse_qs(parts.query, keep_blank_values=True)
    if set(query) - {CERTIFICATES} or parts.fragment:
        raise ValueError(f"the URL of the engine takes no option but ?{CERTIFICATES}=FILE")
    tls = parts.scheme in TLS
    if query and not tls:
        raise ValueError(f"?{CERTIFICATES}= of the engine needs TLS: begin with valkeys://")
    quoted = f"{parts.username or ''}:{parts.password}", parts.password or ""
    return EngineAddress(
        parts.hostname,
        PORT if port is None else port,
        int(database),
        tls,
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        query.get(CERTIFICATES, [""])[0],
        frozenset((*quoted, *map(unquote, quoted)) if parts.password else ()),
    )
