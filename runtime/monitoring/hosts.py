"""Which requests are answered: none that a foreign web page had a browser send.

A page whose name is made to point to this machine (DNS rebinding) would be of the same origin as ours. Its
requests carry its name in ``Host``, and no address.
"""

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

LOCAL = "localhost"


class AllowedHosts:
    """Those that a request may name (RFC 9110, 7.2): addresses, localhost, and ``names``."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = {LOCAL, *names}

    def admits(self, authority: str) -> bool:
        """Whether ``authority``, the value of ``Host``, is one of them, with any port."""
        try:
            host = urlsplit(f"//{authority}").hostname
        except ValueError:
            return False
        return host is not None and (host in self._names or _is_address(host))

    def admits_origin(self, origin: str | None, authority: str) -> bool:
        """Whether a request comes from no page, or from one of the same ``authority`` (RFC 6454, 7)."""
        return origin is None or urlsplit(origin).netloc == authority


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
