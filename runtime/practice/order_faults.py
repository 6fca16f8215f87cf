"""What can go wrong between an order and its acknowledgement."""

from collections.abc import Mapping
from typing import Annotated

import msgspec

from actors.errors import RequestRefused


class _Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind"):
    """Happens to one order; its tag is what ``read_order_fault`` calls it."""


class LostBefore(_Fault, frozen=True, tag="lost_before"):
    """The order is not executed and not answered; with ``drop`` its socket is cut off."""

    drop: bool = False


class LostAfter(_Fault, frozen=True, tag="lost_after"):
    """The order is executed and not acknowledged; with ``drop`` its socket is cut off."""

    drop: bool = False


class Delayed(_Fault, frozen=True, tag="delayed"):
    """The acknowledgement comes so many seconds after the execution."""

    seconds: Annotated[float, msgspec.Meta(ge=0)]


class Doubled(_Fault, frozen=True, tag="doubled"):
    """The acknowledgement comes twice."""


class Stranger(_Fault, frozen=True, tag="stranger"):
    """A deal on the same terms that someone else asked for is opened and acknowledged here first."""


class Refused(_Fault, frozen=True, tag="refused"):
    """The order is refused with ``error``."""

    error: str


OrderFault = LostBefore | LostAfter | Delayed | Doubled | Stranger | Refused


def read_order_fault(kind: str, parameters: Mapping[str, object]) -> OrderFault:
    """Raises ``RequestRefused`` for an unknown kind and for parameters that are not its own."""
    try:
        fault: OrderFault = msgspec.convert({**parameters, "kind": kind}, OrderFault)
    except msgspec.ValidationError as error:
        raise RequestRefused(f"order fault {kind!r}: {error}") from None
    return fault
