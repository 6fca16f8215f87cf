"""Whether what the connections heard and said is recorded."""

from typing import Annotated

from runtime.config.types import fields, units
from runtime.config.types.fields import between
from runtime.config.types.section import Section

_MIB = 1024 * 1024


class RecordConfig(Section):
    """Where everything that the connections hear and say is written, for ``tellwire replay``."""

    folder: fields.FilePath = ""
    """A folder, relative to the configuration's; empty: nothing is recorded. Sessions, tokens and account
    numbers are taken out; orders, deals and balances are in it."""
    rotate: Annotated[fields.Size, between(64 * 1024, 1024 * 1024 * _MIB, units.show_size)] = 100 * _MIB
    """A new file begins once this one has grown so large, compressed."""
    keep: Annotated[fields.Size, between(64 * 1024, 1024 * 1024 * _MIB, units.show_size)] = 2048 * _MIB
    """The oldest files of the folder leave while all together are larger."""
