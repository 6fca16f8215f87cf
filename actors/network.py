"""How the network is reached: proxies, and TLS beyond what the system does by itself."""

from typing import Literal

from msgspec import Struct

from actors.values import Secret

ProxyScheme = Literal["http", "https", "socks5", "socks5h"]
"""How a proxy is spoken to: HTTP, HTTP over TLS, or SOCKS5. Names are looked up by the proxy with each."""


class Proxy(Struct, frozen=True):
    """What connections go through; printed without the credentials. Without a ``user`` there are none."""

    scheme: ProxyScheme
    host: str
    port: int
    user: Secret = Secret("")
    password: Secret = Secret("")

    def __str__(self) -> str:
        """For example ``socks5://proxy.example:1080``."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @property
    def is_socks(self) -> bool:
        return self.scheme.startswith("socks5")


TlsVersion = Literal["1.2", "1.3"]


class TlsSettings(Struct, frozen=True):
    """Beyond what the system does by itself: the absolute paths of PEM files, ``""`` for none.

    With ``ca_file`` its authorities count, and no other. ``certificate`` is shown to a server that asks for
    one, and its key is in ``key``, or in the same file.
    """

    ca_file: str = ""
    minimum: TlsVersion = "1.2"
    certificate: str = ""
    key: str = ""
    key_password: Secret = Secret("")
