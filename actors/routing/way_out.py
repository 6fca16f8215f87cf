"""Sends each command that the venue answers to the actor that carries it out."""

from actors.messages import commands
from actors.messages.bars import BarRequest
from actors.messages.commands import PendingCommand, TradingCommand
from actors.messages.lifecycle import Tellable
from actors.messages.orders import HaltTrading, TradingRequest, Withdraw
from actors.messages.outbound import EndRepeats
from actors.messages.owners import LASTING, OwnerBegan
from actors.messages.traffic import RequestDone
from actors.routing.messages import RouterRefs
from actors.routing.streams import load_of, request_of
from actors.routing.waiters import Waiter


class WayOut:
    """The ways from the router ``router`` to the desks, the loaders and the connections."""

    def __init__(self, refs: RouterRefs, router: Tellable) -> None:
        self._refs = refs
        self._router = router

    def forward(self, waiter: Waiter) -> None:
        command = waiter.command
        if isinstance(command, TradingCommand):  # a desk answers by the deadline and knows what was sent
            desk = self._desk_of(command)
            trade = TradingRequest(waiter.id, command, waiter.expires_at, waiter.waits_until, waiter.order)
            waiter.forwarded = True
            desk.tell(HaltTrading(waiter.id, command.reason) if isinstance(command, commands.Halt) else trade)
        elif isinstance(command, commands.LoadCandles | commands.LoadTicks):
            self._refs.history_loader.tell(load_of(waiter, self._router))
        elif isinstance(command, commands.WithdrawRaw):
            self._refs.pool.tell(EndRepeats(waiter.id, waiter.owner, command.text, command.connection))
        elif isinstance(command, commands.SubscribeCandles | commands.UnsubscribeCandles):
            self._refs.bars.tell(BarRequest(waiter.id, command, waiter.expires_at, waiter.owner))
        else:
            waiter.forwarded = True
            if waiter.lasts and waiter.owner.itself not in LASTING:
                self._refs.pool.tell(OwnerBegan(waiter.owner))
            self._refs.outbound.tell(request_of(waiter))

    def withdraw(self, waiter: Waiter) -> None:
        """The caller of an order, or of a result, waits no longer: it may not leave any more."""
        desk = self._desk_of(waiter.command)
        desk.tell(Withdraw(waiter.id, overtakes=desk is self._refs.order_desk))

    def done(self, waiter: Waiter, done: RequestDone) -> None:
        """A command that was forwarded has its answer."""
        self.free(done)
        if isinstance(waiter.command, PendingCommand):
            self._refs.pending_desk.tell(done)

    def free(self, done: RequestDone) -> None:
        """Free the places that a request takes on the way out."""
        for ref in self._refs.done_to:
            ref.tell(done)

    def _desk_of(self, command: commands.Command) -> Tellable:
        """The order desk keeps the limits of pending orders too, and passes on what they allow."""
        passed_on = isinstance(command, commands.PlacePendingOrder)
        pending = isinstance(command, PendingCommand) and not passed_on
        return self._refs.pending_desk if pending else self._refs.order_desk
