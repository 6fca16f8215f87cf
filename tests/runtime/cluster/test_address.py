"""The URL of an engine."""

import pytest

from runtime.cluster.address import EngineAddress, Place, parse_address


def test_the_parts_of_an_address() -> None:
    address = parse_address("valkey://10.0.0.5")
    assert address == EngineAddress((Place("10.0.0.5", 6379),), "", 0, False, "", "", "")
    secret = parse_address("rediss://me:p%40ss@engine:7000/2?ssl_ca_certs=/etc/ca.pem")
    credentials = frozenset({"me:p%40ss", "p%40ss", "me:p@ss", "p@ss"})
    places = (Place("engine", 7000),)
    assert secret == EngineAddress(places, "", 2, True, "me", "p@ss", "/etc/ca.pem", "", credentials)
    assert parse_address("valkey://me@engine").credentials == frozenset()  # a name is in paths, too
    assert str(parse_address("redis://[::1]:7/")) == "valkey://[::1]:7/0"


def test_the_parts_of_an_address_of_sentinels() -> None:
    plain = parse_address("sentinel://10.0.0.1,10.0.0.2:7,[::1]/main")
    places = Place("10.0.0.1", 26379), Place("10.0.0.2", 7), Place("::1", 26379)
    assert plain == EngineAddress(places, "main", 0, False, "", "", "")
    assert str(plain) == "sentinel://10.0.0.1:26379,10.0.0.2:7,[::1]:26379/main"
    url = "sentinels://me:p%40ss@a:1,b:2/main/3?ssl_ca_certs=/etc/my%20ca.pem&sentinel_password=w%2Frd"
    secret = parse_address(url)
    assert (secret.user, secret.password, secret.sentinel_password) == ("me", "p@ss", "w/rd")
    assert (secret.database, secret.tls, secret.certificates) == (3, True, "/etc/my ca.pem")
    assert secret.credentials == {"me:p%40ss", "p%40ss", "me:p@ss", "p@ss", "w%2Frd", "w/rd"}
    shown = "sentinels://me:ONE@a:1,b:2/main/3?ssl_ca_certs=%2Fetc%2Fmy+ca.pem&sentinel_password=TWO"
    assert secret.url("ONE", "TWO") == shown
    assert parse_address(shown).certificates == secret.certificates


def test_its_texts_have_no_password() -> None:
    address = parse_address("valkeys://me:hidden@engine/1")
    assert str(address) == "valkeys://engine:6379/1"
    assert "hidden" not in repr(address) + f"{address}"
    watched = parse_address("sentinel://me:hidden@a,b/main?sentinel_password=hidden")
    assert repr(watched) == "<EngineAddress sentinel://a:26379,b:26379/main>"


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
        ("valkey://engine?sentinel_password=hidden", "takes no option but .ssl_ca_certs=FILE$"),
        ("valkey://engine/0#hidden", "no part behind #"),
        ("valkey://engine,hidden", "several hosts are sentinels: write sentinel://HOST:26379"),
        ("sentinel://a,,hidden/main", "names no host"),
        ("sentinel://a,b:hidden/main", "no URL of an engine: write sentinel://HOST:26379"),
        ("sentinel://a,b", "the name by which they know the engine: write sentinel://"),
        ("sentinel://a,b/hid den", "the name by which they know the engine"),
        ("sentinel://a,b/main/hidden", "the end of the path .* the number of its database"),
        ("sentinel://a/main?ssl_ca_certs=hidden", "begin with sentinels://"),
        (
            "sentinel://a/main?password=hidden",
            "no option but .ssl_ca_certs=FILE and sentinel_password=PASSWORD",
        ),
    ],
)
def test_a_problem_says_what_to_write_and_repeats_nothing(url: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem) as caught:
        parse_address(url)
    assert "hidden" not in str(caught.value)
