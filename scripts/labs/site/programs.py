"""The page of the example programs: what each is for, and its code."""

import ast
import json
from collections.abc import Iterator
from pathlib import Path

from labs.site.sources import ROOT

EXAMPLES = ROOT / "examples"


def page() -> str:
    """Every file of examples/, the shortest first."""
    files = sorted(EXAMPLES.glob("*.py"), key=lambda file: (len(file.read_text("utf-8")), file.name))
    introduction = (ROOT / "examples" / "README.md").read_text("utf-8").partition("\n## ")[0]
    parts = [introduction, *map(_program, files), *map(_notebook, sorted(EXAMPLES.glob("*.ipynb")))]
    return "\n".join(parts)


def purpose(file: Path) -> str:
    """The first line of a program's docstring, or of a notebook's first cell."""
    if file.suffix == ".ipynb":
        return next(cells(file, "markdown")).splitlines()[0].removeprefix("# ")
    return (ast.get_docstring(ast.parse(file.read_text("utf-8"))) or "").splitlines()[0]


def cells(file: Path, kind: str) -> Iterator[str]:
    """The text of the cells of a notebook that are of ``kind``: ``code`` or ``markdown``."""
    for cell in json.loads(file.read_text("utf-8"))["cells"]:
        if cell["cell_type"] == kind:
            yield "".join(cell["source"])


def table() -> str:
    """One row for each program: its name, and what it is for."""
    files = sorted(file for file in EXAMPLES.iterdir() if file.suffix in {".py", ".ipynb"})
    rows = [f"| [{file.name}]({file.name}) | {purpose(file)} |" for file in files]
    return "\n".join(["| program | what it does |", "|---|---|", *rows]) + "\n"


def _program(file: Path) -> str:
    return f"## {file.name}\n\n```python\n{file.read_text('utf-8')}```\n"


def _notebook(file: Path) -> str:
    code = "\n\n\n".join(cells(file, "code"))
    return f"## {file.name}\n\n{purpose(file)}\n\n```python\n{code}\n```\n"
