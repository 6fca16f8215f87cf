"""The secrets of a running runtime do not leak: every place where one could appear is searched."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from loguru import logger

from actors.messages import ConnectionUp, Event, Subscribe, WorkerUp
from runtime import Host
from runtime.config import Config, effective_yaml
from runtime.practice import PracticeExchange, PracticeSettings
from tests.doubles.engine_server import EngineServer
from tests.doubles.several_accounts import entries, write
from tests.journeys.journey import (
    DEADLINE,
    Notebook,
    Start,
    status_of,
    towards,
)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """Every line that is logged in this process, at every level."""
    written: list[str] = []
    sink = logger.add(written.append, level=0, diagnose=False, backtrace=False)
    yield written
    logger.remove(sink)


def token(exchange: PracticeExchange) -> str:
    """The secret part of the session."""
    session = json.loads(exchange.session[2:])[1]["session"]
    assert isinstance(session, str)
    return session


def environment_of(process: psutil.Process) -> dict[str, str]:
    """Empty for a user who is not root: a process that holds a session shows it to nobody else."""
    try:
        return process.environ()
    except psutil.AccessDenied:
        return {}


def as_message(session: str) -> str:
    return session


def as_object(session: str) -> str:
    return json.dumps(json.loads(session[2:])[1])


def as_quoted_message(session: str) -> str:
    return f"'{session}'"


def with_single_quotes(session: str) -> str:
    return session.replace('"', "'")


@pytest.mark.parametrize("pasted", [as_message, as_object, as_quoted_message, with_single_quotes])
def test_no_worker_is_born_with_the_session_string(
    start_runtime: Start,
    exchange: PracticeExchange,
    monkeypatch: pytest.MonkeyPatch,
    pasted: Callable[[str], str],
) -> None:
    session = pasted(exchange.session)
    monkeypatch.setenv("POCKET_OPTION_SSID", session)
    monkeypatch.setenv("TELLWIRE_CANARY", "harmless")
    notebook = Notebook()
    urls = [region.url for region in exchange.regions]
    runtime = start_runtime(Config.model_validate(towards(session, urls, workers=1)))
    runtime.router.tell(Subscribe("connection.up", to=notebook))
    notebook.first(ConnectionUp)
    for worker in status_of(runtime).workers:
        process = psutil.Process(worker.pid)
        assert environment_of(process).get("TELLWIRE_CANARY", "harmless") == "harmless"
        assert token(exchange) not in " ".join(environment_of(process).values())
        assert token(exchange) not in " ".join(process.cmdline())


def test_practice_keeps_the_true_session_string_from_its_workers_too(
    start_runtime: Start, exchange: PracticeExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POCKET_OPTION_SSID", exchange.session)
    notebook = Notebook()
    config = Config.model_validate(towards(exchange.session, [exchange.regions[0].url], workers=1))
    runtime = start_runtime(config, practice=True)
    runtime.router.tell(Subscribe("connection.up", to=notebook))
    assert notebook.first(ConnectionUp).region.startswith("PRACTICE-")
    (worker,) = status_of(runtime).workers
    assert token(exchange) not in " ".join(environment_of(psutil.Process(worker.pid)).values())


@pytest.mark.parametrize("workers", [0, 1])
def test_the_session_string_is_in_no_log_line_event_or_repr(
    start_runtime: Start,
    exchange: PracticeExchange,
    lines: list[str],
    capfd: pytest.CaptureFixture[str],
    workers: int,
) -> None:
    notebook = Notebook()
    urls = [region.url for region in exchange.regions]
    config = Config.model_validate(towards(exchange.session, urls, workers, log={"level": "TRACE"}))
    runtime = start_runtime(config)
    runtime.router.tell(Subscribe("", to=notebook))
    notebook.first(ConnectionUp)
    exchange.drop_connections()
    notebook.first(ConnectionUp, epoch=2)
    exchange.fault("refuse_sessions")
    exchange.drop_connections()
    assert runtime.wait(DEADLINE)
    status = status_of(runtime)
    runtime.stop()

    seen = [*lines, *(repr(event) for event in notebook.all(Event)), *capfd.readouterr()]
    seen += [repr(status), repr(runtime.config), str(runtime.config), repr(runtime.failure)]
    seen += [effective_yaml(config), config.model_dump_json(), repr(vars(runtime))]
    seen += [repr(exchange.ledger.received("auth"))]
    assert lines
    assert [text for text in seen if token(exchange) in text] == []


def workers_of(host: Host) -> dict[str, int]:
    """The process of each account's worker, once all accounts are up."""
    due = time.monotonic() + DEADLINE
    while not host.states() or any(each.state != "up" for each in host.states()):
        assert time.monotonic() < due
        time.sleep(0.02)
    return {name: status_of(runtime).workers[0].pid for name, runtime in host.runtimes.items()}


