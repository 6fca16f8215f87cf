"""``tellwire migrate``: what becomes of a script for another client."""

import json
from pathlib import Path

import pytest

from runtime.cli.exit_codes import ExitCode
from runtime.program import main

SCRIPT = """
import pocketoptionapi_async as po
from pocketoptionapi_async import AsyncPocketOptionClient, OrderDirection
from pocketoptionapi_async.utils import format_timeframe as shown


class Bot:
    def __init__(self, ssid: str) -> None:
        self.api = po.AsyncPocketOptionClient(ssid)

    async def run(self) -> None:
        await self.api.connect()
        order = await self.api.place_order("EURUSD_otc", 1, OrderDirection.CALL, 60)
        print(await self.api.check_win(order.order_id), shown(60), len(po.ASSETS))


async def helper(client: AsyncPocketOptionClient) -> None:
    print((await client.get_balance()).balance, client.uid)
"""
UNSERVED = """
from pocketoptionapi_async import AsyncPocketOptionClient
from pocketoptionapi_async.websocket_client import AsyncWebSocketClient

client = AsyncPocketOptionClient("x" * 20)
client._websocket.add_event_handler("json_data", print)
client.fly()
AsyncWebSocketClient()
"""
MADE = """
import asyncio
from BinaryOptionsToolsV2 import PocketOption, PocketOptionAsync, RawHandler, RawPocketOption, Validator


async def main() -> None:
    c = await PocketOptionAsync.try_demo()
    handler = await c.raw_handler(Validator.contains("x"))
    await handler.send_binary(b"x")
    print(isinstance(handler, RawHandler), c.client)
    closes = [c.close for c in await raw()]
    other = RawPocketOption.new_with_url("x", "y")
    await other.disconnect()


def blocking() -> None:
    client = PocketOption("x")
    live = client.get_candles_live("EURUSD_otc", 60)
    live.close()
    client.create_raw_handler(Validator.contains("x")).close()
    made = client.create_raw_handler(Validator.contains("x"))
    made.send_binary(b"x")
"""


@pytest.fixture
def script(tmp_path: Path) -> Path:
    return tmp_path / "bot.py"


def test_each_use_is_found_with_what_it_becomes(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(SCRIPT)
    assert main(["migrate", "--json", str(script)]) == ExitCode.DONE
    [answer] = json.loads(capsys.readouterr().out)
    assert (answer["script"], answer["client"]) == (str(script), "pocketoptionapi_async")
    layer = "runtime.compat.pocketoptionapi_async"
    assert [(each["line"], each["becomes"]) for each in answer["imports"]] == [
        (2, f"import {layer} as po"),
        (3, f"from {layer} import AsyncPocketOptionClient, OrderDirection"),
        (4, f"from {layer}.utils import format_timeframe as shown"),
    ]
    client = "AsyncPocketOptionClient"
    assert {(each["line"], each["used"]): each["how"] for each in answer["uses"]} == {
        (9, client): "better",
        (12, f"{client}.connect"): "better",
        (13, f"{client}.place_order"): "better",
        (13, "OrderDirection"): "same",
        (14, f"{client}.check_win"): "better",
        (14, "utils.format_timeframe"): "same",
        (14, "ASSETS"): "better",
        (17, client): "better",
        (18, f"{client}.get_balance"): "better",
        (18, f"{client}.uid"): "same",
    }
    changed = SCRIPT.splitlines()
    for each in answer["imports"]:
        changed[each["line"] - 1] = each["becomes"]
    exec("\n".join(changed), {"__name__": "changed"})


def test_what_methods_make_is_followed(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(MADE)
    assert main(["migrate", "--json", str(script)]) == ExitCode.REFUSED
    [answer] = json.loads(capsys.readouterr().out)
    found = {(each["line"], each["used"]): each["how"] for each in answer["uses"]}
    assert (
        found.items()
        >= {
            (7, "PocketOptionAsync.try_demo"): "same",
            (8, "PocketOptionAsync.raw_handler"): "same",
            (9, "RawHandler.send_binary"): "not served",
            (10, "RawHandler"): "same",
            (10, "PocketOptionAsync.client"): "same",
            (12, "RawPocketOption.new_with_url"): "same",
            (13, "RawPocketOption.disconnect"): "same",
            (19, "SyncCandleLiveIterator.close"): "same",
            (22, "RawHandlerSync.send_binary"): "not served",
        }.items()
    )
    assert [used for line, used in found if line == 11] == []  # its c is another one
    assert [used for (_, used), how in found.items() if how == "not served"] == [
        "RawHandler.send_binary",
        "RawHandlerSync.send_binary",
    ]


def test_what_is_not_served_is_said_with_the_reason(script: Path, capsys: pytest.CaptureFixture[str]) -> None:
    script.write_text(UNSERVED)
    assert main(["migrate", str(script)]) == ExitCode.REFUSED
    text = capsys.readouterr().out
    assert (
        f"{script}:6: not served AsyncPocketOptionClient._websocket: an attribute with an underscore" in text
    )
    assert f"{script}:7: not served AsyncPocketOptionClient.fly: not in the interface" in text
    assert f"{script}:8: not served websocket_client.AsyncWebSocketClient: " in text
    assert "in tellwire's own words: AsyncRuntime(config)" in text
    assert f"{script}: 4 uses of pocketoptionapi_async, 3 not served" in text


def test_a_script_that_uses_none_of_the_clients_has_nothing_to_change(
    script: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script.write_text("print(1)")
    assert main(["migrate", str(script)]) == ExitCode.DONE
    assert "nothing to change" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["def", "\0", None])
def test_what_cannot_be_read_is_named(
    script: Path, text: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    if text is not None:
        script.write_text(text)
    assert main(["migrate", str(script)]) == ExitCode.MISUSED
    assert f"{script} cannot be read" in capsys.readouterr().err
