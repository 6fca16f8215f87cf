"""How messages are joined into one write."""

from typing import Annotated

from pydantic import Field

from runtime.config.types import fields
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.section import Section


class BatchingConfig(Section):
    """How messages are joined into one write; an order never waits for it."""

    batch_size: Annotated[int, Field(ge=1, le=1024), WHOLE_NUMBER] = 16
    """Messages that make a full batch."""
    batch_timeout: fields.Pause = 0.005
    """How long a batch may wait to fill; at most 1 s."""
