"""Several accounts and feeds in one file: what each of them is configured to, and what is refused."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from actors.errors import ConfigInvalid
from runtime.config import Config, effective_yaml, load, load_text

TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
REGIONS = "regions: {demo: [{name: a, url: 'ws://127.0.0.1:8500/'}]}\n"


def session(uid: int) -> str:
    return f'42["auth",{{"session":"{TOKEN}{uid}","isDemo":1,"uid":{uid},"platform":2}}]'


def entry(name: str, uid: int, more: str = "") -> str:
    return f"  - {{name: {name}, session: '{session(uid)}'{more and f', {more}'}}}\n"


def read(text: str) -> Config:
    return load_text(REGIONS + text, "file.yaml", Path())


def problems(text: str) -> Sequence[str]:
    with pytest.raises(ConfigInvalid) as refusal:
        read(text)
    assert TOKEN not in str(refusal.value)
    return refusal.value.problems


def test_an_account_has_its_own_settings_and_else_those_of_the_top() -> None:
    config = read(
        "limits: {messages: [4/s], max_concurrent_operations: 3}\nstreams: [{asset: EURUSD_otc}]\naccounts:\n"
        + entry("main", 1)
        + entry("hedge", 2, "limits: {messages: [5/s]}, orders: {journal: own.db}, streams: []")
    )
    main, hedge = config.duties.values()
    assert (main.name, hedge.name) == ("main", "hedge")
    assert [login.user for each in (main, hedge) if (login := each.account.login)] == ["1", "2"]
    assert (main.limits.messages[0].count, hedge.limits.messages[0].count) == (4, 5)
    assert hedge.limits.max_concurrent_operations == 3
    assert (main.orders.journal, hedge.orders.journal) == ("", "own.db")
    assert [len(each.streams) for each in (main, hedge)] == [1, 0]


def test_a_feed_has_the_session_of_an_account_its_own_streams_and_no_orders() -> None:
    config = read(
        "accounts:\n" + entry("main", 1) + "feeds: [{name: otc, accounts: [main], assets: [EURUSD_otc]}]"
    )
    feed = config.of("otc")
    assert feed.account.login == config.of("main").account.login
    assert [stream.asset for stream in feed.streams] == ["EURUSD_otc"]
    assert (feed.orders_on, config.of("main").orders_on) == (("main",), None)


def test_without_accounts_a_configuration_is_its_own_only_one() -> None:
    config = Config()
    assert config.of("") is config
    assert (config.duties, config.name) == ({}, "")
    with pytest.raises(ConfigInvalid, match="'main' is no account here"):
        config.of("main")


def test_an_unknown_name_is_refused_with_the_nearest_and_none_with_all_of_them() -> None:
    config = read("accounts:\n" + entry("main", 1) + entry("hedge", 2))
    with pytest.raises(ConfigInvalid, match=r"'hedg' is none of them \(did you mean hedge\?\)"):
        config.of("hedg")
    with pytest.raises(ConfigInvalid, match="there are several, main, hedge"):
        config.of("")


def test_it_can_be_built_in_python() -> None:
    settings = {
        "regions": {"demo": [{"name": "a", "url": "ws://127.0.0.1:8500/"}]},
        "accounts": [{"name": "main", "session": session(1), "pool": {"connections": 1}}],
    }
    config = Config.model_validate(settings)
    assert config.of("main").pool.connections == 1
    assert TOKEN not in repr(config)
    assert Config.model_validate({"accounts": config.accounts, "regions": config.regions}).of(
        "main"
    ) == config.of("main")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (entry("main", 1) + entry("Main", 2), "4:12: accounts[1].name: is the name of accounts[0] too"),
        (entry("a.b", 1), "accounts[0].name: is not a name of at most 32 letters"),
        (
            entry("a", 1) + entry("b", 1),
            "accounts[1].session: is of the same account at the venue as accounts[0]",
        ),
        ("  - {name: a}\n", "accounts[0].session: is missing"),
        ("  - {name: a, session: nothing}\n", "accounts[0].session: "),
        (entry("a", 1, "limits: {mesages: []}"), "limits.mesages: is no known key (did you mean messages?)"),
        (entry("a", 1, "health: {stale_floor: 99}"), "accounts[0].health.stale_floor: must not be above"),
        (entry("a", 1, "log: {level: INFO}"), "accounts[0].log: is no known key"),
        (
            entry("a", 1, "orders: {journal: x.db}") + entry("b", 2, "orders: {journal: ./x.db}"),
            "accounts[1].orders.journal: is the journal of accounts[0] too",
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(text: str, problem: str) -> None:
    found = problems("accounts:\n" + text)
    assert len(found) == 1
    assert problem in found[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("orders: {journal: a.db}\n", "orders.journal: is one file, and there are several accounts"),
        ("account: {allow_live: true}\n", "account.allow_live: has no effect with accounts"),
        ("feeds: [{name: f, accounts: [hedg], assets: [EURUSD_otc]}]\n", "(did you mean hedge?)"),
        ("feeds: [{name: f, assets: [EURUSD_otc]}]\n", "feeds[0]: has no session"),
        ("feeds: [{name: main, accounts: [main], assets: [EURUSD_otc]}]\n", "is the name of accounts[0] too"),
        (
            "feeds: [{name: f, accounts: [main], assets: ['EUR USD']}]\n",
            "feeds[0].assets[0]: is not an asset's",
        ),
        ("feeds: [{name: f, accounts: [main], assets: []}]\n", "feeds[0].assets: "),
        ("limits: {messages: 4}\n", "limits.messages: must be a list"),
    ],
)
def test_what_does_not_fit_beside_the_accounts_is_told_once(text: str, problem: str) -> None:
    found = problems(text + "accounts:\n" + entry("main", 1) + entry("hedge", 2))
    assert len(found) == 1, found
    assert problem in found[0]


def test_the_variable_of_one_account_is_for_none_of_several(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", session(9))
    config = read("accounts: [{name: main, session: ''}]")
    assert config.account.login is None
    assert config.of("main").account.login is None


def test_a_folder_for_recordings_has_one_for_each() -> None:
    config = read(
        "record: {folder: kept}\naccounts:\n" + entry("a", 1) + entry("b", 2, "record: {folder: x}")
    )
    assert [each.record.folder for each in config.duties.values()] == [str(Path("kept", "a")), "x"]


def test_the_effective_configuration_loads_again_and_has_no_secret() -> None:
    config = read(
        "accounts:\n"
        + entry("main", 1)
        + entry(
            "he-dge", 2, f"limits: {{messages: [5/s]}}, connection: {{custom_headers: {{Cookie: {TOKEN}}}}}"
        )
        + "feeds: [{name: otc, accounts: [main], assets: [EURUSD_otc]}]\n"
    )
    shown = effective_yaml(config)
    assert TOKEN not in shown
    assert "session: ${HE_DGE_SSID:-}" in shown
    again = load_text(shown, "file.yaml", Path())
    assert [*again.duties] == ["main", "he-dge", "otc"]
    assert again.of("he-dge").limits == config.of("he-dge").limits


def test_a_problem_of_an_account_names_its_place(tmp_path: Path) -> None:
    file = tmp_path / "c.yaml"
    file.write_text(
        REGIONS + "accounts:\n" + entry("main", 1) + entry("hedge", 2, "limits: {messages: [5/s]}")
    )
    hedge = load(file).of("hedge")
    assert hedge.file == file
    assert hedge.place(("limits", "messages")).startswith(f"{file}:4:")
    assert hedge.place(("regions",)).startswith(f"{file}:1:")


def test_the_schema_knows_the_settings_of_an_account() -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((Path(__file__).parents[3] / "configs" / "schema.json").read_text())
    valid = jsonschema.Draft202012Validator(schema).is_valid
    assert valid({"accounts": [{"name": "main", "session": "", "limits": {"messages": ["5/s"]}}]})
    assert not valid({"accounts": [{"name": "main", "session": "", "limits": {"mesages": ["5/s"]}}]})
    assert not valid({"accounts": [{"name": "main"}]})
    assert not valid({"accounts": [{"name": "a/b", "session": ""}]})
