"""What the runtime logs."""

from typing import Annotated

from pydantic import Field

from actors.values import LogLevel
from runtime.config.types import fields, units
from runtime.config.types.fields import WHOLE_NUMBER, Flag, between
from runtime.config.types.section import Section

_MIB = 1024 * 1024


class LogConfig(Section):
    """What is logged, and how."""

    level: LogLevel = "INFO"
    """The least severe level that is written, and that workers send to the main process."""
    json_lines: Flag = False
    """One JSON object per line instead of text."""
    file: fields.FilePath = ""
    """A file for the same lines, relative to the configuration's folder; empty: none."""
    rotation: Annotated[fields.Size, between(4 * 1024, 1024 * _MIB, units.show_size)] = 10 * _MIB
    """A new file begins before this one grows larger."""
    retention: Annotated[int, Field(ge=1, le=1000), WHOLE_NUMBER] = 5
    """Earlier files that are kept."""
    repeat_limit: Annotated[int, Field(ge=0), WHOLE_NUMBER] = 100
    """Lines of one kind in a minute; further ones are only counted. 0: all are written."""
