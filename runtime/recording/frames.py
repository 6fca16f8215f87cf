"""The messages in what a client writes to a WebSocket, which always writes whole frames."""

from collections.abc import Iterator


def unmasked(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Opcode and payload of each masked frame of ``data`` (RFC 6455, 5.2)."""
    at = 0
    while at + 2 <= len(data):
        opcode, length = data[at] & 0x0F, data[at + 1] & 0x7F
        at += 2
        if length >= 126:
            width = 2 if length == 126 else 8
            length, at = int.from_bytes(data[at : at + width], "big"), at + width
        key, payload = data[at : at + 4], data[at + 4 : at + 4 + length]
        at += 4 + length
        mask = key * (len(payload) // 4 + 1)
        plain = int.from_bytes(payload, "big") ^ int.from_bytes(mask[: len(payload)], "big")
        yield opcode, plain.to_bytes(len(payload), "big")
