"""How loaded candles are kept."""

from typing import Annotated

from pydantic import Field

from runtime.config.types import fields
from runtime.config.types.fields import WHOLE_NUMBER
from runtime.config.types.section import Section


class CandlesConfig(Section):
    """How loaded candles are kept."""

    cache_ttl: fields.Lifetime = 5.0
    """How long they answer an equal request; 0: never."""
    cache_size: Annotated[int, Field(ge=1, le=10_000_000), WHOLE_NUMBER] = 200_000
    """Bars that are kept in total, about 200 bytes each."""
