"""How operators and other processes reach the runtime."""

from runtime.config.types import fields
from runtime.config.types.fields import Flag
from runtime.config.types.section import Section


class ControlConfig(Section):
    """How operators and other processes of the same user reach the runtime."""

    enabled: Flag = True
    """Whether the runtime listens on a control socket."""
    socket: fields.SocketPath = ""
    """Its path, NAME.sock in a folder that only this user can enter; empty: named after the file."""
