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
    """Before the second attempt; the strategy makes the later ones from it."""
    max_delay: Annotated[Duration, compared(">=", "reconnect_delay")] = 30.0
    """No attempt waits longer."""
    max_reconnect_attempts: Annotated[int, Field(ge=0, le=1_000_000), WHOLE_NUMBER] = 0
    """Attempts until the connection is given up; 0 for never."""
    reset_after: Duration = 30.0
    """A connection that held this long starts counting anew."""
    probe_regions: Annotated[int, Field(ge=0, le=8), WHOLE_NUMBER] = 0
    """Regions of equal priority that are measured at the start; to the venue each is one more connection."""
    refusal_delay: Duration = 5.0
    """Before a refused session is tried a second and last time; a venue in trouble refuses everybody."""
    jitter: Flag = True
    """Whether delays are random, so that connections do not come back in step."""
