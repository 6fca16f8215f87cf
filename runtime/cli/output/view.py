"""What a person has chosen to see, and what each key does."""

import enum

from actors.messages.status import Status

PAGE = 10
"""Rows that a key for a page scrolls."""

MESSAGE_TIME = 6.0
"""Seconds that the answer to a key is shown."""


class Wish(enum.Enum):
    """What a key asks of the program, beyond the picture."""

    QUIT = enum.auto()
    HALT = enum.auto()
    RESUME = enum.auto()
    REDRAW = enum.auto()


class Sort(enum.Enum):
    """The order of the streams."""

    STATE = "state"
    NAME = "name"
    CHANGE = "change"
    PAYOUT = "payout"
    AGE = "age"


class Panel(enum.Enum):
    """What fills the whole picture."""

    ALL = ""
    STREAMS = "1"
    TRADES = "2"
    CONNECTIONS = "3"
    LOG = "4"
    ALERTS = "5"
    HELP = "?"


_PANELS = {panel.value: panel for panel in Panel if panel.value}
_SCROLLS = {"up": -1, "k": -1, "down": 1, "j": 1, "pageup": -PAGE, "pagedown": PAGE, " ": PAGE}
_QUESTIONS = {Wish.HALT: "send no order from now on?", Wish.RESUME: "send orders again?"}


class KeyState:
    """The state of the keys. ``press`` and the fields are for one thread at a time."""

    def __init__(self) -> None:
        self.sort = Sort.STATE
        self.filter = ""
        self.panel = Panel.ALL
        self.skip = 0
        self.paused = False
        self.typing = False
        self._asked: Wish | None = None
        self._message = ("", 0.0)

    def press(self, key: str, status: Status | None, now: float) -> Wish | None:
        """``key`` is a character, or a name such as ``up``, ``enter`` or ``escape``; ``now`` is a monotonic
        time."""
        if self.typing:
            self._type(key)
            return None
        if self._asked is not None:
            wish, self._asked = self._asked, None
            return wish if key in {"y", "Y"} else None
        if key in {"H", "R"}:
            self._ask(Wish.HALT if key == "H" else Wish.RESUME, status, now)
            return None
        if key in {"q", "Q"}:
            return Wish.QUIT
        if key == "redraw":
            return Wish.REDRAW
        self._change(key)
        return None

    def say(self, text: str, now: float) -> None:
        """Show ``text`` for a while; ``now`` is a monotonic time."""
        self._message = (text, now + MESSAGE_TIME)

    def question(self) -> str:
        """What has to be confirmed by a second key, ``""`` for nothing."""
        if self._asked is None:
            return ""
        return f"{self._asked.name}: {_QUESTIONS[self._asked]} y confirms, any other key does nothing"

    def message(self, now: float) -> str:
        text, until = self._message
        return text if now < until else ""

    def matches(self, name: str) -> bool:
        """Whether the filter lets ``name`` through."""
        return self.filter.casefold() in name.casefold()

    def _ask(self, wish: Wish, status: Status | None, now: float) -> None:
        halted = status is not None and status.desk.halted is not None
        if (wish is Wish.HALT) != halted:
            self._asked = wish
        else:
            self.say("orders are halted already; R resumes" if halted else "orders are not halted", now)

    def _change(self, key: str) -> None:
        if key == "s":
            modes = list(Sort)
            self.sort, self.skip = modes[(modes.index(self.sort) + 1) % len(modes)], 0
        elif key == "/":
            self.typing = True
        elif key in {"p", "P"}:
            self.paused = not self.paused
        elif key == "escape":
            self.panel, self.skip, self.filter = Panel.ALL, 0, ""
        elif key == "home":
            self.skip = 0
        elif key in _SCROLLS:
            self.skip = max(0, self.skip + _SCROLLS[key])
        elif (panel := _PANELS.get(key)) is not None:
            self.panel, self.skip = (Panel.ALL if self.panel is panel else panel), 0

    def _type(self, key: str) -> None:
        if key == "enter":
            self.typing = False
        elif key == "escape":
            self.typing, self.filter = False, ""
        elif key == "backspace":
            self.filter = self.filter[:-1]
        elif len(key) == 1 and key.isprintable():
            self.filter += key
        self.skip = 0
