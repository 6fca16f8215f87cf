"""Every secret of a file is known, to each of its accounts."""

from pathlib import Path

import pytest

from runtime.config import Config, load_text
from runtime.config.secrets import secrets_of, share_secrets

REGIONS = "regions: {demo: [{name: a, url: 'wss://a.example/'}]}\n"


def session(uid: int) -> str:
    return f'42["auth",{{"session":"{token(uid)}","isDemo":1,"uid":{uid},"platform":2}}]'


def token(uid: int) -> str:
    return f"k3n8v0canary7q2w5e9r1t4y6u{uid}"


def read(text: str) -> Config:
    return load_text(REGIONS + text, "file.yaml", Path())


def accounts(*uids: int) -> str:
    listed = (f"  - {{name: number-{uid}, session: '{session(uid)}'}}\n" for uid in uids)
    return "accounts:\n" + "".join(listed)


def test_all_that_the_models_mark_as_secret_is_known() -> None:
    config = read(
        accounts(1)
        + f"feeds: [{{name: otc, session: '{session(2)}', assets: [EURUSD_otc]}}]\n"
        + "alerts: {webhook: 'https://hooks.example/w3bhook', apprise: ['json://apprise-host/']}\n"
        + "cluster: {engine: 'valkey://me:engine-word@engine:6379/0'}\n"
        + "connection: {proxy: 'http://ann:proxy-word@proxy:3128'}\n"
        + "status: {token: t0ken-of-the-page}\n"
    )
    assert secrets_of([config]) >= {
        session(1),
        session(2),
        "https://hooks.example/w3bhook",
        "json://apprise-host/",
        "valkey://me:engine-word@engine:6379/0",
        "http://ann:proxy-word@proxy:3128",
        "t0ken-of-the-page",
    }


def test_what_is_a_secret_by_itself_is_known_without_the_rest() -> None:
    config = read(
        f"account: {{session: '{session(1)}'}}\n"
        "alerts: {apprise: ['tgram://123456789:AAE4t0kenOfTheBot/42']}\n"
        "connection:\n"
        "  proxy: 'http://ann:proxy-word@proxy:3128'\n"
        "  custom_headers: {Authorization: Bearer b34r3rOfTheHeader, DNT: '1', User-Agent: A browser}\n"
    )
    known = config.secrets
    assert known >= {token(1), "AAE4t0kenOfTheBot", "proxy-word", "b34r3rOfTheHeader"}
    assert known.isdisjoint({"ann", "1", "A browser", ""})


@pytest.mark.parametrize(
    ("written", "forms"),
    [
        ("valkey://me:p%40ss-word@engine", {"me:p%40ss-word", "p%40ss-word", "me:p@ss-word", "p@ss-word"}),
        ("valkeys://:p%2fss-word@engine", {":p%2fss-word", "p%2fss-word", ":p/ss-word", "p/ss-word"}),
        (
            "sentinel://:pass-word@a,b/main?sentinel_password=sent%2finel",
            {":pass-word", "pass-word", "sent%2finel", "sent/inel"},
        ),
    ],
)
def test_the_password_of_an_engine_is_known_as_it_is_written_and_as_it_is_sent(
    written: str, forms: set[str]
) -> None:
    config = read(f"cluster: {{engine: '{written}', replicas: 1}}\n" + accounts(1))
    assert config.secrets >= forms | {written}


def test_each_account_knows_the_secrets_of_the_whole_file() -> None:
    config = read(
        "status: {token: t0ken-of-the-page}\ncluster: {engine: 'valkey://me:engine-word@engine'}\n"
        + accounts(1, 2)
        + f"feeds: [{{name: otc, session: '{session(3)}', assets: [EURUSD_otc],"
        + " alerts: {webhook: 'https://hooks.example/w3bhook'}}]\n"
    )
    for each in (config, *config.duties.values()):
        assert each.secrets == config.secrets
        assert each.unlogged >= {token(1), token(2), token(3), "t0ken-of-the-page", "engine-word"}
        assert "https://hooks.example/w3bhook" in each.unlogged


def test_the_log_hides_no_text_that_is_too_short_to_tell_apart() -> None:
    config = read("cluster: {engine: 'valkey://:short@engine'}\n" + accounts(1))
    assert "short" in config.secrets
    assert "short" not in config.unlogged
    assert config.unlogged < config.secrets


def test_configurations_of_one_process_know_those_of_all() -> None:
    before, after = read(accounts(1, 2)), read(accounts(2, 3))
    share_secrets([*before.duties.values(), after, *after.duties.values()])
    for each in (*before.duties.values(), after, *after.duties.values()):
        assert {token(1), token(2), token(3)} <= each.unlogged <= each.secrets


def test_a_session_that_the_environment_offers_is_one_even_if_it_is_not_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", session(1))
    assert {session(1), token(1)} <= read("account: {session: ''}\n").unlogged


