"""The secrets among the values, and the fields that a venue sends beside ours."""

import copy
import pickle
from decimal import Decimal

import msgspec
import pytest
import rich.pretty

from actors.messages.workers import StartConnection, StopConnection
from actors.values import Deal, PendingOrder, Region, Secret
from tests.doubles.message_samples import CANARY, DEAL, PENDING, SETTINGS


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


def test_the_fields_of_the_venue_change_neither_what_a_deal_is_nor_how_it_is_shown() -> None:
    same = msgspec.structs.replace(DEAL, raw={"uid": 10000001, "requestId": "r"})
    assert same == DEAL
    assert hash(same) == hash(DEAL)
    assert {same} == {DEAL}
    assert same != msgspec.structs.replace(same, profit=Decimal(7))
    assert DEAL != PENDING
    for shown in (repr(same), rich.pretty.pretty_repr(same)):
        assert "10000001" not in shown
        assert repr(DEAL.amount) in shown
    assert DEAL.raw == {}


@pytest.mark.parametrize("row", [DEAL, PENDING])
def test_the_fields_of_the_venue_are_copied_and_pickled_with_the_rest(row: Deal | PendingOrder) -> None:
    whole = msgspec.structs.replace(row, raw={"currency": "USD", "amountUSD": 1.5, "copyTicket": None})
    for copied in (pickle.loads(pickle.dumps(whole)), copy.deepcopy(whole), copy.copy(whole)):
        assert copied == whole
        assert copied.raw == whole.raw
