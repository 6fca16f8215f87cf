"""The runtime: processes, wiring, configuration and faces around the actors.

``Runtime`` is loaded when it is first asked for: a worker process must not pay for configuration.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runtime.wiring import Runtime

__all__ = ["Runtime"]


def __getattr__(name: str) -> Any:
    if name == "Runtime":
        from runtime.wiring import Runtime  # noqa: PLC0415  # see above

        return Runtime
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
