"""How operators and other processes reach the runtime."""

from runtime.config.types import fields
from runtime.config.types.fields import Flag
from runtime.config.types.section import Section


class ControlConfig(Section):
    """The way in for operators and for other processes of the same user."""

    enabled: Flag = True
    """Whether there is one."""
    socket: fields.SocketPath = ""
    """Its path, NAME.sock in a folder of this user alone; empty: named after the file, in the user's own."""
