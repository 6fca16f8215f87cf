"""A file with several accounts of one practice exchange, for a host."""

from collections.abc import Sequence
from pathlib import Path

from actors.venues import venue
from runtime.practice import PracticeExchange

NAMES = ("main", "hedge", "third")
FEED = "  - {name: otc, accounts: [main], assets: [EURUSD_otc]}\n"

_TEXT = """\
regions:
  demo:
{regions}
pool: {{workers: 0, connections: 1}}
limits: {{messages: [500/s], connects: [100/s]}}
reconnect: {{reconnect_delay: 50ms, refusal_delay: 50ms, jitter: false}}
control: {{socket: {socket}}}
"""


def wrong(session: str) -> str:
    """A session of the same account that the exchange refuses."""
    return session.replace('"session":"pract1ce', '"session":"pract1cf')


def uid_of(session: str) -> int:
    """The number by which the exchange's ledger names the account."""
    return int(venue("pocketoption").parse_login(session).user)


def entries(sessions: Sequence[str], names: Sequence[str] = NAMES) -> str:
    listed = zip(names, sessions, strict=False)
    return "".join(f"  - {{name: {name}, session: '{session}'}}\n" for name, session in listed)


def write(
    file: Path,
    exchange: PracticeExchange,
    socket: Path,
    *,
    accounts: str | None = None,
    feeds: str = FEED,
    more: str = "",
) -> Path:
    """Write ``file``; ``accounts`` and ``feeds`` are their entries, ``more`` further sections."""
    regions = "\n".join(f"    - {{name: {region.name}, url: '{region.url}'}}" for region in exchange.regions)
    text = _TEXT.format(regions=regions, socket=socket.as_posix()) + more
    text += "accounts:\n" + (entries(exchange.sessions) if accounts is None else accounts)
    text += f"feeds:\n{feeds}" if feeds else ""
    file.write_text(text, encoding="utf-8")
    return file
