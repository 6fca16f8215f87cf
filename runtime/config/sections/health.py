"""How stale data is noticed."""

from typing import Annotated

from pydantic import Field

from runtime.config.types.fields import WHOLE_NUMBER, Duration, compared
from runtime.config.types.section import Section

_STALE_FLOOR = 5.0


class HealthConfig(Section):
    """How stale data is noticed."""

    check_interval: Duration = 1.0
    """Between two checks of every stream."""
    stale_after: Annotated[Duration, compared(">", "check_interval")] = 15.0
    """A stream without a tick for this long is stale, however slow it usually is."""
    stale_floor: Annotated[
        Duration,
        compared("<=", "stale_after", "as long as that, it turns the learning off"),
        Field(json_schema_extra={"default": _STALE_FLOOR}),
    ] = Field(default_factory=lambda settings: min(_STALE_FLOOR, settings.get("stale_after", _STALE_FLOOR)))
    """A stream that usually ticks faster is stale sooner, but never before this time. If it equals
    stale_after, the usual rate does not count; that is the default where stale_after is below 5 s."""
    reconnects_per_hour: Annotated[int, Field(ge=1, le=3600), WHOLE_NUMBER] = 6
    """How often a connection may be replaced because its streams are stale while its pings are answered."""
    outage_after: Duration = 30.0
    """That no connection is up for this long is an outage: an error in the log, an event, an exit code. By
    default, an attempt in each of two regions has run into its open_timeout, and one more has begun."""
