"""Orders, deals, pending orders and the balance of a client."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from actors.arithmetic import rounded
from actors.messages import (
    AwaitResult,
    CancelPendingOrder,
    GetBalance,
    GetClosedDeals,
    GetOpenedDeals,
    GetPendingOrders,
    PlaceOrder,
    PlacePendingOrder,
)
from actors.messages.commands import money
from actors.values import Deal, Direction
from runtime.compat.binaryoptionstools._rows import Row, deal_row, deals_by_id, pending_row, utc_of
from runtime.compat.binaryoptionstools._runtime import ClientRuntime
from runtime.compat.binaryoptionstools.errors import (
    InvalidParameterError,
    PocketOptionError,
    PocketOptionTimeout,
    as_theirs,
)

UNKNOWN: Final = -1.0
"""The balance while the venue has not told it."""

_CENT: Final = Decimal("0.01")

AT_TIME, AT_PRICE = 0, 1
"""``open_type`` of a pending order."""

_DIRECTIONS: Final = (Direction.CALL, Direction.PUT)
"""Their index is ``command``."""


class Trading:
    """What a client does with the account."""

    def __init__(self, runtime: ClientRuntime) -> None:
        self._runtime = runtime
        self._cleared: set[str] = set()

    async def balance(self, wait: float) -> float:
        """``UNKNOWN`` if the venue does not tell it within ``wait`` seconds."""
        try:
            return float((await self._runtime.ask(GetBalance(deadline=wait))).amount)
        except PocketOptionTimeout:
            return UNKNOWN

    async def place(self, asset: str, amount: float, time: int, direction: Direction) -> tuple[str, Row]:
        """The id of the deal, and the open deal. Raises ``PocketOptionError``, whose ``order`` is the id of
        the order."""
        order = str(uuid.uuid4())
        with as_theirs():
            command = PlaceOrder(asset, _stake(amount), direction, time, id=order)
        deal = await self._runtime.ask(command)
        return deal.id, deal_row(deal, uid=self._runtime.uid, request_id=order)

    async def result(self, deal_id: str) -> Row:
        """The closed deal. Raises ``ValueError`` for what is no id, ``PocketOptionError`` for an unknown
        deal."""
        deal = await self._runtime.ask(AwaitResult(_checked(deal_id)))
        return deal_row(deal, uid=self._runtime.uid)

    async def opened(self) -> dict[str, Row]:
        return deals_by_id(await self._opened(), uid=self._runtime.uid)

    async def closed(self) -> dict[str, Row]:
        """Without those that were there at the last ``clear_closed``."""
        return deals_by_id(await self._closed(), uid=self._runtime.uid)

    async def opened_deal(self, deal_id: str) -> Row | None:
        return self._found(await self._opened(), _checked(deal_id))

    async def closed_deal(self, deal_id: str) -> Row | None:
        return self._found(await self._closed(), _checked(deal_id))

    async def end_time(self, deal_id: str) -> int | None:
        """When a deal ends or ended, by the venue's clock; ``None`` for an unknown one."""
        row = await self.opened_deal(deal_id) or await self.closed_deal(deal_id)
        return None if row is None else int(row["closeTimestamp"])

    async def clear_closed(self) -> None:
        self._cleared.update(deal.id for deal in await self._runtime.ask(GetClosedDeals()))

    async def place_pending(
        self,
        open_type: int,
        amount: float,
        asset: str,
        open_time: int | str,
        open_price: float,
        timeframe: int,
        min_payout: int,
        command: int,
    ) -> Row:
        """``open_time`` is of the venue's clock. Raises ``InvalidParameterError``."""
        if open_type not in {AT_TIME, AT_PRICE} or command not in {0, 1}:
            raise InvalidParameterError(
                "open_type has to be 0 (at a time) or 1 (at a price), command 0 (call) or 1 (put)"
            )
        try:
            at = utc_of(open_time) if open_type == AT_TIME else None
        except ValueError as error:
            raise InvalidParameterError(f"open_time cannot be read: {error}") from None
        with as_theirs():
            order = PlacePendingOrder(
                asset,
                _stake(amount),
                _DIRECTIONS[command],
                timeframe,
                open_at=at,
                open_price=open_price if open_type == AT_PRICE else None,
                minimum_payout=min_payout,
            )
        placed = await self._runtime.ask(order)
        return pending_row(placed, uid=self._runtime.uid, demo=self._runtime.is_demo)

    async def pending(self) -> list[Row]:
        orders = await self._runtime.ask(GetPendingOrders())
        return [pending_row(each, uid=self._runtime.uid, demo=self._runtime.is_demo) for each in orders]

    async def cancel(self, ticket: str) -> Row:
        return {"ticket": await self._runtime.ask(CancelPendingOrder(ticket)), "status": "cancelled"}

    async def cancel_all(self, tickets: Sequence[str]) -> Row:
        """One after another; ``failed`` says why for each."""
        cancelled: list[str] = []
        failed: list[Row] = []
        for ticket in tickets:
            try:
                cancelled.append((await self.cancel(ticket))["ticket"])
            except PocketOptionError as error:
                failed.append({"ticket": ticket, "error": str(error)})
        return {"cancelled": cancelled, "failed": failed}

    async def _opened(self) -> list[Deal]:
        return await self._runtime.ask(GetOpenedDeals())

    async def _closed(self) -> list[Deal]:
        deals = await self._runtime.ask(GetClosedDeals())
        return [deal for deal in deals if deal.id not in self._cleared]

    def _found(self, deals: list[Deal], deal_id: str) -> Row | None:
        return next((deal_row(each, uid=self._runtime.uid) for each in deals if each.id == deal_id), None)


def _stake(amount: float) -> Decimal:
    """To the cent: scripts multiply a balance by a fraction. Raises ``RequestRefused`` for no number."""
    exact = money(amount)
    return rounded(exact, _CENT) if isinstance(amount, float) else exact


def _checked(deal_id: str) -> str:
    """Raises ``ValueError`` for what is no id of a deal."""
    try:
        return str(uuid.UUID(deal_id))
    except (ValueError, AttributeError, TypeError):
        raise ValueError(
            f"{deal_id!r} is no id of a deal: it has to be a UUID, as buy and sell give"
        ) from None
