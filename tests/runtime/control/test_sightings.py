"""What the system tells of control sockets, here the kernel of Linux."""

import os
import socket
import sys
from pathlib import Path

import pytest

from runtime.control import sightings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who listens")


def test_a_socket_counts_while_a_process_listens_on_it(place: Path) -> None:
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(place))
        assert not sightings.is_listening(place)
        sock.listen(1)
        assert sightings.is_listening(place)
        assert place in sightings.listening({place.name})
    assert not sightings.is_listening(place)


def test_without_proc_nobody_is_seen(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sightings, "TABLE", "/nowhere/unix")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.bind(str(place))
        sock.listen(1)
        assert sightings.listening({place.name}) == []
        assert not sightings.are_told()


def test_a_user_has_a_name_if_the_system_knows_it(tmp_path: Path) -> None:
    assert sightings.name_of(0) == "root (uid 0)"
    assert sightings.name_of(3_999_999) == "uid 3999999"
    assert f"uid {os.getuid()}" in sightings.owner_of(tmp_path)
    assert sightings.owner_of(tmp_path / "gone") == ""
