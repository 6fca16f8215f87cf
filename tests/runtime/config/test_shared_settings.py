"""What all hosts must have alike, and what each may have of its own."""

from pathlib import Path

import pytest

from runtime.cluster.differences import differences
from runtime.config import load_text
from runtime.config.shared_settings import shared_settings

SESSION = '42["auth",{"session":"%s","isDemo":1,"uid":%d,"platform":2}]'
TEXT = """\
regions: {demo: [{name: r, url: 'wss://r.example/'}]}
accounts:
  - {name: main, session: '%s', limits: {messages: [5/s]}}
feeds:
  - {name: otc, accounts: [main], assets: [EURUSD_otc]}
cluster: {engine: 'valkey://e', host: h1}
"""
OURS = TEXT % (SESSION % ("k3n8v0canary7q2w5e9r1t4y6u", 10000001))


def differing(theirs: str) -> list[str]:
    one, other = (shared_settings(load_text(text, "x.yaml", Path())) for text in (OURS, theirs))
    return list(differences(one, other))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("k3n8v0canary7q2w5e9r1t4y6u", "another0canary7q2w5e9r1t4y"),  # a session of the same account
        ("host: h1", "host: h2"),
        ("valkey://e", "valkey://somewhere-else"),
        ("cluster:", "control: {socket: /tmp/h2.sock}\ncluster:"),
        ("wss://r.example/", "wss://s.example/"),
    ],
)
def test_what_is_a_hosts_own_may_differ(ours: str, theirs: str) -> None:
    assert differing(OURS.replace(ours, theirs)) == []


@pytest.mark.parametrize(
    ("ours", "theirs", "named"),
    [
        ("10000001", "10000002", ["accounts.main.session", "feeds.otc.session"]),
        ("5/s", "6/s", ["accounts.main.limits"]),
        ("EURUSD_otc", "EURUSD", ["feeds.otc.streams"]),
        ("name: main,", "name: main, hosts: [h1],", ["accounts.main.hosts"]),
        ("name: main,", "name: main, allow_live: true,", ["accounts.main.allow_live"]),
        ("host: h1", "host: h1, lease: 6s", ["cluster.lease"]),
        ("cluster:", "orders: {maximum_open: 3}\ncluster:", ["accounts.main.orders"]),
        ("otc,", "otc2,", ["feeds.otc, which it does not have", "feeds.otc2, which only it has"]),
    ],
)
def test_what_differs_is_named(ours: str, theirs: str, named: list[str]) -> None:
    assert differing(OURS.replace(ours, theirs)) == named
