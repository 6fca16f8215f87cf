"""A new configuration: a copy of a commented example, adapted to its place."""

import pkgutil
from pathlib import Path
from typing import Final

PRACTICE_EXAMPLE: Final = "practice.yaml"
SCHEMA: Final = "schema.json"

SOURCE: Final = Path(__file__).resolve().parents[2]
"""The checkout, or the folder that the package is installed in."""

_FOLDERS: Final = (SOURCE / "configs", SOURCE / "tellwire" / "configs")
_SCHEMA_LINE: Final = f"# yaml-language-server: $schema={SCHEMA}\n"


def default_example() -> str:
    """That of the default venue, with every setting."""
    from runtime.config.sections.account import DEFAULT_VENUE  # noqa: PLC0415  # loads pydantic

    return f"{DEFAULT_VENUE}.yaml"


def new_file_text(example: str, file: Path) -> str:
    """The text of ``example`` for ``file``: an editor finds the schema, and the commands name the file."""
    text = _example(example)
    schema = next((folder / SCHEMA for folder in _FOLDERS if (folder / SCHEMA).is_file()), None)
    line = "" if schema is None else f"# yaml-language-server: $schema={schema.as_uri()}\n"
    text = text.replace(_SCHEMA_LINE, line, 1)
    return text.replace(f"configs/{example}", str(file))


def write_new_file(example: str, file: Path) -> None:
    """Raises ``FileExistsError`` if there is anything at ``file``, and other ``OSError``."""
    text = new_file_text(example, file)
    with file.open("x", encoding="utf-8", newline="\n") as new:
        new.write(text)


def _example(name: str) -> str:
    for folder in _FOLDERS:
        if (folder / name).is_file():
            return (folder / name).read_text(encoding="utf-8")
    data = pkgutil.get_data("tellwire", f"configs/{name}")  # in an archive
    assert data is not None, "every loader of ours has data"
    return data.decode()
