"""The documentation site builds without a warning, asks no other host for anything, leaves nothing out."""

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from labs.site import api, commands
from labs.site.generated import GENERATED
from labs.site.picture import draw
from labs.site.settings_page import settings
from labs.site.sources import COPIED, SHOWN, lead

import runtime
from actors.errors import KINDS
from runtime.cli.exit_codes import ExitCode
from runtime.config.schema import json_schema
from runtime.program import COMMANDS

ROOT = Path(__file__).parents[2]

FETCHED: Final = {
    **{tag: {"src"} for tag in ("audio", "embed", "iframe", "img", "script", "source", "video")},
    "image": {"href"},
    "use": {"href"},
    "link": {"href"},
    "object": {"data"},
}
"""The elements for which a browser fetches something by itself, and the attributes that say from where."""

BY_STYLE = re.compile(r"""(?:url\(\s*["']?|@import\s+["'])((?:https?:)?//[^"')]+)""")
PATIENCE = 240.0
"""Seconds for a build, which takes 5 s where nothing else runs."""

pytestmark = pytest.mark.timeout(PATIENCE)

A_HOST = re.compile(r"(?:https?:)?//")


class Fetches(HTMLParser):
    """Collects what a page fetches from other hosts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in FETCHED.get(tag, ()) or name == "srcset") and A_HOST.match(value):
                self.found.append(f"{tag} {value}")
            if name == "style" and value:
                self.found += BY_STYLE.findall(value)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("mkdocs", reason="mkdocs is in the extra `docs`")
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "labs.site.build", "--into", str(folder)],
        cwd=ROOT / "scripts",
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT / "scripts"), str(ROOT)])},
        capture_output=True,
        text=True,
        timeout=PATIENCE - 10,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    assert "WARNING" not in said
    assert "ERROR" not in said
    return folder


def foreign(text: str) -> list[str]:
    """What a browser would fetch from other hosts for a page with this HTML."""
    page = Fetches()
    page.feed(text)
    styles = re.findall(r"<style[^>]*>(.*?)</style>", text, re.DOTALL)
    return page.found + [found for style in styles for found in BY_STYLE.findall(style)]


def test_a_request_to_another_host_is_seen() -> None:
    assert foreign('<script src="https://cdn.example/x.js"></script>') == ["script https://cdn.example/x.js"]
    assert foreign('<link rel="preconnect" href="//fonts.example">') == ["link //fonts.example"]
    assert foreign("<style>@font-face{src:url('https://f.example/a')}</style>") == ["https://f.example/a"]
    assert foreign('<a href="https://docs.nats.io">only a link</a><img src="live-table.svg">') == []


def test_the_site_asks_no_other_host_for_anything(site: Path) -> None:
    pages = list(site.rglob("*.html"))
    assert len(pages) > 70
    for page in pages:
        assert foreign(page.read_text("utf-8")) == [], page
    for style in [*site.rglob("*.css"), *site.rglob("*.svg")]:
        assert BY_STYLE.findall(style.read_text("utf-8")) == [], style
    # What the theme's own script fetches only if it is asked to: diagrams, and the facts of a repository.
    index = (site / "index.html").read_text("utf-8")
    assert 'class="mermaid"' not in index
    assert 'data-md-component="source"' not in index


def test_every_page_that_is_made_has_a_place_in_the_site(site: Path) -> None:
    for path in [*GENERATED, *COPIED.values(), *SHOWN.values()]:
        assert (site / path).with_suffix(".html").exists(), path


def test_the_api_describes_every_public_name(site: Path) -> None:
    for name in runtime.__all__:
        page = api.page_of(name)
        if page not in api.ELSEWHERE:
            text = (site / f"reference/api/{page}.html").read_text("utf-8")
            assert f'id="{api.places()[name]}.{name}"' in text, f"{name} is not on the page {page}"


def test_the_commands_page_has_every_public_command_and_its_answer(site: Path) -> None:
    names = [name for name in runtime.__all__ if api.page_of(name) == "commands" and name != "Command"]
    assert {"PlaceOrder", "Subscribe", "GetStatus"} < set(names)
    text = (site / "reference/commands.html").read_text("utf-8")
    assert [name for name in names if f'id="{api.places()[name]}.{name}"' not in text] == []
    assert commands.answer("GetServerTime") == "ServerTime"
    assert commands.answer("PlaceOrder") == "Deal"
    assert commands.answer("UnsubscribeTicks") == "str | None"


def test_the_errors_page_says_of_every_error_what_to_do() -> None:
    text = (ROOT / "docs" / "errors.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| `(\w+)` \| .+? \| (.+?) \|$", text, re.MULTILINE))
    assert set(rows) == set(KINDS) - {"TellwireError"}
    assert "`TellwireError` is the parent of all" in text


def test_the_configuration_page_has_every_setting() -> None:
    text = GENERATED["reference/configuration.md"]()
    names = list(settings(json_schema()))
    assert len(names) > 50
    assert [name for name in names if f"| `{name}` |" not in text] == []


def test_the_page_of_the_command_line_has_every_command_and_every_exit_code() -> None:
    text = GENERATED["reference/command-line.md"]()
    assert [name for name in COMMANDS if f"## tellwire {name}\n" not in text] == []
    assert re.search(r"^### tellwire ctl .*orders settle$", text, re.MULTILINE)
    codes = GENERATED["reference/exit-codes.md"]()
    assert [code for code in ExitCode if f"| {code.value} |" not in codes] == []


def test_a_link_to_the_source_leads_to_the_page_that_shows_it() -> None:
    text = "[a](../CONTRIBUTING.md#add-a-venue) [b](orders.md) [c](../configs/pocketoption.yaml) [d](https://x.example)"
    led = "[a](contributing.md#add-a-venue) [b](orders.md) [c](reference/configuration.md) [d](https://x.example)"
    assert lead(text, "faq.md") == led
    assert lead("[a](../../examples)", "howto/tables.md") == "[a](examples.md)"
    assert lead("[a](docs/orders.md)", "contributing.md") == "[a](orders.md)"
    assert lead("```\n[a](docs/orders.md)\n```", "contributing.md") == "```\n[a](docs/orders.md)\n```"


def test_the_picture_shows_a_run_and_fetches_nothing() -> None:
    drawn = draw(seconds=0.5)
    kept = (ROOT / "docs" / "live-table.svg").read_text("utf-8")
    for picture in (drawn, kept):
        assert not BY_STYLE.findall(picture)
        for words in ("PRACTICE&#160;EXCHANGE", "EURUSD_otc", "worker-1", "live"):
            assert words in picture
