"""The tree of errors, and the way of an error through another process."""

import copy
import pickle
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest

from actors import errors
from actors.errors import TellwireError, WireError, from_wire, to_wire

ERRORS = {
    "the venue answered with 401": errors.TellwireError("the venue answered with 401"),
    "a.yaml:1:1: one\na.yaml:2:1: two": errors.ConfigInvalid(["a.yaml:1:1: one", "a.yaml:2:1: two"]),
    "this is a cookie": errors.LoginInvalid("this is a cookie"),
    "unreachable": errors.TransportError("unreachable"),
    "HTTP status 503 instead of an upgrade": errors.DialFailed(
        "HTTP status 503 instead of an upgrade", status=503, retry_after=30.0
    ),
    "the peer closed": errors.TransportClosed("the peer closed", code=1001),
    "broken": errors.ProtocolError("broken"),
    "not open yet": errors.LocalProtocolError("not open yet"),
    "an unmasked frame": errors.RemoteProtocolError("an unmasked frame", code=1002),
    "the venue refused the session": errors.AuthRejected("the venue refused the session"),
    "the runtime is stopping": errors.RequestError("the runtime is stopping"),
    "the venue lists no asset 'NOPE'": errors.RequestRefused("the venue lists no asset 'NOPE'"),
    "no answer within the deadline": errors.RequestTimeout("no answer within the deadline"),
    "no answer came": errors.OrderUnknown("no answer came"),
    "no connection is up": errors.NotSent("no connection is up"),
    "the rate limit holds it for 2.5 s": errors.RateLimited("the rate limit holds it for 2.5 s", 2.5),
    "enough for today": errors.Halted("enough for today"),
    "the venue does not list it": errors.NotPlaced("the venue does not list it"),
    "killed by signal 9": errors.WorkerDied("killed by signal 9"),
    "connection-1: too many": errors.TooManyRestarts("connection-1: too many"),
    "the journal is in use": errors.JournalInUse("the journal is in use"),
    "no runtime at 127.0.0.1:4711": errors.NoRuntime("no runtime at 127.0.0.1:4711"),
    "it does not answer": errors.RuntimeHung("it does not answer"),
}
"""An error of each class, by its text."""


def children_of(kind: type[TellwireError]) -> list[type[TellwireError]]:
    """In the order of their definition, without those that tests define."""
    return [child for child in kind.__subclasses__() if child.__module__ == errors.__name__]


def drawn(kind: type[TellwireError], indent: str = "") -> Iterator[str]:
    children = children_of(kind)
    for child in children:
        is_last = child is children[-1]
        yield indent + ("└── " if is_last else "├── ") + child.__name__
        yield from drawn(child, indent + ("    " if is_last else "│   "))


def pickled(protocol: int) -> Callable[[Any], Any]:
    return lambda error: pickle.loads(pickle.dumps(error, protocol))


def crossed(error: BaseException) -> TellwireError:
    return from_wire(msgspec.msgpack.decode(msgspec.msgpack.encode(to_wire(error)), type=WireError))


def test_the_tree_that_the_module_draws_is_that_of_its_classes() -> None:
    assert errors.__doc__ is not None
    _, _, tree = errors.__doc__.partition("TellwireError\n")
    named = [re.sub(r"(\w+) .*", r"\1", line) for line in tree.splitlines()]
    assert named == list(drawn(TellwireError))


def test_an_error_of_each_class_is_tried() -> None:
    assert {type(error) for error in ERRORS.values()} == set(errors.KINDS.values())


@pytest.mark.parametrize(("text", "error"), ERRORS.items(), ids=lambda value: type(value).__name__)
def test_the_text_of_an_error_is_its_reason(text: str, error: TellwireError) -> None:
    assert str(error) == text


def test_a_login_that_is_none_is_a_value_error_for_the_configuration() -> None:
    assert issubclass(errors.LoginInvalid, ValueError)


@pytest.mark.parametrize("error", ERRORS.values(), ids=lambda error: type(error).__name__)
def test_an_error_crosses_a_process_with_its_class_its_text_and_its_attributes(error: TellwireError) -> None:
    arrived = crossed(error)
    assert type(arrived) is type(error)
    assert str(arrived) == str(error)
    assert vars(arrived) == vars(error)


def test_an_error_with_a_note_crosses_a_process_without_it() -> None:
    error = errors.NotSent("no connection is up")
    error.add_note("seen in a test")
    assert vars(crossed(error)) == {"order": ""}


@pytest.mark.parametrize(
    "copied", [copy.copy, copy.deepcopy, *map(pickled, range(pickle.HIGHEST_PROTOCOL + 1))]
)
@pytest.mark.parametrize("error", ERRORS.values(), ids=lambda error: type(error).__name__)
def test_an_error_is_copied_and_pickled_with_all_that_it_says(
    error: TellwireError, copied: Callable[[Any], Any]
) -> None:
    """A process pool pickles what a job raises, and hangs or breaks if that cannot be read back."""
    error.add_note("seen in a test")
    twin = copied(error)
    assert twin is not error
    assert type(twin) is type(error)
    assert (str(twin), repr(twin), twin.args, vars(twin)) == (
        str(error),
        repr(error),
        error.args,
        vars(error),
    )


@pytest.mark.parametrize("error", ERRORS.values(), ids=lambda error: type(error).__name__)
def test_an_error_of_a_request_has_the_id_of_its_order(error: TellwireError) -> None:
    if isinstance(error, errors.RequestError):
        assert error.id == error.order
        error.order = "signal-7"
        arrived = crossed(error)
        assert isinstance(arrived, type(error))
        assert (arrived.order, arrived.id) == ("signal-7", "signal-7")
        error.order = ""


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
