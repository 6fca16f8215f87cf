"""Packets as text, parsed and built."""

import pytest

from actors.errors import RemoteProtocolError
from runtime.practice.server import packets
from runtime.practice.server.packets import ClientPacket, Kind


@pytest.mark.parametrize(
    ("text", "packet"),
    [
        ("1", ClientPacket(Kind.CLOSE)),
        ("3", ClientPacket(Kind.PONG)),
        ("40", ClientPacket(Kind.CONNECT)),
        ('40{"token":"x"}', ClientPacket(Kind.CONNECT)),
        ("41", ClientPacket(Kind.DISCONNECT)),
        ('42["ps"]', ClientPacket(Kind.EVENT, "ps")),
        ('42["subfor","EURUSD_otc"]', ClientPacket(Kind.EVENT, "subfor", "EURUSD_otc")),
        ('427["x",{"a":1}]', ClientPacket(Kind.EVENT, "x", {"a": 1})),
    ],
)
def test_what_clients_send_is_understood(text: str, packet: ClientPacket) -> None:
    assert packets.parse(text) == packet


@pytest.mark.parametrize(
    "text",
    ["", "2", "5", "4", "43[]", '42/admin,["x"]', "42{}", "42[]", "42[1]", '42["x"', "42" + "[" * 5000],
)
def test_anything_else_is_a_breach_of_protocol(text: str) -> None:
    with pytest.raises(RemoteProtocolError):
        packets.parse(text)


def test_a_binary_event_is_announced_with_one_placeholder() -> None:
    assert packets.binary_event("updateStream") == '451-["updateStream",{"_placeholder":true,"num":0}]'