def test_a_configuration_shows_none_of_what_it_knows() -> None:
    config = read(accounts(1, 2))
    assert config.duties["number-1"].unlogged
    for each in (config, *config.duties.values()):
        assert "canary" not in repr(each) + str(each) + each.model_dump_json()
    assert config == read(accounts(1, 2))


def test_without_a_secret_there_is_none() -> None:
    assert Config().secrets == Config().unlogged == frozenset()


def test_the_place_of_an_engine_without_a_password_is_no_secret() -> None:
    config = read("cluster: {engine: 'valkey://engine:6379/0'}\n" + accounts(1))
    assert "valkey://engine:6379/0" not in config.secrets


@pytest.mark.parametrize(
    ("written", "value", "forms"),
    [
        (
            "connection: {proxy: 'http://bob:${PART}@127.0.0.1:9'}",
            "p%40ss-word-long",
            {"p%40ss-word-long", "p@ss-word-long"},
        ),
        ("connection: {proxy: 'http://${PART}@127.0.0.1:9'}", "bob:pass-word", {"bob:pass-word"}),
        ("connection: {proxy: 'http://${PART}@127.0.0.1:9'}", "only-a-token", {"only-a-token"}),
        ("connection: {custom_headers: {Authorization: 'Bearer ${PART}'}}", "alpha-beta", {"alpha-beta"}),
        ("connection: {custom_headers: {Cookie: 'sid=${PART}; a=b'}}", "sid-abc_def", {"sid-abc_def"}),
        ("alerts: {apprise: ['mailtos://me:${PART}@example.com']}", "correct-horse", {"correct-horse"}),
        ("alerts: {apprise: ['json://a/', 'discord://123/${PART}']}", "abcdefg_hijk", {"abcdefg_hijk"}),
        ("alerts: {webhook: 'https://a.example/x?key=${PART}'}", "qq-ww%2Frr", {"qq-ww%2Frr", "qq-ww/rr"}),
        ("cluster: {engine: 'valkey://me:word-${PART}@engine'}", "en%40gine", {"en%40gine", "en@gine"}),
        (
            "cluster: {replicas: 1, engine: 'sentinel://:pass-word@a/main?sentinel_password=${PART}'}",
            "en%40gine",
            {"en%40gine", "en@gine"},
        ),
        ("status: {token: 'the-page-has-${PART}'}", "wordsalone", {"wordsalone"}),
        ("alerts: {webhook: 'https://a.example/${PART_UNSET:-by-default}'}", "", {"by-default"}),
        ("alerts: {webhook: 'https://a.example/${file:part.txt}'}", "in-a-file", {"in-a-file"}),
    ],
)
@pytest.mark.parametrize("several", [False, True])
def test_a_value_that_is_inserted_into_a_secret_is_one_by_itself(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    written: str,
    value: str,
    forms: set[str],
    several: bool,
) -> None:
    monkeypatch.setenv("PART", value)
    (tmp_path / "part.txt").write_text(f"{value}\n")
    text = REGIONS + f"{written}\n" + (accounts(1, 2) if several or "engine" in written else "")
    config = load_text(text, "file.yaml", tmp_path)
    for each in (config, *config.duties.values()):
        assert forms <= each.secrets
        assert {form for form in forms if len(form) >= 8} <= each.unlogged


def test_a_value_that_is_inserted_into_a_secret_of_one_account_is_known_to_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", "of-the-hook")
    monkeypatch.setenv("SESSION_PART", "part-of-session")
    config = read(
        accounts(1)
        + "  - {name: other, session: '"
        + session(2).replace(token(2), "${SESSION_PART}")
        + "', alerts: {apprise: ['json://a/${HOOK}']}}\n"
    )
    for each in (config, *config.duties.values()):
        assert {"of-the-hook", "part-of-session"} <= each.unlogged


@pytest.mark.parametrize(
    "written",
    [
        "connection: {proxy: 'http://bob:pass-word@${PART}:9'}",
        "connection: {proxy: 'http://${PART}:pass-word@127.0.0.1:9'}",
        "connection: {custom_headers: {User-Agent: 'A ${PART}'}}",
        "alerts: {apprise: ['mailtos://${PART}:pass-word@example.com']}",
        "cluster: {engine: 'valkey://${PART}:pass-word@engine'}",
        "cluster: {engine: 'valkey://me:pass-word@${PART}:6379'}",
        "cluster: {engine: 'valkey://${PART}'}",
        "cluster: {engine: 'sentinel://${PART},b/main?sentinel_password=pass-word', replicas: 1}",
        "status: {hosts: ['${PART}']}",
        "log: {file: '${PART}'}",
        "streams: [{asset: '${PART}'}]",
    ],
)
def test_a_value_that_is_inserted_into_what_everybody_may_see_is_no_secret(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("PART", "place.example")
    assert "place.example" not in read(f"{written}\n" + accounts(1)).secrets


def test_the_password_of_a_proxy_is_known_as_it_is_written() -> None:
    known = read("connection: {proxy: 'http://bob:p%40ss-word@127.0.0.1:9'}\n").unlogged
    assert {"p%40ss-word", "p@ss-word", "bob:p%40ss-word"} <= known
