"""The runtime: processes, wiring, configuration and faces around the actors.

``Runtime`` and ``attach`` are loaded when they are first asked for: a worker process must not pay for
configuration.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.control.attachment import attach
    from runtime.runtime import Runtime

__all__ = ["Runtime", "attach"]


def __getattr__(name: str) -> Any:
    # Imported here: see above.
    if name == "Runtime":
        from runtime.runtime import Runtime  # noqa: PLC0415

        return Runtime
    if name == "attach":
        from runtime.control.attachment import attach  # noqa: PLC0415

        return attach
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
