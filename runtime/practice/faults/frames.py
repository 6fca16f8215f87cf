"""WebSocket frames as bytes that a correct server library does not write (RFC 6455, 5.2)."""

NO_FRAME = b"\xff" * 16
"""Reserved bits set, a reserved opcode, a mask and the longest of all lengths."""

_FIN = 0x80
_TEXT, _CLOSE = 0x1, 0x8
_SHORT = 125


def text(message: str) -> bytes:
    """One unmasked text frame; its payload has 125 bytes at most."""
    return _frame(_TEXT, message.encode())


def close(code: int | None, reason: str) -> bytes:
    """A close frame with any code; one without a code is empty."""
    return _frame(_CLOSE, b"" if code is None else code.to_bytes(2, "big") + reason.encode())


def _frame(opcode: int, payload: bytes) -> bytes:
    if len(payload) > _SHORT:
        raise ValueError(f"{len(payload)} bytes are too many for a short frame")
    return bytes((_FIN | opcode, len(payload))) + payload
