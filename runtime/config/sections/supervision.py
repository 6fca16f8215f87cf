"""How worker processes are watched and stopped."""

from typing import Annotated

from pydantic import Field

from runtime.config.types.fields import WHOLE_NUMBER, Duration, compared
from runtime.config.types.section import Section


class SupervisionConfig(Section):
    """How worker processes are watched and stopped."""

    heartbeat_interval: Duration = 1.0
    """Between a worker's heartbeats."""
    heartbeat_timeout: Annotated[Duration, compared(">", "heartbeat_interval")] = 5.0
    """A worker without a heartbeat for this long is killed and replaced."""
    max_restarts: Annotated[int, Field(ge=1, le=1000), WHOLE_NUMBER] = 20
    """A worker or connection that dies more often is quarantined; a failed attempt does not count."""
    max_seconds: Duration = 60.0
    """The time within which max_restarts are allowed."""
    drain_timeout: Duration = 5.0
    """How long a stop waits for the connections to close."""
