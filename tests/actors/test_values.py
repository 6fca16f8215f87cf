"""The secrets among the values."""

import msgspec
import pytest
import rich.pretty

from actors.messages.workers import StartConnection, StopConnection
from actors.values import Region, Secret
from tests.doubles.message_samples import CANARY, SETTINGS


def test_a_secret_is_hidden_however_it_is_printed() -> None:
    secret = Secret(CANARY)
    start = StartConnection("c1", 1, Region("EU", "wss://eu.example"), SETTINGS)
    shown = [str(secret), repr(secret), f"{secret}", f"{secret!r}", "%s" % secret]  # noqa: UP031
    shown += [repr([secret]), repr(SETTINGS), repr(start), str(start)]
    assert CANARY not in "".join(shown)
    assert secret.value == CANARY


def test_a_secret_is_hidden_in_errors_that_name_its_message() -> None:
    with pytest.raises(TypeError) as caught:
        msgspec.structs.replace(SETTINGS, nonsense=1)
    assert CANARY not in str(caught.value)
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.msgpack.decode(msgspec.msgpack.encode(SETTINGS), type=StopConnection)
    assert CANARY not in str(refused.value)


def test_a_secret_is_hidden_from_rich() -> None:
    assert CANARY not in rich.pretty.pretty_repr(Secret(CANARY))
    assert CANARY not in rich.pretty.pretty_repr(SETTINGS)
