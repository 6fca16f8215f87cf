import pytest

from actors.errors import RemoteProtocolError
from actors.values import AccountKind
from actors.venues.pocketoption import account_kind


@pytest.mark.parametrize(("kind", "flag"), [(AccountKind.DEMO, 1), (AccountKind.LIVE, 0)])
def test_a_book_has_a_flag_and_a_flag_a_book(kind: AccountKind, flag: int) -> None:
    assert account_kind.write(kind) == flag
    assert account_kind.read(flag) is account_kind.read(bool(flag)) is kind


@pytest.mark.parametrize("flag", [2, -1])
def test_there_is_no_third_book(flag: int) -> None:
    with pytest.raises(RemoteProtocolError):
        account_kind.read(flag)
