"""A running practice exchange."""

from collections.abc import Iterator

import pytest

from runtime.practice import PracticeExchange, PracticeSettings


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    with PracticeExchange(PracticeSettings(tick_rate=100)) as running:
        yield running
