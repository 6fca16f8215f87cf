"""The doctor's findings about the way to the venue: the proxy and the certificate authorities."""

import os
import ssl
from collections.abc import Iterator, Mapping
from typing import Final

from runtime.cli.findings import Finding, Level
from runtime.config import Config

_PROXIES: Final = ("http_proxy", "https_proxy", "all_proxy", "ws_proxy", "wss_proxy")
_AUTHORITIES: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")


def way_findings(config: Config, variables: Mapping[str, str] = os.environ) -> Iterator[Finding]:
    """What connections go through, and which certificates they accept; ``variables`` is the environment."""
    yield _proxy(config, variables)
    yield from _authorities(config, variables)


def _proxy(config: Config, variables: Mapping[str, str]) -> Finding:
    proxy = config.connection.parsed_proxy
    if proxy is not None:
        return Finding(Level.OK, "proxy", f"{proxy}, of connection.proxy, is used for the venue")
    there = sorted(name for name, text in variables.items() if name.lower() in _PROXIES and text)
    if there:
        text = f"{' and '.join(there)} are not used" if len(there) > 1 else f"{there[0]} is not used"
        return Finding(Level.WARN, "proxy", f"none; the environment's {text} (set connection.proxy)")
    return Finding(Level.OK, "proxy", "none; the environment's would not be used (set connection.proxy)")


def _authorities(config: Config, variables: Mapping[str, str]) -> Iterator[Finding]:
    connection, subject = config.connection, "certificate authorities"
    if not connection.ssl_verify:
        yield Finding(Level.WARN, "certificates", "not checked: connection.ssl_verify is false")
        return
    there = [name for name in _AUTHORITIES if variables.get(name)]
    if connection.ca_file:
        unused = f" ({' and '.join(there)} not used)" if there else ""
        yield Finding(Level.OK, subject, f"those of {config.path(connection.ca_file)} alone{unused}")
        return
    found = ssl.get_default_verify_paths()
    named = ", ".join(f"{name}={variables[name]}" for name in there)
    places = [place for place in (found.cafile, found.capath) if place]
    if not places and os.name != "nt":
        where = f"as {named} says" if named else f"at {found.openssl_cafile} or {found.openssl_capath}"
        text = f"there are none {where}: no certificate will be accepted (set connection.ca_file)"
        yield Finding(Level.WARN if config.account.login is None else Level.FAIL, subject, text)
    else:
        source = (
            f"of the environment: {named}" if named else f"the system's: {', '.join(places) or 'Windows'}"
        )
        yield Finding(Level.OK, subject, source)
