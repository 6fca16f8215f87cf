"""Draws docs/live-table.svg: the table of ``tellwire run`` after some seconds on the practice exchange."""

import io
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from labs.site.sources import ROOT
from runtime import Config, GetClosedDeals, GetOpenedDeals, GetStatus, PlaceOrder, Runtime, Subscribe
from runtime.cli.output.counters import Counters
from runtime.cli.output.dashboard import draw as draw_table
from runtime.cli.output.deal_book import DealBook
from runtime.cli.output.snapshot import PictureTime, Recorder, RunInfo
from runtime.cli.output.view import KeyState

PICTURE = ROOT / "docs" / "live-table.svg"
ASSETS = ("EURUSD_otc", "GBPUSD_otc", "AUDCAD_otc", "#AAPL_otc")
ORDERS: tuple[tuple[str, int, Literal["call", "put"], int], ...] = (
    ("EURUSD_otc", 5, "call", 5),
    ("AUDCAD_otc", 10, "put", 30),
    ("EURUSD_otc", 20, "call", 90),
    ("#AAPL_otc", 10, "put", 120),
)
SECONDS = 60
PATIENCE = 30
"""Seconds that the first ticks may take longer."""
WIDTH, HEIGHT = 112, 24
"""Columns and lines of the terminal, with every column of the tables."""

FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without the fonts that a reader's browser would fetch from elsewhere, and without a comment."""


def draw(seconds: float = SECONDS) -> str:
    """The picture, an SVG, after so many seconds of a real run, and once every stream has ticks and the
    orders are deals.

    Raises ``TimeoutError`` if that does not happen.
    """
    console = Console(record=True, width=WIDTH, height=HEIGHT, file=io.StringIO(), force_terminal=True)
    counters, deals = Counters(ASSETS), DealBook()
    recorder = Recorder(RunInfo("PRACTICE EXCHANGE: invented quotes", "practice"), counters, deals)
    began = time.monotonic()

    def take(events: list[Any]) -> None:
        counters.count(events)
        for event in events:
            deals.take(event)

    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "account": {"session": ""},
            "orders": {"journal": str(Path(folder, "orders.db"))},
            "control": {"enabled": False},
            "pool": {"connections": 3},
            "streams": [{"asset": asset} for asset in ASSETS],
        }
        with Runtime(Config.model_validate(settings)) as runtime:
            router = runtime.router
            router.ask(Subscribe(">", to=take, batch=True), timeout=5)
            for asset, amount, direction, duration in ORDERS:
                router.ask(PlaceOrder(asset, amount, direction, duration), timeout=PATIENCE)
            deals.take_deals(router.ask(GetOpenedDeals(), timeout=5), router.ask(GetClosedDeals(), timeout=5))
            up, fresh = 0.0, False
            while up < seconds or not fresh:
                if up > seconds + PATIENCE:
                    raise TimeoutError(f"not every stream had a tick within {up:.0f} s")
                time.sleep(0.25)
                up = time.monotonic() - began
                status = router.ask(GetStatus(), timeout=5)
                fresh = [each.seen.health for each in status.streams] == ["fresh"] * len(ASSETS)
                shown = recorder.take(status, PictureTime(time.time(), up))
            console.print(draw_table(shown, KeyState(), WIDTH, HEIGHT), end="")
    return console.export_svg(title="tellwire run tellwire.yaml", code_format=FORMAT, unique_id="tellwire")


def main(argv: Sequence[str]) -> int:
    """Write the picture into the file that is named, or into its place in docs/."""
    place = Path(argv[0]) if argv else PICTURE
    place.write_text(draw(), encoding="utf-8")
    print(f"{place} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
