"""One lease as its owner sees it."""

from actors.tenancy.tenure import Tenure


def test_it_is_safe_until_its_time_and_not_once_it_is_lost() -> None:
    tenure = Tenure("account:main", 3, 10.0)
    assert tenure.safe(9.9)
    assert not tenure.safe(10.0)
    tenure.safe_until = 20.0
    assert tenure.safe(10.0)
    tenure.lost = "another host owns it"
    assert not tenure.safe(10.0)
