"""Login by e-mail and password, which is not served."""

from typing import Any, Final, NoReturn

_WHY: Final = (
    "login by e-mail and password is not served: it drives a browser through the venue's page and its"
    " CAPTCHA, and the password would pass through this program. Log in with a browser, copy the whole"
    ' 42["auth",{...}] message that the page sends over its WebSocket, and give that to the client'
)


class LoginError(Exception):
    """A login failed."""


def login(*_: Any, **__: Any) -> NoReturn:
    """Not served: raises ``LoginError``, which says what to do."""
    raise LoginError(_WHY)


async def login_async(*_: Any, **__: Any) -> NoReturn:
    """Not served: raises ``LoginError``, which says what to do."""
    raise LoginError(_WHY)
