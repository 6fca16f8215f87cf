"""Faults before a client is connected."""

from email.utils import formatdate
from typing import Annotated

from msgspec import Meta

from runtime.practice.faults.fault import Count, Fault, Seconds

_PAGE = "<!DOCTYPE html><title>{status}</title><h1>This is not the exchange</h1>"


class Outage(Fault, frozen=True):
    """One or all regions do not listen."""


class Refuse(Outage, frozen=True, tag="refuse"):
    """Sockets are cut off and new connections refused; the port stays reserved."""

    region: str | None = None
    lasts: Seconds | None = None


class RestartRegion(Outage, frozen=True, tag="restart"):
    """All regions are down for a while, then listen on their old ports: logins and subscriptions are gone,
    the book stays."""

    lasts: Seconds = 1.0


class Hang(Fault, frozen=True, tag="hang"):
    """TCP connections are accepted and nothing more; at the end of the fault they are served."""

    region: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None


class Dribble(Fault, frozen=True, tag="dribble"):
    """The header of the answer to an upgrade comes one byte at a time, every ``interval`` seconds."""

    interval: Seconds = 0.1
    region: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None


class AnswerStatus(Fault, frozen=True, tag="answer"):
    """An upgrade is answered with an HTTP ``status`` and a page; ``retry_after`` (seconds) is sent as a
    number or, with ``date``, as a point in time."""

    status: Annotated[int, Meta(ge=200, le=599)]
    retry_after: Annotated[int, Meta(ge=0)] | None = None
    date: bool = False
    location: str | None = None
    region: str | None = None
    count: Count | None = None
    lasts: Seconds | None = None

    def fields(self, now: float) -> dict[str, str]:
        """Header fields of the answer at ``now`` (Unix seconds)."""
        fields = {}
        if self.location is not None:
            fields["Location"] = self.location
        if self.retry_after is not None:
            moment = formatdate(now + self.retry_after, usegmt=True)  # RFC 9110, 10.2.3
            fields["Retry-After"] = moment if self.date else str(self.retry_after)
        return fields

    @property
    def page(self) -> str:
        return _PAGE.format(status=self.status)
