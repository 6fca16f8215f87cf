"""Faults between an order and its acknowledgement."""

from typing import Annotated

from msgspec import Meta

from runtime.practice.faults.fault import Count, Fault


class OrderFault(Fault, frozen=True, kw_only=True):
    """Strikes ``count`` orders, pending ones too."""

    count: Count | None = 1


class LostBefore(OrderFault, frozen=True, tag="lost_before"):
    """The order is not executed and not answered; with ``drop`` its socket is cut off."""

    drop: bool = False


class LostAfter(OrderFault, frozen=True, tag="lost_after"):
    """The order is executed and not acknowledged; with ``drop`` its socket is cut off."""

    drop: bool = False


class Delayed(OrderFault, frozen=True, tag="delayed"):
    """The acknowledgement comes ``seconds`` after the execution."""

    seconds: Annotated[float, Meta(ge=0, le=1_000_000)]


class Doubled(OrderFault, frozen=True, tag="doubled"):
    """The acknowledgement comes twice."""


class Stranger(OrderFault, frozen=True, tag="stranger"):
    """A deal of another client on the same terms is opened and acknowledged here first."""


class RefusedOrder(OrderFault, frozen=True, tag="refused"):
    """The order is refused with ``error``."""

    error: str
