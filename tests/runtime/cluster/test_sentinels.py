"""The engine behind sentinels: real servers, and failovers of them."""

import contextlib
import socket
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from actors.errors import NoRuntime
from actors.messages.commands import GetBalance
from actors.values import AccountKind, Balance
from runtime import attach
from runtime.cluster.engine import Engine
from runtime.cluster.outcomes import EngineAway, OrderEntry, Stored
from runtime.cluster.reader import StreamReader
from tests.doubles.engine_fixtures import connected
from tests.doubles.engine_group import NAME, EngineGroup, SentinelServer
from tests.doubles.engine_server import EngineServer, free_port, tls_files
from tests.doubles.played_owner import PlayedOwner
from tests.waiting import eventually

PATIENCE = 20.0


@pytest.fixture
def engine(group: EngineGroup) -> Iterator[Engine]:
    with connected(group.url) as engine:
        engine.prepare()
        yield engine


@contextlib.contextmanager
def mute() -> Iterator[int]:
    """The port of a server that takes connections, and answers nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def is_away(ask: Callable[[], object]) -> bool:
    try:
        ask()
    except EngineAway:
        return True
    return False


def test_after_a_failover_the_new_primary_is_asked_and_has_what_was_confirmed(
    group: EngineGroup, engine: Engine, duty: str
) -> None:
    epoch = engine.acquire(duty, "h1", 60.0).epoch
    assert engine.intend(duty, epoch, 1, [OrderEntry("intent", "a", b"1")], replicas=1) == Stored(0)
    reader = StreamReader(engine, duty, {"commands": "0"})
    group.fail_over()

    eventually(lambda: not is_away(engine.time), PATIENCE)
    assert engine.renew("h1", {duty: epoch}, 60.0) == {duty: True}
    assert engine.order(duty, "a") == b"1"
    group.replica()  # that is the former primary: it has ended its connections
    eventually(lambda: is_away(reader.take), PATIENCE)
    reader.close()


def test_an_ask_by_the_engine_goes_on_after_a_failover(group: EngineGroup, engine: Engine, duty: str) -> None:
    owner = PlayedOwner(engine, duty, "h1")
    try:
        with attach(group.url, account=duty.partition(":")[2], timeout=PATIENCE) as account:
            group.fail_over()
            eventually(lambda: not is_away(engine.time), PATIENCE)
            future = account.router.ask(GetBalance(), block=False, timeout=PATIENCE)
            owner.asked()[1].set(Balance(AccountKind.DEMO, Decimal(5)))
            assert future.get(timeout=PATIENCE).amount == 5
    finally:
        owner.end()


def test_sentinels_that_are_away_are_passed_over(group: EngineGroup) -> None:
    with mute() as silent:
        others = f"sentinel://127.0.0.1:{free_port()},127.0.0.1:{silent},"
        with connected(group.url.replace("sentinel://", others), timeout=1.0) as engine:
            assert engine.prepare().keeps_on_disk


def test_without_a_primary_it_is_said_what_each_sentinel_has_said(group: EngineGroup) -> None:
    known, closed = group.sentinels[0].port, free_port()
    with mute() as silent:
        places = f"127.0.0.1:{known},127.0.0.1:{closed},127.0.0.1:{silent}"
        url = f"sentinel://:secret-word@{places}/another"
        with connected(url, timeout=0.5) as engine, pytest.raises(EngineAway) as caught:
            engine.prepare()
        assert str(caught.value) == (
            f"the engine sentinel://{places}/another is away: no sentinel names its primary"
            f" (127.0.0.1:{known}: it knows no another; 127.0.0.1:{closed}: no connection: Connection"
            f" refused; 127.0.0.1:{silent}: it did not answer in time)"
        )
        assert not caught.value.asked
        with pytest.raises(NoRuntime, match=f"{closed}: no connection"):
            attach(url, account="main", timeout=0.5)


def test_a_sentinel_that_still_names_a_replica_is_not_believed(group: EngineGroup) -> None:
    replica = group.replica()
    [sentinel] = group.sentinels
    sentinel.ask("MONITOR", "stale", "127.0.0.1", str(replica.port), "1")
    try:
        with connected(f"sentinel://127.0.0.1:{sentinel.port}/stale") as engine:
            text = f"127.0.0.1:{replica.port} is a replica, though its sentinels name it"
            with pytest.raises(EngineAway, match=text):
                engine.time()
    finally:
        sentinel.ask("REMOVE", "stale")


def test_a_primary_that_is_gone_is_named(tmp_path: Path) -> None:
    port = free_port()
    text = f"the primary that its sentinels name, 127.0.0.1:{port}: no connection: Connection refused"
    with SentinelServer(tmp_path, port) as sentinel:
        url = f"sentinel://127.0.0.1:{sentinel.port}/{NAME}"
        with connected(url) as engine, pytest.raises(EngineAway, match=text):
            engine.time()


def test_a_replica_takes_no_writes_and_is_told_as_that(group: EngineGroup) -> None:
    replica = group.replica()
    with connected(replica.url) as engine, pytest.raises(EngineAway, match="it is a replica, which takes"):
        engine.acquire("d", "h1", 60.0)


def test_servers_and_sentinels_have_passwords_of_their_own(tmp_path: Path) -> None:
    for name in ("server", "sentinel"):
        (tmp_path / name).mkdir()
    with EngineServer(tmp_path / "server", "--requirepass", "of-the-server") as server:
        option = "requirepass of-the-sentinel"
        with SentinelServer(tmp_path / "sentinel", server.port, 1, option) as sentinel:
            place = f"127.0.0.1:{sentinel.port}/{NAME}"
            with connected(f"sentinel://:of-the-server@{place}?sentinel_password=of-the-sentinel") as engine:
                assert engine.prepare().keeps_on_disk
            refused = connected(f"sentinel://:of-the-server@{place}?sentinel_password=wrong-word")
            text = f"{sentinel.port}: it refuses the user or the password"
            with refused as engine, pytest.raises(EngineAway, match=text) as caught:
                engine.prepare()
            assert "wrong-word" not in str(caught.value)


def test_servers_and_sentinels_are_reached_by_tls(tmp_path: Path) -> None:
    key, chain, root = tls_files(tmp_path)
    files = {"tls-cert-file": chain, "tls-key-file": key, "tls-ca-cert-file": root, "tls-auth-clients": "no"}
    for name in ("server", "sentinel"):
        (tmp_path / name).mkdir()
    ports = free_port(), free_port()
    options = [word for name, value in files.items() for word in (f"--{name}", str(value))]
    with EngineServer(tmp_path / "server", "--tls-port", str(ports[0]), *options):
        lines = [f"tls-port {ports[1]}", *(f"{name} {value}" for name, value in files.items())]
        with SentinelServer(tmp_path / "sentinel", ports[0], 1, *lines):
            url = f"sentinels://127.0.0.1:{ports[1]}/{NAME}"
            with connected(f"{url}?ssl_ca_certs={root}") as engine:
                assert engine.prepare().keeps_on_disk
            with connected(url) as engine, pytest.raises(EngineAway, match="no sentinel names its primary"):
                engine.prepare()
            another_name = connected(f"{url.replace('127.0.0.1', 'localhost')}?ssl_ca_certs={root}")
            with another_name as engine, pytest.raises(EngineAway, match="not valid for 'localhost'"):
                engine.prepare()
