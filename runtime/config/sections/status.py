"""How programs look at the runtime over HTTP."""

from runtime.config.types import fields
from runtime.config.types.section import Section


class StatusConfig(Section):
    """How programs look at the runtime over HTTP: metrics, and whether it is alive and ready."""

    listen: fields.ListenAddress = ""
    """HOST:PORT, such as 127.0.0.1:8787; empty: nowhere. Who reaches it reads everything but secrets."""
    hosts: list[fields.HostName] = []
    """Names under which others reach it, beside addresses and localhost; a request for another is refused."""
