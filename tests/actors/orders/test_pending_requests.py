"""Requests about pending orders that wait for their turn, for an answer, or for a list."""

from actors.errors import NotSent, RequestTimeout
from actors.messages.commands import CancelPendingOrder, GetPendingOrders, TradingCommand
from actors.messages.orders import TradingRequest
from actors.orders.pending_requests import MOST_TICKETS, PendingRequests, not_cancelled
from tests.doubles.pending_samples import WISH, pending_of


def request(waiter: int, command: TradingCommand) -> TradingRequest:
    return TradingRequest(waiter, command, 30.0)


def errors(answers: list[tuple[int, object]]) -> list[tuple[int, type]]:
    return [(waiter, type(error)) for waiter, error in answers]


def test_placements_wait_for_their_turn_the_first_come_first() -> None:
    requests = PendingRequests()
    for waiter in (1, 2, 3):
        requests.add_placement(request(waiter, WISH))
    assert errors(requests.withdraw_placement(2, "late")) == [(2, NotSent)]
    assert requests.withdraw_placement(2, "late") == []
    found = [requests.next_placement(), requests.next_placement(), requests.next_placement()]
    assert [each and each.id for each in found] == [1, 3, None]


def test_a_ticket_is_not_cancelled_twice_at_once() -> None:
    requests = PendingRequests()
    cancel = CancelPendingOrder("a")
    assert requests.add_cancellation(request(1, cancel), cancel) == []
    assert errors(requests.add_cancellation(request(2, cancel), cancel)) == [(2, NotSent)]
    assert requests.cancellations() == ["a"]
    assert requests.answer_cancellation("a", "a") == [(1, "a")]
    assert requests.answer_cancellation("a", "a") == []
    assert requests.add_cancellation(request(3, cancel), cancel) == []


def test_each_caller_gets_a_list_of_its_own() -> None:
    requests = PendingRequests()
    for waiter in (1, 2):
        requests.add_for_list(waiter)
    (_, first), (_, second) = requests.answer_for_list([pending_of(WISH)])
    first.clear()
    assert second == [pending_of(WISH)]
    assert requests.answer_for_list([]) == []


def test_a_deadline_ends_the_wait_for_a_list_and_for_a_cancellation() -> None:
    requests = PendingRequests()
    cancel = CancelPendingOrder("a")
    requests.add_cancellation(request(1, cancel), cancel)
    requests.add_for_list(2)
    (late,) = requests.overdue(2, "no list since p1 is in doubt")
    assert str(late[1]) == "no list since p1 is in doubt"
    assert errors(requests.overdue(1, "")) == [(1, RequestTimeout)]
    assert requests.overdue(1, "") == requests.overdue(2, "") == []


def test_what_another_actor_answered_waits_no_more() -> None:
    requests = PendingRequests()
    cancel = CancelPendingOrder("a")
    requests.add_cancellation(request(1, cancel), cancel)
    requests.add_for_list(2)
    requests.add_placement(request(3, WISH))
    for waiter in (1, 2, 3):
        requests.forget(waiter)
    assert requests.unanswered() == []


def test_at_the_end_each_is_answered_with_what_is_true_of_it() -> None:
    requests = PendingRequests()
    cancel = CancelPendingOrder("a")
    requests.add_placement(request(1, WISH))
    requests.add_cancellation(request(2, cancel), cancel)
    requests.add_for_list(3)
    assert repr(requests) == "<PendingRequests: 1 to place, 1 to cancel, 1 wait for the list>"
    assert errors(requests.unanswered()) == [(1, NotSent), (2, RequestTimeout), (3, RequestTimeout)]
    assert requests.unanswered() == []
    assert request(4, GetPendingOrders()).order == ""


def test_a_refused_cancellation_names_the_tickets_that_there_are() -> None:
    def text(ticket: str, *listed: str) -> str:
        return str(not_cancelled(ticket, "notFound", [pending_of(WISH, each) for each in listed]))

    refused = "the venue did not cancel 12345: notFound"
    assert str(not_cancelled("12345", "notFound", None)) == refused
    assert text("12345", "12345") == refused
    assert text("12345") == f"{refused}; it has no pending order"
    assert text("12345", "77777", "12346") == f"{refused}; it has no such ticket (did you mean 12346?)"
    many = [f"x{number}" for number in range(MOST_TICKETS + 1)]
    assert text("12345", *many) == f"{refused}; it has the tickets {', '.join(many[:MOST_TICKETS])}, ..."