def assert_born_without(secrets: dict[str, str], worker: int) -> None:
    variables = environment_of(psutil.Process(worker))
    assert variables.get("TELLWIRE_CANARY", "harmless") == "harmless"
    assert [name for name, text in variables.items() if name in secrets or text in secrets.values()] == []


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_worker_is_born_with_a_secret_of_another_account_or_of_the_process(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder := tmp_path / "engine").mkdir()
    with (
        PracticeExchange(PracticeSettings(accounts=2)) as exchange,
        EngineServer(folder, "--requirepass", "eng/ne-w0rd") as engine,
    ):
        secrets = {
            "FIRST": exchange.sessions[0],
            "SECOND": exchange.sessions[1],
            "ENGINE_WORD": "eng%2fne-w0rd",
            "ENGINE_AS_SENT": "eng/ne-w0rd",
            "PAGE": "t0ken-of-the-page",
            "HOOK": "https://hooks.example/w3bhook",
            "MAIL_PASSWORD": "correct-horse-battery",
            "API_TOKEN": "alpha-beta_gamma",
        }
        for name, text in {**secrets, "TELLWIRE_CANARY": "harmless"}.items():
            monkeypatch.setenv(name, text)
        url = engine.url.replace("://", "://:${ENGINE_WORD}@")
        more = f"status: {{listen: '127.0.0.1:0', token: '${{PAGE}}'}}\ncluster: {{engine: '{url}'}}\n"
        more += "alerts: {apprise: ['mailtos://me:${MAIL_PASSWORD}@mail.example']}\n"
        more += "connection: {custom_headers: {Authorization: 'Bearer ${API_TOKEN}'}}\n"
        accounts = entries(["${FIRST}", "${SECOND}"])
        file = write(tmp_path / "hosts.yaml", exchange, place, accounts=accounts, feeds="", more=more)
        text = file.read_text().replace("workers: 0", "workers: 1")
        file.write_text(text.replace("name: hedge,", "name: hedge, alerts: {webhook: '${HOOK}'},"))
        with Host.from_yaml(file) as host:
            for worker in workers_of(host).values():
                assert_born_without(secrets, worker)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_later_worker_is_born_without_the_session_of_an_account_that_has_come_or_gone(
    tmp_path: Path, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with PracticeExchange(PracticeSettings(accounts=3)) as exchange:
        secrets = dict(zip(("FIRST", "SECOND", "THIRD"), exchange.sessions, strict=True))
        for name, text in {**secrets, "TELLWIRE_CANARY": "harmless"}.items():
            monkeypatch.setenv(name, text)
        accounts = entries(["${FIRST}", "${SECOND}"])
        file = write(tmp_path / "accounts.yaml", exchange, place, accounts=accounts, feeds="")
        file.write_text(file.read_text().replace("workers: 0", "workers: 1"))
        with Host.from_yaml(file) as host:
            first = workers_of(host)["main"]
            file.write_text(
                file.read_text().replace(
                    "name: hedge, session: '${SECOND}'", "name: third, session: '${THIRD}'"
                )
            )
            host.reload()
            notebook = Notebook()
            host.runtimes["main"].router.tell(Subscribe("worker.up", to=notebook))
            psutil.Process(first).kill()
            assert_born_without(secrets, notebook.first(WorkerUp).pid)
