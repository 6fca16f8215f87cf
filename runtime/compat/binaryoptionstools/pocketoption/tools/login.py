"""Login by e-mail and password, by its place there."""

from runtime.compat.binaryoptionstools._login import LoginError, login, login_async

__all__ = [
    "LoginError",
    "login",
    "login_async",
]
