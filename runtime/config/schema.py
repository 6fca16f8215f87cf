"""The JSON Schema of the configuration, and the nearest key for an unknown one."""

import ast
import difflib
import inspect
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from actors.rates import Rate
from runtime.config.duties import KINDS
from runtime.config.models import Config
from runtime.config.types.problems import Path, dotted
from runtime.config.types.section import Section
from runtime.config.types.units import show_rate


class _Generator(GenerateJsonSchema):
    """Describes the settings, and writes default rates as an operator writes them."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        written = super().model_schema(schema)
        for name, text in _docstrings(schema["cls"]):
            written["properties"][name]["description"] = text
        return written

    def encode_default(self, dft: Any) -> Any:
        rates = [show_rate(item) for item in dft if isinstance(item, Rate)] if isinstance(dft, list) else []
        return rates or super().encode_default(dft)


def _docstrings(section: type) -> Iterator[tuple[str, str]]:
    """Of the fields that have one. ``use_attribute_docstrings`` of pydantic would read the source of every
    section at every start, a tenth of all imports."""
    for model in reversed(section.__mro__):
        if issubclass(model, Section):
            (definition,) = ast.parse(inspect.getsource(model)).body
            assert isinstance(definition, ast.ClassDef)
            for statement, after in pairwise(definition.body):
                match statement, after:
                    case (
                        ast.AnnAssign(target=ast.Name(id=name)),
                        ast.Expr(value=ast.Constant(value=str(text))),
                    ):
                        yield name, inspect.cleandoc(text)


def json_schema() -> dict[str, object]:
    """JSON Schema (draft 2020-12) of the configuration file."""
    return {"$schema": _Generator.schema_dialect, **Config.model_json_schema(schema_generator=_Generator)}


def suggestion(path: Path) -> str | None:
    """The right key for the unknown one that ``path`` ends with: the nearest here, or the same elsewhere."""
    *parents, key = path
    model = _model_at(tuple(parents))
    near = difflib.get_close_matches(str(key), model.model_fields if model else (), n=1)
    if near:
        return near[0]
    sections = ((name, _model_at((name,))) for name in Config.model_fields)
    return next(
        (dotted((name, str(key))) for name, found in sections if found and key in found.model_fields), None
    )


def keys_at(path: Path) -> list[str]:
    """The keys of the section at ``path``, those that it must have first; none where there is no section."""
    fields = model.model_fields if (model := _model_at(path)) else {}
    return sorted(fields, key=lambda name: not fields[name].is_required())


def _model_at(path: Path) -> type[BaseModel] | None:
    if path[2:] and path[0] in KINDS:  # a section of an entry is that of the top
        path = path[2:]
    model: type[BaseModel] | None = Config
    for name in path:
        if isinstance(name, int):
            continue
        field = model.model_fields.get(name) if model else None
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return model
