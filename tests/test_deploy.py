"""The files of ``deploy/``, by the programs that read them."""

import json
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest
import yaml
from msgspec.structs import replace

from actors.distribution import Histogram
from actors.messages.status import DeskStatus, LimitStatus, RegionStatus
from runtime.monitoring.cluster_metrics import cluster_families
from runtime.monitoring.cluster_picture import ClusterPicture, TenureStatus
from runtime.monitoring.metrics import families
from tests.doubles.status_samples import status
from tests.system_programs import program

DEPLOY = Path(__file__).parent.parent / "deploy"
RUNBOOK = DEPLOY.parent / "docs" / "deployment.md"
OF_OTHERS = {"up", "process_resident_memory_bytes", "process_cpu_seconds_total"}
MOST_EXPOSED = 2.0
"""Of 10; systemd calls up to 2 "OK"."""


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, timeout=60, check=False)


def metrics() -> set[str]:
    """The names of all samples that a runtime can have."""
    full = Histogram().distribution()
    region = RegionStatus("EU", 1, 1, 1, 0, 0.1, 0.0)
    desk = DeskStatus(None, 0, 0, 0, 0, limits=(LimitStatus("daily_loss", Decimal(1), Decimal(2)),))
    found = status(regions=(region,), desk=desk)
    asks = {"PlaceOrder": full}
    found = replace(found, router=replace(found.router, asks=asks, failed={"PlaceOrder": 1}))
    cluster = cluster_families(ClusterPicture("h1", 2, False, 0.001, [TenureStatus("main", 1, 4.0)]))
    told = [*families(found, {}, full), *cluster]
    return {sample.name for family in told for sample in family.samples}


def expressions() -> list[str]:
    """Those of the alarms and of the board."""
    rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text("utf-8"))["groups"][0]["rules"]
    panels = json.loads((DEPLOY / "grafana.json").read_text("utf-8"))["panels"]
    return [rule["expr"] for rule in rules] + [
        target["expr"] for panel in panels for target in panel["targets"]
    ]


def test_the_alert_rules_fire_when_they_should_and_only_then() -> None:
    checked = run(program("promtool"), "check", "rules", "alerts.yml")
    assert checked.returncode == 0, checked.stderr
    tested = run(program("promtool"), "test", "rules", "alerts_test.yml")
    assert tested.returncode == 0, tested.stdout


def test_every_alarm_has_a_test_and_a_line_in_the_runbook() -> None:
    names = re.findall(r"alert: (\w+)", (DEPLOY / "alerts.yml").read_text("utf-8"))
    tested = (DEPLOY / "alerts_test.yml").read_text("utf-8")
    text = RUNBOOK.read_text("utf-8")
    assert [name for name in names if f"| `{name}` |" not in text] == []
    assert [name for name in names if f"alertname: {name}\n" not in tested] == []


def test_alarms_and_board_use_only_metrics_that_exist() -> None:
    known = metrics() | OF_OTHERS
    used = {
        name
        for expression in expressions()
        for name in re.findall(r"\b(?:tellwire|process)_\w+\b|\bup\b", expression)
    }
    assert used - known == set()


def test_prometheus_reads_every_expression_of_the_board(tmp_path: Path) -> None:
    rules = [
        {"record": f"board:{number}", "expr": expression.replace("$instance", ".*")}
        for number, expression in enumerate(expressions())
    ]
    file = tmp_path / "board.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}))
    checked = run(program("promtool"), "check", "rules", str(file))
    assert checked.returncode == 0, checked.stderr
    configured = run(program("promtool"), "check", "config", "prometheus.yml")
    assert configured.returncode == 0, configured.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="systemd has no Windows")
def test_systemd_finds_no_fault_in_the_unit(tmp_path: Path) -> None:
    unit = tmp_path / "tellwire.service"
    text = (DEPLOY / "tellwire.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/tellwire/bin/tellwire", sys.executable))
    verified = run(program("systemd-analyze"), "verify", "--man=no", str(unit))
    assert (verified.returncode, verified.stderr) == (0, "")
    secured = run(program("systemd-analyze"), "security", "--offline=true", "--no-pager", str(unit))
    exposure = re.search(r"Overall exposure level for tellwire\.service: ([0-9.]+)", secured.stdout)
    assert exposure, secured.stdout + secured.stderr
    assert float(exposure[1]) <= MOST_EXPOSED


def test_the_files_of_compose_are_there() -> None:
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    mounted = [volume.partition(":")[0] for each in services.values() for volume in each.get("volumes", ())]
    theirs = {"./tellwire.yaml"}
    ours = {name for name in mounted if name.startswith("./")} - theirs
    assert {name for name in ours if not (DEPLOY / name).exists()} == set()
