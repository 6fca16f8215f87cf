"""The URL of an engine."""

import pytest

from runtime.cluster.address import EngineAddress, parse_address


def test_the_parts_of_an_address() -> None:
    assert parse_address("valkey://10.0.0.5") == EngineAddress("10.0.0.5", 6379, 0, False, "", "", "")
    secret = parse_address("rediss://me:p%40ss@engine:7000/2?ssl_ca_certs=/etc/ca.pem")
    credentials = frozenset({"me:p%40ss", "p%40ss", "me:p@ss", "p@ss"})
    assert secret == EngineAddress("engine", 7000, 2, True, "me", "p@ss", "/etc/ca.pem", credentials)
    assert parse_address("valkey://me@engine").credentials == frozenset()  # a name is in paths, too
    assert str(parse_address("redis://[::1]:7/")) == "valkey://[::1]:7/0"


def test_its_texts_have_no_password() -> None:
    address = parse_address("valkeys://me:hidden@engine/1")
    assert str(address) == "valkeys://engine:6379/1"
    assert "hidden" not in repr(address) + f"{address}"


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("http://hidden", "begins with valkey"),
        ("valkey://", "names no host"),
        ("valkey://hidden:hidden@:1", "names no host"),
        ("valkey://engine:hidden", "no URL of an engine"),
        ("valkey://engine/hidden", "the number of its database"),
        ("valkey://engine?hidden=1", "takes no option"),
        ("valkey://engine?ssl_ca_certs=hidden", "begin with valkeys"),
    ],
)
def test_a_problem_says_what_to_write_and_repeats_nothing(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        parse_address(url)
    assert "hidden" not in str(caught.value)
