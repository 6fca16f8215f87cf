"""The tools of the venue's client."""

from runtime.compat.binaryoptionstools._login import LoginError, login, login_async

__all__ = ["LoginError", "login", "login_async"]
