"""The embedded exchange."""

from typing import Annotated, Final

from pydantic import Field

from runtime.config.types import fields, units
from runtime.config.types.fields import WHOLE_NUMBER, between
from runtime.config.types.section import Section

FASTEST: Final = 100.0
"""At more, the milliseconds that a message takes on loopback would be a part of a deal's seconds."""


class PracticeConfig(Section):
    """The embedded exchange, used where no session is set."""

    tick_rate: Annotated[fields.Frequency, between(0.01, 1000, units.show_frequency)] = 2.0
    """Ticks per second and asset."""
    regions: Annotated[int, Field(ge=1, le=16), WHOLE_NUMBER] = 2
    """Addresses it listens on."""
    seed: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 1
    """The same seed quotes the same price at the same moment of the venue's clock."""
    prices: fields.FilePath = "walk"
    """walk: invented ones; or a CSV file of ticks (time,asset,price) or of bars
    (time,asset,open,high,low,close), relative to the configuration's folder. Other assets are closed."""
    start: fields.Instant | None = None
    """Where the exchange's clock begins, such as 2026-01-05T09:00Z: two runs of a seed from there are alike;
    null: now, or where the file of prices begins."""
    speed: Annotated[float, Field(ge=1, le=FASTEST)] = 1.0
    """How many times as fast as ours the clock of the exchange runs, and with it that of the runtime. All
    times of this file are in its seconds then, but for those of the network; pool.workers must be 0."""
