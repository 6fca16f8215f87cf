"""The page of the configuration, from its JSON Schema."""

import json
from collections.abc import Iterator
from typing import Any

from runtime.config.schema import json_schema

Schema = dict[str, Any]

_INTRODUCTION = """\
Every setting of a configuration file, from its schema. `tellwire init` writes a commented file, and
`tellwire check FILE` names every problem of one. [Operating](../operating.md#configuration) says which you
are likely to change. A default that is a time is in seconds, a size in bytes; a file may write `250ms`, `2m`,
`16MiB`.
"""

_UNSAID = {
    "config_version": "The version of the form of the file.",
    "streams": "A list: each entry is an asset that is streamed from the start.",
}
"""What the schema has no words for, since these two are no sections."""


def page() -> str:
    """Every section with its settings."""
    schema: Schema = json_schema()
    parts = [
        "# Configuration\n",
        _INTRODUCTION,
    ]
    for name, section in schema["properties"].items():
        inner = _resolved(section, schema)
        parts.append(f"## {name}\n\n{_text(section) or _text(inner) or _UNSAID.get(name, '')}\n")
        if "properties" in inner or _item(inner, schema):
            parts.extend(_tables(name, inner, schema))
        else:
            parts.append(f"Default: `{json.dumps(section.get('default'))}`. {_bounds(inner)}\n")
    return "\n".join(parts)


def settings(schema: Schema) -> Iterator[str]:
    """The dotted name of every setting in a section."""
    for name, section in schema["properties"].items():
        for key in _resolved(section, schema).get("properties", {}):
            yield f"{name}.{key}"


def _tables(name: str, section: Schema, schema: Schema) -> Iterator[str]:
    """The table of a section, then those of the items that its settings are made of."""
    properties = section.get("properties") or _item(section, schema).get("properties", {})
    yield "| setting | default | what it is |\n|---|---|---|"
    inner: dict[str, Schema] = {}
    for key, found in properties.items():
        default = found.get("default")
        shown = "" if default is None else f"`{json.dumps(default, ensure_ascii=False)}`"
        bounds = _bounds(found)
        text = " ".join(part for part in (_text(found), bounds) if part)
        yield f"| `{name}.{key}` | {_cell(shown)} | {_cell(text)} |"
        item = _item(found, schema)
        if "properties" in item:
            inner[key] = item
    yield ""
    for key, item in inner.items():
        yield f"Each entry of `{name}.{key}`:\n"
        yield from _tables(f"{name}.{key}[]", item, schema)


def _item(found: Schema, schema: Schema) -> Schema:
    """What a list is made of; empty where there is no list."""
    for option in (found, *found.get("anyOf", ())):
        resolved = _resolved(option, schema)
        if "items" in resolved:
            one = resolved["items"]
            kinds = (_resolved(kind, schema) for kind in (one, *one.get("anyOf", ())))
            return next((kind for kind in kinds if "properties" in kind), {})
    return {}


def _resolved(found: Schema, schema: Schema) -> Schema:
    while "$ref" in found:
        found = schema["$defs"][found["$ref"].rpartition("/")[2]]
    return found


def _text(found: Schema) -> str:
    return " ".join(str(found.get("description", "")).split())


def _bounds(found: Schema) -> str:
    words = {"minimum": "at least {}", "exclusiveMinimum": "above {}", "maximum": "at most {}"}
    said = [text.format(found[key]) for key, text in words.items() if key in found]
    if "enum" in found:
        said.append("one of " + ", ".join(f"`{value}`" for value in found["enum"]))
    return f"({', '.join(said)})" if said else ""


def _cell(text: str) -> str:
    """``text`` in a table, where a ``|`` ends a cell, but not in code."""
    parts = text.split("`")
    parts[::2] = [part.replace("|", "\\|") for part in parts[::2]]
    return "`".join(parts)
