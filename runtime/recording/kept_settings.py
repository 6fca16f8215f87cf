"""What of a configuration goes into a recording: what decides how a runtime acts, and nothing that says
where it runs or for whom."""

from typing import Final

import yaml

from runtime.config import Config

_SECTIONS: Final = ("pool", "supervision", "limits", "batching", "orders", "candles", "health", "streams")
_LEFT_OUT: Final = {"orders": ("journal",)}


def kept_settings(config: Config) -> str:
    """As YAML that is a configuration itself."""
    dumped = config.model_dump(mode="json", include={*_SECTIONS, "account"})
    kept = {name: dumped[name] for name in _SECTIONS}
    for section, names in _LEFT_OUT.items():
        for name in names:
            del kept[section][name]
    kept["account"] = {"venue": config.account.venue}
    return yaml.safe_dump(kept, sort_keys=False, allow_unicode=True)
