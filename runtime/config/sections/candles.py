"""What becomes of candles that were loaded."""

from typing import Annotated

from pydantic import Field

from runtime.config.types import fields
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.section import Section


class CandlesConfig(Section):
    """What becomes of candles that were loaded."""

    cache_ttl: fields.Lifetime = 5.0
    """How long they answer for who asks for the very same again; 0 for not at all."""
    cache_size: Annotated[int, WHOLE_NUMBER, Field(ge=1, le=10_000_000)] = 200_000
    """Bars that are kept in all, of some 200 bytes each."""
