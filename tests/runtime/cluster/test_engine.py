"""The engine's client: its errors, its time limits, and the server behind it."""

import contextlib
import socket
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

from runtime.cluster import engine as engine_module
from runtime.cluster.engine import LIBRARY, SOURCE, Engine
from runtime.cluster.examination import examine
from runtime.cluster.outcomes import EngineAway, Fenced, OrderEntry, Refusal, Stored
from tests.doubles.engine_fixtures import connected
from tests.doubles.engine_server import EngineServer, free_port, tls_files

ORDER = OrderEntry("intent", "a", b"secret of a trader")


def test_what_the_server_is(engine: Engine) -> None:
    facts = engine.prepare()
    assert int(facts.version.partition(".")[0]) >= 7
    assert facts.evicts == ""
    assert facts.keeps_on_disk
    assert facts.replicas == 0


def test_a_server_that_is_gone_is_away_at_once_and_back_with_its_data(engine_server: EngineServer) -> None:
    with connected(engine_server.url) as engine:
        engine.prepare()
        epoch = engine.acquire("d", "h1", 60.0).epoch
        engine.intend("d", epoch, 1, [ORDER])
        engine_server.kill()
        for _ in range(2):
            with pytest.raises(EngineAway, match="is away: no connection"):
                engine.renew("h1", {"d": epoch}, 60.0)
        engine_server.start()
        assert engine.renew("h1", {"d": epoch}, 60.0) == {"d": True}
        assert engine.intend("d", epoch, 2, [ORDER]) == Refusal("known", "a")


def test_a_server_that_does_not_answer_costs_one_time_limit(engine_server: EngineServer) -> None:
    with connected(engine_server.url, timeout=0.3) as engine:
        engine.prepare()
        engine_server.stop()
        before = time.monotonic()
        with pytest.raises(EngineAway, match=r"it did not answer within 0.3 s"):
            engine.acquire("d", "h1", 60.0)
        assert time.monotonic() - before < 5.0
        engine_server.thaw()


def test_what_comes_too_late_changes_nothing(engine_server: EngineServer) -> None:
    """The server executes what its buffers had, after the caller has given it up."""
    with connected(engine_server.url, timeout=0.3) as engine, connected(engine_server.url) as patient:
        patient.prepare()
        epoch = patient.acquire("d", "h1", 60.0).epoch
        assert engine.halted("d") is None  # it has a connection
        engine_server.stop()
        with pytest.raises(EngineAway):
            engine.intend("d", epoch, 1, [ORDER])
        engine_server.thaw()
        assert patient.intend("d", epoch, 2, [OrderEntry("unsent", "a", b"not sent")]) in {
            Stored(0),
            Stored(1),
        }
        assert patient.known("d", ["a"]) == set()


def test_the_library_comes_back_if_the_server_has_lost_it(engine_server: EngineServer) -> None:
    with connected(engine_server.url) as engine:
        engine.prepare()
        asked(engine_server, b"FUNCTION FLUSH")
        assert engine.acquire("d", "h1", 60.0).epoch == 1


def test_a_library_with_other_functions_is_refused(engine_server: EngineServer) -> None:
    other = b"#!lua name=tellwire_1\\nredis.register_function('tellwire_1_other', function() return 1 end)"
    asked(engine_server, b'FUNCTION LOAD "' + other + b'"')
    with (
        connected(engine_server.url) as engine,
        pytest.raises(EngineAway, match="differs from that of this host"),
    ):
        engine.prepare()


