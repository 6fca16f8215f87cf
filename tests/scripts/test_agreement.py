"""The faces of a runtime agree with the ledger, for a moment; ``scripts/agreement`` is the hour of it."""

import sys

import pytest
from labs.agreement.faces import number, of_the_table
from labs.agreement.run import ASSETS, Plan, agree

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="it has no pseudo-terminals")


def test_all_faces_agree_after_all_connections_were_cut() -> None:
    cut = ("all connections cut",)
    busy = {"agreeing": 25.0, "stale": 60.0}  # a machine with other tests
    plan = Plan(1.0, 1.5, fault=1.4, order=0.4, sample=0.7, counted=0.6, connections=2, kinds=cut, **busy)
    agreement = agree(plan, seed=1)
    assert agreement.problems == []
    assert agreement.faults.total() >= 1
    assert int(agreement.rows[-1].figures["ticks"]) > len(ASSETS)
    assert int(agreement.rows[-1].figures["open"]) + int(agreement.rows[-1].figures["closed"]) > 0


@pytest.mark.parametrize(
    ("shown", "meant"),
    [("+1,234.50", "1234.5"), ("\N{MINUS SIGN}7.00", "-7"), ("100", "100"), ("none", "none")],
)
def test_a_number_is_compared_as_it_is_read(shown: str, meant: str) -> None:
    assert number(shown) == meant


def test_a_picture_without_a_figure_agrees_with_nothing() -> None:
    with pytest.raises(ValueError, match="balance"):
        of_the_table(["tellwire"], ASSETS)
