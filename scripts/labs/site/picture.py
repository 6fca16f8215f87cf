"""Draws docs/live-table.svg: the table of ``tellwire run`` after some seconds on the practice exchange."""

import io
import re
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console

from labs.site.sources import ROOT
from runtime import Config, GetStatus, Runtime, Subscribe
from runtime.cli.output.counters import Counters
from runtime.cli.output.dashboard import Dashboard, DrawContext, RunInfo

PICTURE = ROOT / "docs" / "live-table.svg"
ASSETS = ("EURUSD_otc", "GBPUSD_otc", "AUDCAD_otc", "#AAPL_otc")
SECONDS = 8
PATIENCE = 30
"""Seconds that the first ticks may take longer."""
WIDTH, HEIGHT = 112, 24
"""Columns and lines of the terminal, with every column of the tables."""

FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*|<!--.*?-->\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""Without the fonts that a reader's browser would fetch from elsewhere, and without a comment."""


def draw(seconds: float = SECONDS) -> str:
    """The picture, an SVG, after so many seconds of a real run, and once every stream has ticks.

    Raises ``TimeoutError`` if that does not happen.
    """
    console = Console(record=True, width=WIDTH, height=HEIGHT, file=io.StringIO(), force_terminal=True)
    counters = Counters(ASSETS)
    dashboard = Dashboard(RunInfo("PRACTICE EXCHANGE: invented quotes", "practice"), counters)
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        settings = {
            "account": {"session": ""},
            "orders": {"journal": str(Path(folder, "orders.db"))},
            "control": {"enabled": False},
            "streams": [{"asset": asset} for asset in ASSETS],
        }
        with Runtime(Config.model_validate(settings)) as runtime:
            runtime.router.ask(Subscribe(">", to=counters.count, batch=True), timeout=5)
            while (up := time.monotonic() - began) < seconds or not all(
                counters.stream(asset).last for asset in ASSETS
            ):
                if up > seconds + PATIENCE:
                    raise TimeoutError(f"not every stream had a tick within {up:.0f} s")
                time.sleep(0.25)
                at = DrawContext(time.time(), time.monotonic() - began, WIDTH, HEIGHT)
                drawn = dashboard.draw(runtime.router.ask(GetStatus(), timeout=5), at)
            console.print(drawn)
    return console.export_svg(title="tellwire run tellwire.yaml", code_format=FORMAT, unique_id="tellwire")


def main(argv: Sequence[str]) -> int:
    """Write the picture into the file that is named, or into its place in docs/."""
    place = Path(argv[0]) if argv else PICTURE
    place.write_text(draw(), encoding="utf-8")
    print(f"{place} is written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
