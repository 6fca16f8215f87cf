"""The orders of one client: what became of each, by the id that the caller was given."""

import asyncio
import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from actors.arithmetic import percent_of, rounded
from actors.values import Deal, Outcome
from runtime.compat.pocketoptionapi_async.exceptions import OrderError
from runtime.compat.pocketoptionapi_async.models import OrderDirection, OrderResult, OrderStatus

_STATUS = {
    None: OrderStatus.ACTIVE,
    Outcome.WIN: OrderStatus.WIN,
    Outcome.LOSS: OrderStatus.LOSE,
    Outcome.DRAW: OrderStatus.CLOSED,
}
RESULTS = {OrderStatus.WIN: "win", OrderStatus.LOSE: "loss", OrderStatus.CLOSED: "draw"}
"""What ``check_win`` says, by the status of an order that is closed."""
_CENT = Decimal("0.01")


def expected_profit(deal: Deal) -> Decimal:
    """What a win of ``deal`` pays."""
    return rounded(percent_of(deal.amount, Decimal(deal.payout)), _CENT)


def result_of(deal: Deal, order_id: str) -> OrderResult:
    """``deal`` as the interface shows it."""
    profit = expected_profit(deal) if deal.profit is None else deal.profit
    return OrderResult(
        order_id=order_id,
        asset=deal.asset,
        amount=float(deal.amount),
        direction=OrderDirection(deal.direction.value),
        duration=int(deal.closes_at) - int(deal.opened_at),
        status=_STATUS[deal.outcome],
        placed_at=datetime.fromtimestamp(deal.opened_at),
        expires_at=datetime.fromtimestamp(deal.closes_at),
        profit=float(profit),
        payout=float(deal.payout),
    )


def venue_fields(deal: Deal, request_id: str) -> dict[str, Any]:
    """An open deal by the venue's own names, and by its clock, which is two hours ahead."""
    return {**(deal.raw or {}), "requestId": request_id}


def win_dict(result: OrderResult) -> dict[str, Any]:
    """What ``check_win`` answers for an order that is closed."""
    return {
        "result": RESULTS[result.status],
        "profit": result.profit or 0,
        "order_id": result.order_id,
        "completed": True,
        "status": result.status.value,
    }


class Orders:
    """The orders that one client has placed, through every reconnect."""

    def __init__(self) -> None:
        self._results: dict[str, OrderResult] = {}
        self._deals: dict[str, asyncio.Future[str]] = {}
        """The deal's id by the order's id; no result yet while it is not known whether there is one."""
        self._order_of: dict[str, str] = {}

    def begin(self, asset: str, amount: float, direction: OrderDirection, duration: int) -> str:
        """The id of an order that is about to be sent."""
        order_id, now = str(uuid.uuid4()), datetime.now()
        self._results[order_id] = OrderResult(
            order_id=order_id,
            asset=asset,
            amount=amount,
            direction=direction,
            duration=duration,
            status=OrderStatus.PENDING,
            placed_at=now,
            expires_at=now + timedelta(seconds=duration),
        )
        self._deals[order_id] = asyncio.get_running_loop().create_future()
        return order_id

    def forget(self, order_id: str, reason: str) -> None:
        """No deal came of it; a caller that waits for it is told ``reason``."""
        self._results.pop(order_id, None)
        found = self._deals.pop(order_id, None)
        if found is not None and not found.done():
            found.set_exception(OrderError(reason, "not_placed", order_id))
            found.exception()  # there may be no caller that waits

    def doubt(self, order_id: str, reason: str) -> None:
        """It was sent, and its answer was lost."""
        if (order := self._results.get(order_id)) is not None and order.status is OrderStatus.PENDING:
            self._results[order_id] = order.model_copy(update={"error_message": reason})

    def opened(self, order_id: str, deal: Deal) -> OrderResult | None:
        """``deal`` came of the order; ``None`` for an order of another program."""
        if (found := self._deals.get(order_id)) is None:
            return None
        if not found.done():
            found.set_result(deal.id)
            self._order_of[deal.id] = order_id
        return self.update(deal)

    def closed(self, deal: Deal) -> OrderResult | None:
        """Its result, the first time that it is told; ``None`` for a deal of another program."""
        order_id = self._order_of.get(deal.id)
        if order_id is None:
            return None
        first = not self._is_closed(order_id)
        result = self.update(deal)
        return result if first else None

    def update(self, deal: Deal) -> OrderResult:
        """``deal`` as it stands; one of ours never turns from closed to open."""
        order_id = self._order_of.get(deal.id)
        result = result_of(deal, order_id or deal.id)
        if order_id is None or (deal.outcome is None and self._is_closed(order_id)):
            return self._results[order_id] if order_id else result
        self._results[order_id] = result
        return result

    def known(self, order_id: str) -> OrderResult | None:
        """An order of ours; it is PENDING while it is not known whether it was opened."""
        return self._results.get(order_id)

    def unfinished(self) -> list[OrderResult]:
        """Those that are open or in doubt, the oldest first."""
        return [order for order in self._results.values() if order.status not in RESULTS]

    async def deal_id(self, order_id: str) -> str:
        """The deal of an order, once that is known; any other text is taken for the id of a deal. Raises
        ``OrderError`` when it turns out that no deal came of it."""
        if (found := self._deals.get(order_id)) is None:
            return order_id
        return await asyncio.shield(found)

    def _is_closed(self, order_id: str) -> bool:
        return self._results[order_id].status in RESULTS
