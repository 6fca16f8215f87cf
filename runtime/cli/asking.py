"""One request of an operator's command to a running runtime, and what its silence means."""

from typing import Any, Final

from actors.errors import RequestTimeout, RuntimeHung
from actors.messages.commands import GetStatus
from runtime.control.attachment import Attachment

ANSWER_TIMEOUT: Final = 15.0
"""Seconds that the runtime may take to answer."""

LIFE_TIMEOUT: Final = 2.0
"""Seconds for a sign of life after that; it needs nothing of the venue."""


def ask(attachment: Attachment, command: Any, timeout: float = ANSWER_TIMEOUT) -> Any:
    """The answer. Raises what the runtime answers: ``RequestTimeout`` means that it waits for something, such
    as the venue. Raises ``RuntimeHung`` if it answers nothing at all."""
    try:
        return attachment.router.ask(command, timeout=timeout)
    except RequestTimeout as late:
        try:
            attachment.router.ask(GetStatus(), timeout=LIFE_TIMEOUT)
        except RequestTimeout:
            text = f"no answer within {timeout:g} s, nor to anything else; the command may still take effect"
            raise RuntimeHung(text) from late
        raise
