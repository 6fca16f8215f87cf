"""How much is sent to the venue."""

from typing import Annotated

from pydantic import Field, field_validator

from actors.rates import Rate
from runtime.config.types import fields
from runtime.config.types.checks import found
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.problems import Path
from runtime.config.types.section import Section


class LimitsConfig(Section):
    """How much is sent to the venue; one budget for all connections together."""

    messages: list[fields.RateLimit] = [Rate(10, 1.0), Rate(300, 60.0)]
    """The most messages that are sent; every one of these rates holds."""
    connects: list[fields.RateLimit] = [Rate(10, 1.0), Rate(120, 60.0)]
    """The most attempts to connect; every one of these rates holds."""
    max_concurrent_operations: Annotated[int, Field(ge=1, le=10_000), WHOLE_NUMBER] = 10
    """Requests that may wait for an answer at once."""

    @field_validator("messages", "connects")
    @classmethod
    def _must_be_for_different_times(cls, rates: list[Rate]) -> list[Rate]:
        periods = [rate.seconds for rate in rates]
        problems: list[tuple[Path, str]] = [
            ((index,), "is a second rate for the same time (keep the lower one)")
            for index, period in enumerate(periods)
            if period in periods[:index]
        ]
        if problems:
            raise found(problems)
        return rates
