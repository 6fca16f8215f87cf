"""What the interfaces of other clients share: the configuration, the runtime of an account, the loop."""

import asyncio
import threading
import time
from pathlib import Path

import pytest

from actors.errors import LoginInvalid
from actors.messages import GetBalance
from runtime.compat import _shared
from runtime.practice import PracticeExchange, PracticeSettings

SESSION = '42["auth",{"session":"abcdefghij0123456789","isDemo":1,"uid":1,"platform":2}]'
URLS = {"HERE": "ws://127.0.0.1:9"}


def test_a_configuration_is_made_of_a_session_and_addresses() -> None:
    config = _shared.configuration(SESSION, URLS, {"connection": {"open_timeout": 20}})
    assert config.account.session.get_secret_value() == SESSION
    assert [(region.name, region.priority) for region in config.regions.demo] == [("HERE", 1)]
    assert config.regions.demo[0].url.startswith("ws://127.0.0.1:9/")
    assert config.connection.open_timeout == 20
    assert (config.pool.workers, config.pool.connections) == (0, 2)


def test_what_is_no_session_is_told_so() -> None:
    with pytest.raises(LoginInvalid, match="bare session id"):
        _shared.configuration("abcdef", URLS)


def test_the_file_of_the_environment_counts_before_the_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(
        "pool: {connections: 3}\nconnection: {close_timeout: 1s}\n"
        "regions: {demo: [{name: MINE, url: 'ws://127.0.0.1:8'}]}\norders: {journal: here.sqlite}\n"
    )
    monkeypatch.setenv(_shared.FILE_VARIABLE, str(file))
    config = _shared.configuration(SESSION, URLS, {"connection": {"open_timeout": 20, "close_timeout": 5}})
    assert config.account.session.get_secret_value() == SESSION
    assert (config.pool.connections, config.pool.workers) == (3, 0)
    assert (config.connection.open_timeout, config.connection.close_timeout) == (20, 1)
    assert [region.name for region in config.regions.demo] == ["MINE"]
    assert config.path(config.orders.journal) == tmp_path / "here.sqlite"
    assert config.file is None  # a reload would bring the file's session


def test_the_secrets_of_the_file_of_the_environment_are_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("connection: {custom_headers: {Authorization: 'Bearer ${PART}'}}\n")
    monkeypatch.setenv("PART", "alpha-beta")
    monkeypatch.setenv(_shared.FILE_VARIABLE, str(file))
    assert "alpha-beta" in _shared.configuration(SESSION, URLS).unlogged


def test_clients_of_one_account_share_a_runtime_until_the_last_has_gone() -> None:
    async def both() -> None:
        config = _shared.configuration(exchange.session, urls)
        first, second = await asyncio.gather(_shared.lease(config), _shared.lease(config))
        assert first is second
        await _shared.release(first)
        assert (await second.ask(GetBalance(), timeout=10)).amount > 0
        await _shared.release(second)
        third = await _shared.lease(config)
        assert third is not first
        await _shared.release(third)

    with PracticeExchange(PracticeSettings()) as exchange:
        urls = {region.name: region.url for region in exchange.regions}
        asyncio.run(both())


def test_what_was_left_in_a_closed_loop_does_not_hold_the_account() -> None:
    async def leave_it() -> None:
        await _shared.lease(_shared.configuration(exchange.session, urls))

    async def use_it() -> None:
        runtime = await _shared.lease(_shared.configuration(exchange.session, urls))
        assert (await runtime.ask(GetBalance(), timeout=10)).amount > 0
        await _shared.release(runtime)

    with PracticeExchange(PracticeSettings()) as exchange:
        urls = {region.name: region.url for region in exchange.regions}
        asyncio.run(leave_it())
        asyncio.run(use_it())


def test_the_environment_may_ask_for_practice(monkeypatch: pytest.MonkeyPatch) -> None:
    async def practise() -> None:
        runtime = await _shared.lease(_shared.configuration(SESSION, URLS))
        assert (await runtime.ask(GetBalance(), timeout=10)).amount > 0
        await _shared.release(runtime)

    monkeypatch.setenv(_shared.PRACTICE_VARIABLE, "1")
    asyncio.run(practise())


def test_a_loop_in_a_thread_runs_what_a_blocking_client_asks_for() -> None:
    async def answer() -> str:
        return threading.current_thread().name

    loop = _shared.LoopThread("mine")
    assert loop.run(answer()) == "mine"
    ended = threading.Event()

    async def endless() -> None:
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()

    began = time.monotonic()
    with pytest.raises(TimeoutError):
        loop.run(endless(), 0.1)
    assert time.monotonic() - began < 5
    assert ended.wait(5)

    async def nested() -> None:
        loop.run(answer())

    with pytest.raises(RuntimeError, match="its own event loop"):
        loop.run(nested())
    loop.close()
    loop.close()
