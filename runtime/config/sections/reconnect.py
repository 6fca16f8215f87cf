"""What happens after a connection is lost."""

from typing import Annotated

from pydantic import Field

from runtime.config.types import fields
from runtime.config.types.fields import WHOLE_NUMBER, Duration, Flag, compared
from runtime.config.types.section import Section


class ReconnectConfig(Section):
    """What happens after a connection is lost."""

    strategy: fields.Strategy = fields.EXPONENTIAL
    """exponential, linear or 'custom:module:function'."""
    reconnect_delay: Duration = 0.5
    """Before the second attempt; the strategy computes the later delays from it."""
    max_delay: Annotated[Duration, compared(">=", "reconnect_delay")] = 30.0
    """The longest delay. A login ends the delays of all other connections."""
    max_reconnect_attempts: Annotated[int, Field(ge=0, le=1_000_000), WHOLE_NUMBER] = 0
    """Attempts until the connection is quarantined; 0 for no limit."""
    reset_after: Duration = 30.0
    """A connection that was up for this long starts counting from 0."""
    probe_regions: Annotated[int, Field(ge=0, le=8), WHOLE_NUMBER] = 0
    """Regions of equal priority that are measured at the start; the venue sees a connection for each."""
    refusal_delay: Duration = 5.0
    """Before a refused session is tried again; a venue in maintenance refuses every session."""
    jitter: Flag = True
    """Whether delays are random, so that connections do not reconnect at the same moment."""
