"""The epochs that a host has seen, over its restarts."""

from pathlib import Path

import pytest
from loguru import logger

from runtime.cluster.epoch_memory import EpochMemory


def test_the_greatest_epoch_of_each_duty_outlives_the_process(tmp_path: Path) -> None:
    path = tmp_path / "state" / "epochs-h1.json"
    memory, other = EpochMemory(path), EpochMemory(path)
    memory.keep("account:main", 7)
    memory.keep("account:main", 3)
    other.keep("account:hedge", 2)  # another process has the same file
    other.keep("account:main", 5)
    after = EpochMemory(path)
    assert [after.newest(f"account:{name}") for name in ("main", "hedge", "new")] == [7, 2, 0]
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("content", [b"no json", b'{"account:main": "seven"}'])
def test_a_file_that_cannot_be_read_is_told_of_and_made_anew(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "epochs.json"
    path.write_bytes(content)
    lines: list[str] = []
    sink = logger.add(lines.append, format="{message}")
    memory = EpochMemory(path)
    memory.keep("account:main", 7)
    logger.remove(sink)
    assert str(path) in lines[0]
    assert EpochMemory(path).newest("account:main") == 7


def test_without_a_folder_it_lasts_as_long_as_the_process(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (None, tmp_path / "file" / "epochs.json"):
        memory = EpochMemory(path)
        memory.keep("account:main", 7)
        assert memory.newest("account:main") == 7
