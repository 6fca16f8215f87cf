"""What mkdocs calls while it builds the site: the pages that are made, the plan's folders, the links."""

from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from labs.site.generated import GENERATED
from labs.site.sources import COPIED, ROOT, lead

FOLDERS = {"Decisions": "decisions", "Migration": "migration"}
"""Sections of the plan that have the files of a folder of docs/."""


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    assert config.nav is not None
    _fill(config.nav, Path(config.docs_dir))
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    for path, page in GENERATED.items():
        files.append(File.generated(config, path, content=page()))
    for source, path in COPIED.items():
        files.append(File.generated(config, path, content=(ROOT / source).read_text("utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  # named by mkdocs
    return lead(markdown, page.file.src_uri)


def _fill(plan: list[Any], docs: Path) -> None:
    for entry in plan:
        for title, inside in entry.items() if isinstance(entry, dict) else ():
            if title in FOLDERS:
                folder = docs / FOLDERS[title]
                pages = sorted(folder.glob("*.md"), key=lambda file: (file.stem != "index", file.name))
                entry[title] = [file.relative_to(docs).as_posix() for file in pages]
            elif isinstance(inside, list):
                _fill(inside, docs)
