"""The base class of the sections."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Refuses unknown keys, is frozen, and repeats no value in an error."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=True,
        use_attribute_docstrings=True,
    )
