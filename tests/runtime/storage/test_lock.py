"""The lock: one holder at a time, between threads and processes, and none after its process."""

import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from runtime.storage.lock import acquire

DEADLINE = 20.0

HOLDER = """
import sys
from pathlib import Path
from runtime.storage.lock import acquire

lock = acquire(Path(sys.argv[1]))
print(lock is not None, flush=True)
sys.stdin.read()
"""


def held(path: Path) -> bool:
    lock = acquire(path)
    if lock is None:
        return True
    lock.close()
    return False


def test_it_has_one_holder_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    lock = acquire(path)
    assert lock is not None
    with closing(lock):
        assert acquire(path) is None
        assert not held(tmp_path / "another")
    assert not held(path)
    assert not path.exists()


def test_it_holds_between_threads_and_any_thread_may_close_it(tmp_path: Path) -> None:
    lock = acquire(tmp_path / "thing")
    assert lock is not None
    with ThreadPoolExecutor(1) as other:
        assert other.submit(held, tmp_path / "thing").result(DEADLINE)
        other.submit(lock.close).result(DEADLINE)
    assert not held(tmp_path / "thing")


def test_it_holds_between_processes_and_is_released_when_its_process_is_killed(tmp_path: Path) -> None:
    path = tmp_path / "thing"
    command = [sys.executable, "-c", HOLDER, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        try:
            assert holder.stdout.readline() == "True\n"
            assert held(path)
        finally:
            holder.kill()
    assert not held(path)


def test_a_place_where_no_file_can_be_is_an_error_and_not_another_holder(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        acquire(tmp_path / "missing" / "thing")
