"""The tree of errors, and the way of an error through another process."""

import msgspec
import pytest

from actors import errors
from actors.errors import TellwireError, WireError, from_wire, to_wire


def crossed(error: BaseException) -> TellwireError:
    return from_wire(msgspec.msgpack.decode(msgspec.msgpack.encode(to_wire(error)), type=WireError))


@pytest.mark.parametrize(
    "error",
    [
        errors.RequestRefused("no such asset"),
        errors.RequestTimeout("late"),
        errors.RateLimited("wait", 2.5),
        errors.OrderUnknown("lost", "o1"),
        errors.NotSent("no connection is up"),
        errors.Halted("enough"),
        errors.NotPlaced("not listed"),
        errors.DialFailed("refused", 403, 30.0),
        errors.TransportClosed("gone", 1001),
        errors.RemoteProtocolError("masked", 1002),
        errors.ConfigInvalid(["a.yaml:1:1: one", "a.yaml:2:1: two"]),
        errors.AuthRejected("no"),
        errors.WorkerDied("killed"),
        errors.TooManyRestarts("c1"),
        errors.RuntimeHung("no answer"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_crosses_a_process_with_its_class_its_text_and_its_attributes(error: TellwireError) -> None:
    arrived = crossed(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_an_error_with_a_note_crosses_a_process_without_it() -> None:
    error = errors.NotSent("no connection is up")
    error.add_note("seen in a test")
    assert vars(crossed(error)) == {}


class NotSent(TellwireError):
    """Named like one of the tree."""


@pytest.mark.parametrize(
    ("error", "text"), [(KeyError("x"), "KeyError: 'x'"), (NotSent("no"), "NotSent: no")], ids=str
)
def test_an_error_from_outside_the_tree_arrives_as_a_request_error_that_names_it(
    error: Exception, text: str
) -> None:
    arrived = crossed(error)
    assert (type(arrived), str(arrived)) == (errors.RequestError, text)


def test_a_name_that_the_tree_does_not_have_is_told_in_the_text() -> None:
    arrived = from_wire(WireError("NotSend", "no connection is up", {}))
    assert type(arrived) is errors.RequestError
    assert str(arrived) == "an error of an unknown kind, NotSend: no connection is up"
