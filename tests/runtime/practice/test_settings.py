"""Settings that cannot work are refused at once."""

import subprocess
import sys

import pytest

from actors.errors import ConfigInvalid
from runtime.practice import PracticeSettings


def test_every_problem_of_the_settings_is_named() -> None:
    with pytest.raises(ConfigInvalid) as caught:
        PracticeSettings(
            regions=("A", "A"), ports=(1,), tick_rate=0, ps_timeout=-1, max_deals=0, minimum_duration=0
        )
    assert [problem.split(":")[0] for problem in caught.value.problems] == [
        "regions",
        "ports",
        "tick_rate",
        "ps_timeout",
        "max_deals",
        "minimum_duration",
    ]


@pytest.mark.parametrize("ports", [(-1, 0), (65_535, 65_536), (0, 99_999)])
def test_a_port_that_there_cannot_be_is_named(ports: tuple[int, int]) -> None:
    with pytest.raises(ConfigInvalid, match=rf"ports: {ports[0]}, {ports[1]}: each must be from 0 to 65535"):
        PracticeSettings(ports=ports)


@pytest.mark.parametrize("rate", [float("nan"), float("inf")])
def test_a_rate_is_a_number(rate: float) -> None:
    with pytest.raises(ConfigInvalid, match="tick_rate: must be above zero"):
        PracticeSettings(tick_rate=rate)


def test_an_exchange_needs_a_region() -> None:
    with pytest.raises(ConfigInvalid):
        PracticeSettings(regions=())


def test_the_settings_are_read_without_loading_the_server() -> None:
    program = "import sys, runtime.practice as p; p.PracticeSettings(); sys.exit('aiohttp' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False, timeout=10).returncode == 0
