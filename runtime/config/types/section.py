"""The base class of the sections."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Refuses unknown keys, is frozen, and repeats no value in an error. The docstring after a field is its
    description in the JSON Schema."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
    )