def test_hosts_with_two_versions_of_the_library_share_the_leases(
    engine_server: EngineServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = tmp_path / "functions.lua"
    newer.write_text(SOURCE.read_text().replace(LIBRARY, "tellwire_99"))

    @contextlib.contextmanager
    def upgraded() -> Iterator[None]:
        with monkeypatch.context() as patched:
            patched.setattr(engine_module, "SOURCE", newer)
            patched.setattr(engine_module, "LIBRARY", "tellwire_99")
            yield

    with connected(engine_server.url) as old, connected(engine_server.url) as new:
        old.prepare()
        assert old.acquire("d", "h1/1", 60.0).epoch == 1
        with upgraded():
            new.prepare()
            assert new.acquire("d", "h2/1", 60.0).epoch == 0
            assert libraries(new) == {"tellwire_99"}
        assert old.renew("h1/1", {"d": 1}, 60.0) == {"d": True}
        assert libraries(new) == {LIBRARY, "tellwire_99"}  # loaded again by the host that needs it
        old.prepare()
        assert libraries(new) == {LIBRARY, "tellwire_99"}  # no newer one is removed
        with upgraded():
            old.execute([("DEL", "tw:{d}:lease")])  # it has ended
            assert new.acquire("d", "h2/1", 60.0).epoch == 2
        with pytest.raises(Fenced):
            old.intend("d", 1, 1, [ORDER])
        with upgraded():
            new.prepare()  # on the last host that is upgraded
            assert libraries(new) == {"tellwire_99"}


def test_only_libraries_that_are_named_as_older_versions_are_removed(engine_server: EngineServer) -> None:
    for name in ("tellwire_0", "tellwire_desk", "tellwire_desk_0", "tellwire_0_desk"):
        source = f"#!lua name={name}\\nredis.register_function('of_{name}', function() return 1 end)"
        asked(engine_server, f'FUNCTION LOAD "{source}"'.encode())
    with connected(engine_server.url) as engine:
        engine.prepare()
        assert libraries(engine) == {LIBRARY, "tellwire_desk", "tellwire_desk_0", "tellwire_0_desk"}


def test_a_library_whose_name_differs_in_case_alone_is_not_taken_for_ours(
    engine_server: EngineServer,
) -> None:
    source = "#!lua name=Tellwire_1\\nredis.register_function('another', function() return 1 end)"
    asked(engine_server, f'FUNCTION LOAD "{source}"'.encode())
    with connected(engine_server.url) as engine:
        assert examine(engine).functions == "absent"
        for _ in range(2):
            engine.prepare()
        assert examine(engine).functions == "loaded"
        assert libraries(engine) == {LIBRARY, "Tellwire_1"}


def libraries(engine: Engine) -> set[str]:
    (found,) = engine.execute([("FUNCTION", "LIST")])
    return {each[1].decode() for each in found}


def test_an_order_that_no_replica_has_is_not_journaled_for_its_caller(engine: Engine, duty: str) -> None:
    with connected(str(engine)[len("<Engine ") : -1], timeout=0.2) as hasty:
        epoch = hasty.acquire(duty, "h1", 60.0).epoch
        with pytest.raises(EngineAway, match="0 of 1 replicas have confirmed an order"):
            hasty.intend(duty, epoch, 1, [ORDER], replicas=1)


def test_errors_have_nothing_of_what_was_sent(tmp_path: Path) -> None:
    with EngineServer(tmp_path, "--requirepass", "right", "--maxmemory", "100") as server:
        url = f"valkey://:wrong-one@127.0.0.1:{server.port}"
        with connected(url) as engine, pytest.raises(EngineAway, match="refuses the user or the password"):
            engine.prepare()
        with connected(url.replace("wrong-one", "right")) as engine:
            with pytest.raises(EngineAway, match="it answered") as caught:
                engine.intend("d", 1, 1, [ORDER])
            told = "".join(traceback.format_exception(caught.value)) + repr(engine)
            assert "secret of a trader" not in told
            assert "right" not in told


def test_the_engine_is_reached_by_tls(tmp_path: Path) -> None:
    key, chain, root = tls_files(tmp_path)
    port = free_port()
    tls = ("--tls-port", str(port), "--tls-cert-file", str(chain), "--tls-key-file", str(key))
    with EngineServer(tmp_path, *tls, "--tls-ca-cert-file", str(root), "--tls-auth-clients", "no"):
        with connected(f"valkeys://127.0.0.1:{port}?ssl_ca_certs={root}") as engine:
            assert engine.prepare().keeps_on_disk
        untrusted = connected(f"valkeys://127.0.0.1:{port}")
        with untrusted as engine, pytest.raises(EngineAway, match="no connection"):
            engine.prepare()
        another_name = connected(f"valkeys://localhost:{port}?ssl_ca_certs={root}")
        with another_name as engine, pytest.raises(EngineAway, match="not valid for 'localhost'"):
            engine.prepare()


@pytest.mark.parametrize("text", [None, "no certificate", "-----BEGIN CERTIFICATE-----\nMIIB\n"])
def test_a_file_of_certificates_that_is_none_is_told_as_that(tmp_path: Path, text: str | None) -> None:
    file = tmp_path / "ca.pem"
    if text is not None:
        file.write_text(text)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"valkeys://127.0.0.1:{listener.getsockname()[1]}?ssl_ca_certs="
        for bad in (file, tmp_path):
            told = "is away: the file of ssl_ca_certs cannot be used: "
            with connected(f"{url}{bad}") as engine, pytest.raises(EngineAway, match=told):
                engine.time()


def test_a_server_that_is_too_old_is_told_with_its_version() -> None:
    with OldServer() as server:
        played = connected(f"valkey://127.0.0.1:{server.port}")
        with played as engine, pytest.raises(EngineAway, match=r"its version is 6\.2\.14, and 7\.0 is"):
            engine.prepare()


class OldServer:
    """Answers one connection as Redis 6 does: it knows ``INFO``, and no ``FUNCTION``."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._listener.settimeout(10.0)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()
        self._thread.join()

    def _serve(self) -> None:
        info = b"redis_version:6.2.14\r\nrole:master\r\n"
        connection, _ = self._listener.accept()
        with connection:
            while command := connection.recv(65536):
                known = b"INFO" in command
                connection.sendall(b"$%d\r\n%b\r\n" % (len(info), info) if known else b"-ERR unknown\r\n")


def asked(server: EngineServer, line: bytes) -> None:
    """Have the server execute an inline command of a person."""
    with socket.create_connection(("127.0.0.1", server.port), 10.0) as connection:
        connection.sendall(line + b"\r\n")
        answer = connection.recv(1000)
        assert not answer.startswith(b"-"), answer
