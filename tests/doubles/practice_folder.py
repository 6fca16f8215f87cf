"""A folder as a reader of the documents has it: configurations under all their names, for one exchange."""

from pathlib import Path

from runtime.practice import PracticeExchange, PracticeSettings

SETTINGS = PracticeSettings(tick_rate=50.0, minimum_duration=1)
NAMES = ("tellwire.yaml", "my.yaml", "config.yaml", "configs/pocketoption.yaml", "configs/practice.yaml")

_TEXT = """\
account: {{session: '{session}'}}
regions:
  demo:
{regions}
pool: {{workers: 0}}
limits: {{messages: [500/s], connects: [100/s]}}
orders: {{journal: {journal}}}
control: {{socket: {socket}}}
"""


def fill(folder: Path, exchange: PracticeExchange, socket: Path) -> Path:
    """Write the files into ``folder``; returns the path of the first. ``socket`` has a short path."""
    regions = "\n".join(f"    - {{name: {region.name}, url: '{region.url}'}}" for region in exchange.regions)
    text = _TEXT.format(
        session=exchange.session,
        regions=regions,
        journal=(folder / "orders.db").as_posix(),
        socket=socket.as_posix(),
    )
    for name in NAMES:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder / NAMES[0]
