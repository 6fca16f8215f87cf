"""Regions that are closed under their clients, and opened again."""

import contextlib
import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest

from runtime.practice import PracticeExchange


def test_a_closed_region_cuts_off_a_client_that_has_only_just_connected(exchange: PracticeExchange) -> None:
    region = exchange.regions[0]
    address = urlsplit(region.url)
    for _ in range(20):
        with socket.create_connection((str(address.hostname), address.port), timeout=0.5) as client:
            exchange.close_region(region.name)
            with contextlib.suppress(ConnectionResetError):
                try:
                    assert client.recv(1) == b""
                except TimeoutError:
                    pytest.fail("the region is closed, but its client hangs on")
        exchange.open_region(region.name)


def test_a_region_can_be_closed_while_a_process_is_being_started(exchange: PracticeExchange) -> None:
    """Until it is executed, a new process holds a copy of every descriptor, the listening one too."""
    region = exchange.regions[0]
    for _ in range(3):
        started = [subprocess.Popen([sys.executable, "-S", "-c", ""]) for _ in range(2)]
        exchange.close_region(region.name)
        exchange.open_region(region.name)
        for process in started:
            process.wait()
