import os
import socket
import stat
import sys
import time
from pathlib import Path

import pytest

from actors.errors import NoRuntime, RuntimeHung
from runtime.control.listener import ControlListener, connect, connect_to_any, user_of

pytestmark = pytest.mark.skipif(os.name != "posix", reason="tests both kinds of listener")

EACH_KIND = pytest.mark.parametrize("unix", [True, False], ids=["socket", "port"])


def accepted(listener: ControlListener) -> socket.socket:
    listener._socket.settimeout(5)
    sock = listener.accept()
    assert sock is not None
    return sock


@EACH_KIND
def test_a_connection_is_accepted_with_the_right_token(place: Path, unix: bool) -> None:
    listener = ControlListener(place, unix=unix)
    ours, token = connect(place, 5.0)
    with ours, accepted(listener) as theirs:
        assert listener.admits(theirs)
        assert listener.accepts(token)
        assert listener.accepts("x") is False
        theirs.sendall(b"hello")
        assert ours.recv(5) == b"hello"
    listener.close()
    assert not place.exists()


@EACH_KIND
def test_no_other_user_can_read_the_address(place: Path, unix: bool) -> None:
    listener = ControlListener(place, unix=unix)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    assert stat.S_IMODE(place.parent.stat().st_mode) == 0o700
    listener.close()


@EACH_KIND
def test_the_socket_of_a_live_listener_is_not_taken_over(place: Path, unix: bool) -> None:
    listener = ControlListener(place, unix=unix)
    with pytest.raises(FileExistsError, match="another runtime has"):
        ControlListener(place, unix=unix)
    connect(place, 5.0)[0].close()
    listener.close()
    ControlListener(place, unix=unix).close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux waits for a place in a full queue")
def test_a_full_queue_that_does_not_move_is_a_hung_runtime(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.listener.BACKLOG", 0)
    listener = ControlListener(place)
    with connect(place, 5.0)[0], pytest.raises(RuntimeHung, match="accepts nothing"):
        connect(place, 0.05)
    listener.close()


def test_nothing_stays_when_a_listener_is_closed(place: Path) -> None:
    place.with_name("tellwire.sock.lock").touch()  # of an earlier version
    ControlListener(place, ["other.sock"]).close()
    assert list(place.parent.iterdir()) == []


def test_an_alias_leads_to_the_listener_unless_another_one_has_that_name(place: Path) -> None:
    alias = place.with_name("other.sock")
    alias.symlink_to("gone.sock")  # of a runtime that died
    listener = ControlListener(place, [alias.name])
    connect(alias, 5.0)[0].close()
    of_that_name = ControlListener(alias)
    assert not alias.is_symlink()
    listener.close()
    connect(alias, 5.0)[0].close()
    late = ControlListener(place, [alias.name])
    late.close()
    connect(alias, 5.0)[0].close()
    of_that_name.close()


def test_a_listener_is_found_at_any_of_several_places(place: Path) -> None:
    elsewhere = place.with_name("elsewhere.sock")
    listener = ControlListener(place)
    found, sock, _ = connect_to_any([elsewhere, place], 5.0)
    sock.close()
    assert found == place
    listener.close()
    with pytest.raises(
        NoRuntime, match=f"nothing answers at {elsewhere} .*, nor wherever else it could be\\)"
    ):
        connect_to_any([elsewhere, place], 5.0)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")
def test_a_listener_is_found_where_nobody_looks_by_the_name_of_its_socket(
    place: Path, tmp_path: Path
) -> None:
    listener = ControlListener(place.parent / "run" / "0123456789abcdef.sock")
    found, sock, _ = connect_to_any([tmp_path / "0123456789abcdef.sock"], 5.0)
    sock.close()
    assert found == place.parent / "run" / "0123456789abcdef.sock"
    listener.close()


def test_the_socket_that_a_dead_runtime_left_is_replaced(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(place))
    with pytest.raises(NoRuntime, match="Connection refused"):
        connect(place, 5.0)
    listener = ControlListener(place)
    connect(place, 5.0)[0].close()
    listener.close()


def test_a_file_that_is_no_socket_is_left_alone(place: Path) -> None:
    place.write_text("mine")
    with pytest.raises(OSError, match="in use"):
        ControlListener(place)
    assert place.read_text() == "mine"


def test_without_a_waiting_connection_none_is_accepted(place: Path) -> None:
    listener = ControlListener(place)
    assert listener.accept() is None
    listener.close()


def test_a_path_that_is_too_long_for_a_socket_is_named(place: Path) -> None:
    with pytest.raises(OSError, match="longer than the 100 bytes"):
        ControlListener(place.with_name("x" * 100 + ".sock"))


def test_a_folder_with_access_for_others_is_refused(place: Path) -> None:
    place.parent.chmod(0o755)
    with pytest.raises(PermissionError, match="not a folder of this user alone"):
        ControlListener(place)


def test_the_error_without_a_runtime_names_the_address(place: Path) -> None:
    with pytest.raises(NoRuntime, match=f"nothing answers at {place}"):
        connect(place, 5.0)


@pytest.mark.parametrize("content", [b"", b"\xff", b"{}", b'{"port": 1, "token": "x"}'])
def test_a_broken_address_file_is_no_runtime(place: Path, content: bytes) -> None:
    place.write_bytes(content)
    with pytest.raises(NoRuntime):
        connect(place, 5.0)


def test_the_system_tells_the_user_of_the_other_end() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX)
    with ours, theirs:
        assert user_of(ours) == os.getuid()


def test_a_process_of_another_user_is_refused(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listener = ControlListener(place)
    ours, _ = connect(place, 5.0)
    with ours, accepted(listener) as theirs:
        monkeypatch.setattr("runtime.control.listener.user_of", lambda _: os.getuid() + 1)
        assert not listener.admits(theirs)
        monkeypatch.setattr("runtime.control.listener.user_of", lambda _: 0)
        assert listener.admits(theirs)
    monkeypatch.setattr("runtime.control.listener.user_of", lambda _: 65534)
    monkeypatch.setattr("os.getuid", lambda: 12345)
    with pytest.raises(
        NoRuntime, match=f"the runtime at {place} is another user's, .*uid 65534.* or as root"
    ):
        connect(place, 5.0)
    monkeypatch.setattr("os.getuid", lambda: 0)
    connect(place, 5.0)[0].close()
    listener.close()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux waits for a place in a full queue")
def test_a_default_timeout_of_the_program_does_not_shorten_the_wait_for_a_place(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("runtime.control.listener.BACKLOG", 0)
    listener = ControlListener(place)
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(0.01)
    try:
        with connect(place, 5.0)[0]:
            began = time.monotonic()
            with pytest.raises(RuntimeHung, match="accepts nothing"):
                connect(place, 0.3)
            assert time.monotonic() - began >= 0.25
    finally:
        socket.setdefaulttimeout(before)
        listener.close()
