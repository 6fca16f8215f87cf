"""The actor that answers for a process with several accounts."""

import functools
import itertools
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Protocol

import pykka
from msgspec import Struct, structs

from actors.engine.actor import ReplySlot, RuntimeActor
from actors.engine.router_ref import RouterRef
from actors.errors import RequestError, RequestRefused
from actors.messages.commands import GetBalance, GetStatus
from actors.messages.owners import OwnerEnded
from actors.messages.routing import Asked, GivenUp, SubscribeColumns
from actors.messages.status import Status
from actors.messages.traffic import EventBatch
from actors.values import Balance
from runtime.config import Config
from runtime.control.protocol import AccountState, GetAccounts
from runtime.storage.account import PRACTICE

PATIENCE: Final = 2.0
"""Seconds that an account may take to say how it is; one that does not answer holds up no other."""


class HostedDuty(Struct, frozen=True):
    """One account or feed as its host knows it; ``router`` is ``None`` while it does not run."""

    state: AccountState
    router: RouterRef | None = None


class SharedDuties(Protocol):
    """The accounts and feeds that a host shares with others, as it knows them; any thread."""

    def absence(self, name: str) -> str: ...

    def stands_by(self, name: str) -> bool: ...


def hosted(
    name: str,
    config: Config,
    router: RouterRef | None,
    failure: Exception | None,
    shared: SharedDuties | None,
    *,
    practises: bool,
) -> HostedDuty:
    """That of ``name``, as its host knows it; ``shared`` are those of its cluster, if it is in one."""
    elsewhere = "" if shared is None else shared.absence(name)
    login = config.account.login
    mode = PRACTICE if practises or login is None else login.account.value
    kind = "account" if config.orders_on is None else "feed"
    if router is not None:
        standby = elsewhere if shared is not None and shared.stands_by(name) else ""
        state = AccountState(name, kind, mode, "connecting", str(failure or ""), standby=standby)
        return HostedDuty(state, router)
    word = "stopped" if failure is None else "failed"
    return HostedDuty(AccountState(name, kind, mode, word, str(failure or elsewhere)))


class _Heard(Struct, frozen=True):
    inquiry: int
    name: str
    answer: Status | Balance | None


class _Due(Struct, frozen=True):
    inquiry: int


class _Inquiry(Struct):
    """A caller, what is known by now, whom to ask, and how many answers are missing."""

    asker: ReplySlot | None
    states: dict[str, AccountState]
    routers: dict[str, RouterRef]
    missing: int = 0


class HostDesk(RuntimeActor):
    """Receives ``Asked`` from the gateway of the process, and answers ``GetAccounts``: it asks the router of
    each account, and waits for none longer than ``PATIENCE``. Refuses what an account has to be asked."""

    def __init__(self, duties: Callable[[], Sequence[HostedDuty]], **kwargs: Any) -> None:
        """``duties`` may be called from any thread."""
        super().__init__("host desk", **kwargs)
        self._duties = duties
        self._inquiries: dict[int, _Inquiry] = {}
        self._numbers = itertools.count(1)

    def on_receive(self, message: Any) -> None:
        match message:
            case _Heard():
                self._on_heard(message)
            case _Due(inquiry=number):
                self._answer(number)
            case Asked(command=GetAccounts()):
                self._inquire(self.defer())
            case Asked():
                names = ", ".join(duty.state.name for duty in self._duties())
                if (asker := self.defer()) is not None:
                    asker.fail(RequestRefused(f"it has several accounts: name one of {names}"))
            case GivenUp() | OwnerEnded() | SubscribeColumns() | EventBatch():
                pass  # there is nothing to withdraw, and no event of its own
            case _:
                self.unexpected(message)

    def _inquire(self, asker: ReplySlot | None) -> None:
        number, duties = next(self._numbers), self._duties()
        states = {duty.state.name: duty.state for duty in duties}
        routers = {duty.state.name: duty.router for duty in duties if duty.router is not None}
        self._inquiries[number] = inquiry = _Inquiry(asker, states, routers, len(routers))
        for name in routers:
            self._ask(number, inquiry, name, GetStatus(deadline=PATIENCE))
        self.after(PATIENCE, _Due(number))
        if not routers:
            self._answer(number)

    def _ask(self, number: int, inquiry: _Inquiry, name: str, command: GetStatus | GetBalance) -> None:
        inquiry.routers[name].ask_then(command, functools.partial(self._hear, number, name))

    def _hear(self, number: int, name: str, answer: Any, error: BaseException | None) -> None:
        """In the thread of the account's router."""
        if self.actor_ref.is_alive():
            self.actor_ref.tell(_Heard(number, name, answer if error is None else None))

    def _on_heard(self, heard: _Heard) -> None:
        inquiry = self._inquiries.get(heard.inquiry)
        if inquiry is None:
            return
        state = inquiry.states[heard.name]
        match heard.answer:
            case Status() as status:
                inquiry.states[heard.name] = state = with_status(state, status)
                if state.up and state.kind == "account":  # else there is none to wait for
                    inquiry.missing += 1
                    self._ask(heard.inquiry, inquiry, heard.name, GetBalance(deadline=PATIENCE / 2))
            case Balance(amount=amount, currency=currency):
                inquiry.states[heard.name] = structs.replace(state, balance=amount, currency=currency)
        inquiry.missing -= 1
        if inquiry.missing == 0:
            self._answer(heard.inquiry)

    def _answer(self, number: int) -> None:
        inquiry = self._inquiries.pop(number, None)
        if inquiry is not None and inquiry.asker is not None:
            inquiry.asker.set(list(inquiry.states.values()))

    def release(self, unhandled: list[Any]) -> None:
        for number in list(self._inquiries):
            self._answer(number)


def with_status(state: AccountState, status: Status) -> AccountState:
    """``state`` with what a status of the account says."""
    up = sum(each.child.state == "up" for each in status.connections)
    errors: Mapping[str, None] = dict.fromkeys(
        each.child.last_error for each in status.connections if each.child.last_error
    )
    given_up = bool(status.connections) and all(
        each.child.state == "quarantined" for each in status.connections
    )
    reason = "" if up else "; ".join(errors)
    if status.disconnected is not None and not up:
        reason = f"disconnected ({status.disconnected})"
    trades = state.kind == "account"
    return structs.replace(
        state,
        state="up" if up else "refused" if given_up else "connecting",
        reason=reason,
        up=up,
        connections=len(status.connections),
        streams=len(status.streams),
        open_deals=status.desk.open_deals if trades else None,
        in_flight=status.desk.in_flight + status.pending.in_flight if trades else None,
        in_doubt=status.desk.in_doubt + status.pending.in_doubt if trades else None,
        halted=status.desk.halted if trades else None,
    )


def statuses_of(routers: Mapping[str, RouterRef], timeout: float) -> dict[str, Status | None]:
    """The status of each, by name; ``None`` where none comes within ``timeout`` seconds, which are for all
    together. For a thread that may wait."""
    asked = {name: router.ask(GetStatus(), block=False, timeout=timeout) for name, router in routers.items()}
    give_up_at = time.monotonic() + timeout
    found: dict[str, Status | None] = {}
    for name, future in asked.items():
        try:
            found[name] = future.get(timeout=max(0.0, give_up_at - time.monotonic()))
        except (RequestError, pykka.Timeout, pykka.ActorDeadError):
            found[name] = None
    return found
