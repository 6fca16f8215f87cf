"""Orders placed while connections, regions, workers and the main process fail: none lost, none doubled."""

from pathlib import Path

from chaos_run import Chaos


def test_no_order_is_lost_doubled_or_answered_untruly_in_chaos(tmp_path: Path) -> None:
    score = Chaos(tmp_path, orders=60, seed=7, seconds=12.0, workers=2).run()
    assert not score.violations, "\n".join(score.card())
