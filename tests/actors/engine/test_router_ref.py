"""The reference to a router: what it hands on, when it withdraws, and which errors it raises."""

import datetime as dt
import gc
import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pykka
import pytest
from msgspec import structs

from actors.engine import router_ref
from actors.engine.actor import RuntimeActor
from actors.engine.router_ref import RouterRef
from actors.errors import NotSent, OrderUnknown, RequestError, RequestRefused, RequestTimeout
from actors.messages.commands import (
    COMMANDS,
    Command,
    GetBalance,
    PlaceOrder,
    PlacePendingOrder,
    TradingCommand,
)
from actors.messages.events import BalanceChanged
from actors.messages.routing import Asked, GivenUp
from actors.values import AccountKind, Balance, Direction
from tests.doubles.recorder import WAIT

ORDER = PlaceOrder("A", Decimal(1), Direction.CALL, 60)
PENDING = PlacePendingOrder("A", Decimal(1), Direction.CALL, 60, open_at=1e9)
ORDERS = pytest.mark.parametrize("order", [ORDER, PENDING], ids=["order", "pending order"])


class _Desk(RuntimeActor):
    """Answers an ask as ``answers`` says, and a withdrawal with ``NotSent`` if ``withdraws``."""

    attribute = 7

    def __init__(self, answers: Callable[[Asked], Any] | None = None, *, withdraws: bool = True) -> None:
        super().__init__("router")
        self._actor_ref = RouterRef(self, COMMANDS)
        self._answers = answers
        self._withdraws = withdraws
        self._slots: dict[int, Any] = {}
        self.asked: list[Asked] = []
        self.given_up: list[int] = []

    def on_receive(self, message: Any) -> None:
        match message:
            case Asked():
                self.asked.append(message)
                slot = self.defer()
                assert slot is not None
                self._slots[message.ask] = slot
                if self._answers is not None:
                    slot.set(self._answers(message))
            case GivenUp(ask=ask):
                self.given_up.append(ask)
                if self._withdraws:
                    self._slots[ask].fail(NotSent("withdrawn"))

    def double(self, number: int) -> int:
        return 2 * number


def start(*args: Any, **kwargs: Any) -> Any:
    ref = _Desk.start(*args, **kwargs)
    assert isinstance(ref, RouterRef)
    return ref


def asked(ref: RouterRef) -> list[Asked]:
    """What the router was asked, once it has handled all that it was sent."""
    return list(ref.proxy().asked.get(timeout=WAIT))


def given_up(ref: RouterRef) -> list[int]:
    return list(ref.proxy().given_up.get(timeout=WAIT))


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(router_ref, "GRACE", 0.1)


def test_the_timeout_is_handed_on_as_a_moment() -> None:
    ref = start(lambda _: "answer")
    before = time.monotonic()
    assert ref.ask(GetBalance(), timeout=5) == "answer"
    assert ref.ask(GetBalance()) == "answer"
    first, second = asked(ref)
    assert before + 5 <= first.expires_at <= time.monotonic() + 5
    assert second.expires_at == math.inf
    assert given_up(ref) == []


@ORDERS
@pytest.mark.parametrize("timeout", [0.05, 0, -1])
def test_an_order_that_has_not_left_by_the_timeout_is_not_sent(order: Command, timeout: float) -> None:
    ref = start()
    with pytest.raises(NotSent, match="withdrawn"):
        ref.ask(order, timeout=timeout)
    assert given_up(ref) == [each.ask for each in asked(ref)]


@ORDERS
def test_an_order_of_which_the_runtime_says_nothing_is_unknown(order: Command, quick: None) -> None:
    ref = start(withdraws=False)
    with pytest.raises(OrderUnknown, match="may have been sent") as unknown:
        ref.ask(order, timeout=0.05)
    assert isinstance(unknown.value, pykka.Timeout)


def test_an_order_has_one_id_from_its_ask_to_its_error(quick: None) -> None:
    ref = start(withdraws=False)
    errors = []
    for order in (ORDER, ORDER, structs.replace(ORDER, id="signal-7")):
        with pytest.raises(OrderUnknown) as unknown:
            ref.ask(order, timeout=0.05)
        errors.append(unknown.value)
    ids = [each.order for each in asked(ref)]
    assert [error.order for error in errors] == ids
    assert all(error.order in str(error) for error in errors)
    assert len(set(ids)) == 3
    assert ids[2] == "signal-7"


