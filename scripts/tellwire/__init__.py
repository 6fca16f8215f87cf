"""The public names of tellwire: ``from tellwire import Runtime, attach, PlaceOrder``.

It hands on every name of ``runtime``. The command line is ``python -m tellwire``, or ``tellwire``.

The code is in the packages ``actors`` and ``runtime``, which lie beside this one. Other projects use
these names too; where theirs is found in place of ours, the first use says so.
"""

from typing import TYPE_CHECKING, Any

from tellwire.siblings import require_own

if TYPE_CHECKING:
    from runtime import *  # noqa: F403

    __version__: str

else:  # or a type checker would believe every name

    def __getattr__(name: str) -> Any:
        require_own()
        import runtime  # noqa: PLC0415  # another project's is told above

        if name == "__version__":
            from runtime.version import version  # noqa: PLC0415

            return version()
        if name == "__all__":
            return runtime.__all__
        if name.startswith("_"):
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(runtime, name)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
