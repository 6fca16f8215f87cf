"""The streams that are subscribed from the start."""

from runtime.config.types import fields
from runtime.config.types.section import Section


class StreamConfig(Section):
    """One asset that is subscribed from the start."""

    asset: str
    """The venue's symbol, such as EURUSD_otc; one with a # stands in quotes."""
    period: fields.Period = 60
    """Seconds per candle."""
