"""The form of the tables of methods: what a method of another client is here."""

from typing import Literal, NamedTuple

How = Literal["same", "better", "not served"]


class Served(NamedTuple):
    """One row. ``name`` is dotted, as the client's users write it: ``AsyncPocketOptionClient.get_candles``.

    ``how``: it does the same; it does what it says where the client's own does not; or it raises.
    ``becomes`` is how a program of ours does it, in Python. ``note`` is one sentence about what differs, with
    why and what to do where it is not served; ``""`` if nothing differs.
    """

    name: str
    how: How
    becomes: str
    note: str = ""
