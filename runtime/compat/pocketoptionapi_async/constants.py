"""The tables of the interface: assets, regions, names of periods, limits."""

import random
from typing import ClassVar, Final

from runtime.practice.market.listings import LISTINGS

ASSETS: Final[dict[str, int]] = {listing.symbol: listing.id for listing in LISTINGS.values()}
"""The venue's id of each symbol. A client that connects adds what the venue lists and this table lacks."""

_HOSTS: Final = {
    "EUROPA": "api-eu",
    "SEYCHELLES": "api-sc",
    "HONGKONG": "api-hk",
    "SERVER1": "api-spb",
    "FRANCE2": "api-fr2",
    "UNITED_STATES4": "api-us4",
    "UNITED_STATES3": "api-us3",
    "UNITED_STATES2": "api-us2",
    "DEMO": "demo-api-eu",
    "DEMO_2": "try-demo-eu",
    "UNITED_STATES": "api-us-north",
    "RUSSIA": "api-msk",
    "SERVER2": "api-l",
    "INDIA": "api-in",
    "FRANCE": "api-fr",
    "FINLAND": "api-fin",
    "SERVER3": "api-c",
    "ASIA": "api-asia",
    "SERVER4": "api-us-south",
}


class Regions:
    """The venue's addresses by the names that scripts use. Those with DEMO in the name serve demo accounts
    only, and the others live accounts only."""

    _REGIONS: ClassVar[dict[str, str]] = {
        name: f"wss://{host}.po.market/socket.io/?EIO=4&transport=websocket" for name, host in _HOSTS.items()
    }

    @classmethod
    def get_all(cls, randomize: bool = True) -> list[str]:
        """All URLs, by default in a random order."""
        urls = list(cls._REGIONS.values())
        if randomize:
            random.shuffle(urls)
        return urls

    @classmethod
    def get_all_regions(cls) -> dict[str, str]:
        """The URLs by name: a dict of the caller's own."""
        return dict(cls._REGIONS)

    @classmethod
    def get_region(cls, region_name: str) -> str | None:
        """The URL of a name in any case."""
        return cls._REGIONS.get(region_name.upper())

    @classmethod
    def get_demo_regions(cls) -> list[str]:
        """The URLs for demo accounts."""
        return [url for name, url in cls._REGIONS.items() if "DEMO" in name]


REGIONS: Final = Regions()

TIMEFRAMES: Final = {
    "1m": 60,
    "5m": 300,
    "15m": 900,
    "30m": 1800,
    "1h": 3600,
    "4h": 14400,
    "1d": 86400,
    "1w": 604800,
}

API_LIMITS: Final[dict[str, float]] = {
    "min_order_amount": 1.0,
    "max_order_amount": 50000.0,
    "min_duration": 5,
    "max_duration": 43200,
    "max_concurrent_orders": 10,
    "rate_limit": 100,
}
"""Amounts in the account's currency, durations in seconds."""
