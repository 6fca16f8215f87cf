"""The score: compares the exchange's ledger, the journal in the engine and the answers."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from actors.engine.router_ref import GRACE
from actors.orders.order import Order
from labs.chaos.score import EXECUTED, IN_DOUBT, NOT_EXECUTED
from labs.drill_hosts.trader import DEADLINE, MARGIN, OPENED, Answer
from runtime.practice.ledger import ExchangeLedger
from runtime.practice.records import ReceivedOrder, SocketRecord

LATE = 1.0
"""Seconds after which an answer comes too late; a loaded machine needs some."""

SAYS_NOTHING = {"OrderUnknown", "RequestError"}
"""``RequestError``: the host ended before it was asked."""


class Score:
    """``violations`` are sentences; a good run has none. A region of the exchange is one host's alone."""

    def __init__(
        self, answers: Sequence[Answer], journal: Mapping[str, Order], ledger: ExchangeLedger
    ) -> None:
        self._answers = answers
        self._journal = journal
        self._orders = ledger.orders()
        self._sockets = {socket.id: socket for socket in ledger.sockets()}
        self._deals = {deal.id: deal for _, deal in ledger.deals()}
        self._origins = {deal.id: str(origin) for origin, deal in ledger.deals()}
        self._executed = Counter(self._origins.values())
        self._arrived = Counter(str(order.request_id) for order in self._orders)
        self.doubled = [id for id, count in (self._arrived | self._executed).items() if count > 1]
        self.lost = [id for id in self._executed if not self._is_known(id)]
        self.untrue = [answer for answer in answers if not self._is_true(answer)]
        self.left = [id for id, order in journal.items() if order.state in IN_DOUBT]
        self.violations = list(self._violations())

    def card(self) -> Iterator[str]:
        outcomes = Counter(answer.outcome for answer in self._answers)
        asked = {(answer.account, answer.amount) for answer in self._answers}
        told = ", ".join(f"{count} {name}" for name, count in outcomes.most_common())
        arrived = self._arrived.total()
        yield f"orders     {len(asked)} asked, {arrived} arrived, {len(self._executed)} executed"
        yield f"answers    {told}"
        yield f"verdict    {self.summary()}"
        for violation in self.violations:
            yield f"VIOLATION  {violation}"

    def summary(self) -> str:
        return (
            f"{len(self.doubled)} doubled, {len(self.lost)} lost, {len(self.untrue)} untrue answers,"
            f" {len(self.left)} left in doubt"
        )

    def _violations(self) -> Iterator[str]:
        for id in self.doubled:
            yield f"order {id} arrived {self._arrived[id]} times, executed {self._executed[id]} times"
        for id in self.lost:
            yield f"order {id} was executed, and the journal has {self._journal.get(id)}"
        for answer in self.untrue:
            yield f"order {answer.id} was answered untruly by {answer.host}: {answer.outcome} ({answer.text})"
        for id in self.left:
            yield f"order {id} is left in doubt: {self._journal[id].reason}"
        yield from self._rivals()

    def _is_known(self, id: str) -> bool:
        order = self._journal.get(id)
        return order is not None and order.state in EXECUTED | IN_DOUBT

    def _is_true(self, answer: Answer) -> bool:
        if answer.answered_at - answer.asked_at > DEADLINE + MARGIN + GRACE + LATE:
            return False
        if answer.outcome == OPENED:
            assert answer.deal is not None
            deal = self._deals.get(answer.deal.id)
            if deal is None or deal.amount != answer.amount:
                return False
            return not answer.id or self._origins[deal.id] == answer.id
        if answer.outcome in NOT_EXECUTED:
            return not self._executed[answer.id]
        return answer.outcome in SAYS_NOTHING

    def _rivals(self) -> Iterator[str]:
        """Once a host has sent an order of an account, no connection of a host before it sends any."""
        for uid in {order.uid for order in self._orders}:
            sent = [order for order in self._orders if order.uid == uid]
            for before, after in pairwise(sent):
                if self._socket(after).connected_at < self._socket(before).connected_at and (
                    self._socket(after).region != self._socket(before).region
                ):
                    yield f"{self._socket(after).region} has sent {after.request_id} after a later owner"

    def _socket(self, order: ReceivedOrder) -> SocketRecord:
        return self._sockets[order.socket]
