"""Zstandard: that of the standard library where Python has it, otherwise the package ``zstandard``."""

import sys
from typing import Any

from actors.errors import RequestRefused

INSTALL = "recordings need Zstandard: pip install 'tellwire[record]', or Python 3.14"

_LEVEL = 3


class Compressor:
    """One frame of Zstandard. What ``flush`` has returned can be read even if nothing follows it."""

    def __init__(self) -> None:
        zstd = _library()
        if sys.version_info >= (3, 14):
            self._one: Any = zstd.ZstdCompressor(level=_LEVEL)
            self._block, self._end = zstd.ZstdCompressor.FLUSH_BLOCK, zstd.ZstdCompressor.FLUSH_FRAME
        else:
            self._one = zstd.ZstdCompressor(level=_LEVEL, write_checksum=True).compressobj()
            self._block, self._end = zstd.COMPRESSOBJ_FLUSH_BLOCK, zstd.COMPRESSOBJ_FLUSH_FINISH

    def add(self, data: bytes) -> bytes:
        return bytes(self._one.compress(data))

    def flush(self) -> bytes:
        return bytes(self._one.flush(self._block))

    def finish(self) -> bytes:
        return bytes(self._one.flush(self._end))


def decompressor() -> Any:
    """An object with ``decompress(data)``, which raises ``damage()``, and ``eof``."""
    zstd = _library()
    if sys.version_info >= (3, 14):
        return zstd.ZstdDecompressor()
    return zstd.ZstdDecompressor().decompressobj()


def damage() -> type[Exception]:
    """What a decompressor raises for data that are not Zstandard's."""
    error: type[Exception] = _library().ZstdError
    return error


def missing() -> str:
    """Why nothing can be recorded or read here; ``""`` if it can."""
    try:
        _library()
    except RequestRefused as error:
        return str(error)
    return ""


def _library() -> Any:
    try:
        if sys.version_info >= (3, 14):
            from compression import zstd  # noqa: PLC0415  # loaded only where something is recorded
        else:
            import zstandard as zstd  # noqa: PLC0415  # an extra
    except ImportError:
        raise RequestRefused(INSTALL) from None
    return zstd
