"""The JSON Schema that editors use."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

from runtime.config import Config, json_schema
from runtime.config.schema import suggestion

CONFIGS = Path(__file__).parents[3] / "configs"


def test_no_source_is_read_before_a_schema_is_asked_for() -> None:
    program = "import ast, sys; ast.parse = lambda *_: sys.exit('a source is read'); import runtime.config"
    subprocess.run([sys.executable, "-c", program], check=True, cwd=CONFIGS.parent)


def test_the_committed_schema_is_the_one_of_the_models() -> None:
    assert json.loads((CONFIGS / "schema.json").read_text()) == json_schema()


def test_the_shipped_configuration_points_its_editor_at_it() -> None:
    first = (CONFIGS / "pocketoption.yaml").read_text().partition("\n")[0]
    assert first == "# yaml-language-server: $schema=schema.json"


def test_every_setting_is_described_to_the_editor() -> None:
    definitions = json_schema()["$defs"]
    assert isinstance(definitions, dict)
    for section, definition in definitions.items():
        for name, setting in definition["properties"].items():
            assert setting.get("description"), f"{section}.{name}"


def test_the_shipped_configuration_sets_every_setting() -> None:
    shipped = yaml.safe_load((CONFIGS / "pocketoption.yaml").read_text())
    for section, content in Config().model_dump().items():
        if isinstance(content, dict):
            assert set(shipped[section]) == set(content), section
        else:
            assert section in shipped


def test_a_key_of_another_section_is_suggested_with_its_section() -> None:
    assert suggestion(("pool", "batch_size")) == "batching.batch_size"
    assert suggestion(("regions", "demo", 0, "nam")) == "name"
    assert suggestion(("qqq",)) is None