def test_nobody_says_of_an_id_that_was_used_before_that_its_order_never_left() -> None:
    """Only the journal knows, and a runtime that has ended looks nothing up."""
    ref = start()
    ref.stop()
    with pytest.raises(NotSent) as not_sent:
        ref.ask(ORDER)
    assert not_sent.value.order
    with pytest.raises(OrderUnknown, match="may have been sent before") as unknown:
        ref.ask(structs.replace(ORDER, id="signal-7"))
    assert unknown.value.order == "signal-7"


def test_any_other_command_without_an_answer_is_a_timeout(quick: None) -> None:
    ref = start()
    with pytest.raises(RequestTimeout) as timeout:
        ref.ask(GetBalance(), timeout=0.05)
    assert isinstance(timeout.value, pykka.Timeout)
    assert given_up(ref) == []


def test_the_truth_that_comes_a_little_later_than_the_timeout_is_the_answer() -> None:
    ref = start(lambda _: threading.Event().wait(0.3) or "late", withdraws=False)
    assert ref.ask(ORDER, timeout=0.05) == "late"


@ORDERS
def test_a_look_at_a_future_that_takes_too_long_withdraws_its_order(order: Command) -> None:
    ref = start()
    future = ref.ask(order, block=False)
    for _ in range(2):  # it stays so
        with pytest.raises(NotSent):
            future.get(timeout=0.01)
    assert len(given_up(ref)) == 1


def test_a_look_at_any_other_future_may_be_repeated() -> None:
    go_on = threading.Event()
    ref = start(lambda _: go_on.wait(WAIT) and "answer")
    future = ref.ask(GetBalance(), block=False)
    looked_at = time.monotonic()
    with pytest.raises(RequestTimeout):
        future.get(timeout=0.01)
    assert time.monotonic() - looked_at < 1.0
    go_on.set()
    assert [future.get(timeout=WAIT), future.get(), future.map(str.upper).get()] == [
        "answer",
        "answer",
        "ANSWER",
    ]
    assert given_up(ref) == []


@ORDERS
def test_a_mapped_future_withdraws_too(order: Command) -> None:
    ref = start()
    with pytest.raises(NotSent):
        ref.ask(order, block=False).map(str).get(timeout=0.01)


@ORDERS
def test_a_dropped_future_withdraws_its_order(order: Command) -> None:
    ref = start()
    future: Any = ref.ask(order, block=False)
    assert given_up(ref) == []
    del future
    gc.collect()
    assert given_up(ref) == [each.ask for each in asked(ref)]


def test_a_dropped_future_of_any_other_command_withdraws_nothing() -> None:
    ref = start()
    ref.ask(GetBalance(), block=False)
    gc.collect()
    assert given_up(ref) == []


@ORDERS
@pytest.mark.parametrize("block", [True, False])
@pytest.mark.parametrize("error", [KeyboardInterrupt, TimeoutError], ids=["Ctrl-C", "of a signal handler"])
def test_an_exception_that_ends_the_wait_withdraws_the_order(
    order: Command, block: bool, error: type[BaseException]
) -> None:
    ref = start()

    def interrupt(*_: object) -> None:
        raise error

    before = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.1)
        with pytest.raises(error):
            ref.ask(order) if block else ref.ask(order, block=False).get()
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert len(given_up(ref)) == 1


@pytest.mark.parametrize(
    ("nonsense", "text"),
    [
        (GetBalance, r"GetBalance is not a command: it is a class; GetBalance\(...\) makes"),
        (dict, "dict is not a command: it is a class"),
        ("balance", "'balance' is not a command: its type is str"),
        (None, "None is not a command: its type is NoneType"),
        ({"type": "GetBalance"}, "is not a command: its type is dict"),
        (BalanceChanged(Balance(AccountKind.DEMO, Decimal(1))), "its type is BalanceChanged"),
        (Command(), "its type is Command"),
        (TradingCommand(), "its type is TradingCommand"),
    ],
)
def test_what_is_no_command_is_refused_and_sent_nowhere(nonsense: Any, text: str) -> None:
    ref = start()
    with pytest.raises(RequestRefused, match=text):
        ref.ask(nonsense, timeout=WAIT)
    with pytest.raises(RequestRefused, match=text):
        ref.ask(nonsense, block=False).get()
    assert asked(ref) == []


@pytest.mark.parametrize("timeout", ["3", "3 s", math.nan, True, b"3", [3], object()])
def test_a_timeout_that_is_no_length_of_time_is_refused_before_anything_is_sent(timeout: Any) -> None:
    ref = start()
    text = "timeout must be a number of seconds, a timedelta or None, not "
    with pytest.raises(ValueError, match=text):
        ref.ask(ORDER, timeout=timeout)
    assert asked(ref) == []
    future = ref.ask(ORDER, block=False)
    with pytest.raises(ValueError, match=text):
        future.get(timeout=timeout)
    assert given_up(ref) == []


