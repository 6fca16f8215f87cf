"""Which requests a server answers, by the host and the page that they name."""

import pytest

from runtime.monitoring.hosts import AllowedHosts

ALLOWED = AllowedHosts(["monitor.example"])


@pytest.mark.parametrize(
    "authority",
    [
        "127.0.0.1:8787",
        "[::1]:8787",
        "[::1]",
        "localhost",
        "LOCALHOST:1",
        "10.0.0.7:80",
        "monitor.example:8787",
    ],
)
def test_addresses_this_machine_and_configured_names_are_admitted(authority: str) -> None:
    assert ALLOWED.admits(authority)


@pytest.mark.parametrize(
    "authority",
    [
        "",
        ":80",
        "rebound.example",
        "localhost.example",
        "127.0.0.1.example",
        "monitor.example.evil",
        "[::1",
        "a@b",
    ],
)
def test_any_other_name_is_refused(authority: str) -> None:
    assert not ALLOWED.admits(authority)


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        (None, True),
        ("http://127.0.0.1:8787", True),
        ("http://127.0.0.1:9", False),
        ("https://page.example", False),
        ("null", False),
    ],
)
def test_another_page_is_refused(origin: str | None, admitted: bool) -> None:
    assert ALLOWED.admits_origin(origin, "127.0.0.1:8787") is admitted
