"""A running practice exchange."""

from collections.abc import Iterator

import pytest

from runtime.practice import PracticeExchange, PracticeSettings


@pytest.fixture(autouse=True)
def _nothing_unforeseen_happens_on_a_loop(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    records = caplog.get_records("call")
    assert [record.getMessage() for record in records if record.name == "asyncio"] == []


@pytest.fixture
def exchange() -> Iterator[PracticeExchange]:
    """Quotes fast, so that tests need not wait for prices."""
    with PracticeExchange(PracticeSettings(tick_rate=100)) as running:
        yield running


@pytest.fixture
def quick_exchange() -> Iterator[PracticeExchange]:
    """Takes deals of one second."""
    with PracticeExchange(PracticeSettings(tick_rate=100, minimum_duration=1)) as running:
        yield running
