"""The configuration file of the runtime under test."""

import json
from collections.abc import Sequence
from pathlib import Path

PLENTY = ["10000/s"]
SOCKET = "bench.sock"


def write(
    folder: Path,
    *,
    url: str,
    session: str,
    assets: Sequence[str],
    workers: int,
    connections: int = 1,
    journal: Path | None = None,
    authority: Path | None = None,
    linger: str = "0s",
) -> Path:
    """A YAML file in ``folder`` with these settings and defaults otherwise; JSON is YAML."""
    settings: dict[str, object] = {
        "account": {"session": session.replace("$", "$$")},
        "regions": {"demo": [{"name": "LOAD", "url": url}]},
        "control": {"socket": str(folder / SOCKET)},
        "pool": {
            "connections": connections,
            "workers": workers,
            "streams_per_connection": -(-len(assets) // connections),  # so that they spread evenly
        },
        "connection": {"inbound_linger": linger} | ({"ca_file": str(authority)} if authority else {}),
        "limits": {"messages": PLENTY, "max_concurrent_operations": 1000},
        "candles": {"cache_ttl": "0s"},  # else the cache would answer all requests but the first
        "orders": {"journal": str(journal or folder / "orders.sqlite"), "maximum_open": 1000},
        "streams": [{"asset": asset} for asset in assets],
    }
    path = folder / "bench.yaml"
    path.write_text(json.dumps(settings, indent=1), encoding="utf-8")
    return path
