"""How programs and people look at the runtime over HTTP."""

from pydantic import SecretStr

from runtime.config.types import fields
from runtime.config.types.section import Section


class StatusConfig(Section):
    """How programs and people look at the runtime over HTTP: metrics, readiness, and a page."""

    listen: fields.ListenAddress = ""
    """HOST:PORT, such as 127.0.0.1:8787; empty: nowhere. Its clients read everything but secrets."""
    hosts: list[fields.HostName] = []
    """Names under which others reach it, beside addresses and localhost; a request for another is refused."""
    token: fields.AccessToken = SecretStr("")
    """What the page needs to halt and resume orders, to restart and to subscribe; empty: it is read only."""