@pytest.mark.parametrize(
    "timeout",
    [2, 2.0, Decimal(2), Fraction(2), dt.timedelta(seconds=2)],
    ids=lambda value: type(value).__name__,
)
def test_a_timeout_may_be_any_length_of_time(timeout: Any) -> None:
    ref = start(lambda _: "answer")
    before = time.monotonic()
    assert ref.ask(GetBalance(), timeout=timeout) == "answer"
    assert ref.ask(GetBalance(), block=False, timeout=timeout).get(timeout=timeout) == "answer"
    assert all(before + 2 <= each.expires_at < before + 2 + WAIT for each in asked(ref))


@pytest.mark.parametrize("timeout", [math.inf, 1e12, 10**400, dt.timedelta.max], ids=str)
def test_a_timeout_without_an_end_waits_for_the_answer(timeout: float) -> None:
    assert start(lambda _: "answer").ask(ORDER, timeout=timeout) == "answer"


@pytest.mark.parametrize(
    ("command", "kind"), [(GetBalance(), RequestError), (ORDER, NotSent), (PENDING, NotSent)]
)
def test_a_router_that_has_ended_raises_our_errors(command: Command, kind: type[Exception]) -> None:
    ref = start()
    ref.stop(timeout=WAIT)
    with pytest.raises(RequestError, match="the runtime has ended") as ended:
        ref.ask(command, timeout=WAIT)
    assert type(ended.value) is kind
    with pytest.raises(kind, match="the runtime has ended"):
        ref.ask(command, block=False).get()
    with pytest.raises(pykka.ActorDeadError):
        ref.tell(command)


@pytest.mark.parametrize(("command", "kind"), [(GetBalance(), RequestError), (ORDER, NotSent)])
def test_a_forked_process_is_told_at_once_that_nobody_hears_it(
    command: Command, kind: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No thread of the parent is in the child: its ask would wait for nobody, and an order be in doubt."""
    ref, process = start(), os.getpid()
    monkeypatch.setattr(os, "getpid", lambda: process + 1)
    with pytest.raises(kind, match="was forked from that of the runtime") as forked:
        ref.ask(command)
    assert type(forked.value) is kind
    answers: list[Any] = []
    ref.ask_then(command, lambda *answer: answers.append(answer))
    assert [type(error) for _, error in answers] == [kind]


def test_an_ask_that_the_router_leaves_unhandled_at_its_end_was_not_sent() -> None:
    busy, go_on = threading.Event(), threading.Event()

    def answer(_: Asked) -> bool:
        busy.set()
        return go_on.wait(WAIT)

    ref = start(answer)
    first = ref.ask(GetBalance(), block=False)
    assert busy.wait(WAIT)
    second = ref.ask(ORDER, block=False)
    ref.stop(block=False)
    go_on.set()
    assert first.get(timeout=WAIT) is True
    with pytest.raises(NotSent, match="the runtime has ended"):
        second.get(timeout=WAIT)


def test_a_proxy_works_as_that_of_any_actor() -> None:
    proxy: Any = start().proxy()
    assert (proxy.attribute.get(timeout=WAIT), proxy.double(4).get(timeout=WAIT)) == (7, 8)
    proxy.attribute = 9
    assert proxy.attribute.get(timeout=WAIT) == 9
    assert proxy.stop().get(timeout=WAIT) is None


def test_the_ends_of_two_asks_do_not_touch_one_another() -> None:
    ref = start()
    patient = ref.ask(ORDER, block=False)
    with pytest.raises(NotSent):
        ref.ask(ORDER, timeout=0.01)
    first, second = asked(ref)
    assert given_up(ref) == [second.ask]
    assert first.ask != second.ask
    del patient


def test_a_look_that_is_interrupted_as_the_answer_comes_leaves_it_to_the_next() -> None:
    answered = threading.Event()
    ref = _Desk.start(lambda _: answered.wait(WAIT))

    def interrupt(_frame: Any, event: str, called: Any) -> None:
        if event == "c_return" and called.__name__ == "acquire":
            sys.setprofile(None)
            raise KeyboardInterrupt

    try:
        future = ref.ask(GetBalance(), block=False)
        answered.set()
        sys.setprofile(interrupt)
        try:
            future.get(timeout=WAIT)
        except KeyboardInterrupt:
            pass
        finally:
            sys.setprofile(None)
        assert future.get(timeout=WAIT)
        assert future.get(timeout=0)
    finally:
        ref.stop()
