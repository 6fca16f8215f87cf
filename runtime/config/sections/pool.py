"""How many connections there are, and in which processes."""

from typing import Annotated, Literal

from pydantic import Field, ValidationInfo, field_validator

from runtime.config.sections.account import DEFAULTS
from runtime.config.types.fields import WHOLE_NUMBER, Duration, compared
from runtime.config.types.section import Section

MOST = 1024
"""Connections of one runtime; docs/performance.md has what so many cost."""


class PoolConfig(Section):
    """How many connections there are, and in which processes."""

    connections: Annotated[int, Field(ge=1, le=MOST), WHOLE_NUMBER] = 2
    """Connections that are kept open."""
    workers: Annotated[int, Field(ge=0, le=16), WHOLE_NUMBER] = 1
    """Worker processes that share the connections; 0 keeps all connections in the main process."""
    streams_per_connection: Annotated[int, Field(ge=1, le=100), WHOLE_NUMBER] = (
        DEFAULTS.streams_per_connection
    )
    """Assets that one connection may stream; the default is the venue's."""
    standby: Annotated[int, Field(ge=0, le=MOST - 1), WHOLE_NUMBER, compared("<", "connections")] = 0
    """How many of the connections carry nothing, ready to replace a lost one."""
    mode: Literal["persistent", "regular"] = "persistent"
    """persistent keeps the connections open; regular opens them on first use and closes them when idle."""
    max_connections: Annotated[int, Field(ge=0, le=MOST), WHOLE_NUMBER] = 0
    """Connections that may be open while streams need them; 0 for no more than connections."""
    idle_timeout: Duration = 60.0
    """How long a connection that is not kept open may be idle before it is closed."""

    @field_validator("max_connections")
    @classmethod
    def _must_not_be_fewer(cls, most: int, info: ValidationInfo) -> int:
        if 0 < most < info.data.get("connections", 0):
            raise ValueError("must not be below connections (0 stands for as many)")
        return most

    @property
    def most(self) -> int:
        """The most connections at one time."""
        return self.max_connections or self.connections

    @property
    def kept(self) -> int:
        """Connections that stay open while they are idle."""
        return self.connections if self.mode == "persistent" else 0

    @property
    def room(self) -> int:
        """Streams that all connections together can carry."""
        return (self.most - self.standby) * self.streams_per_connection
