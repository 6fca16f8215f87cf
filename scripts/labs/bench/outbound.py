"""The cost of small commands: joined into one write, as the runtime does, and one by one."""

import socket
import time
from collections.abc import Callable
from functools import partial

import websocket

from actors.protocols.websocket.frames import Opcode, encode_many
from labs.bench.bench import Bench
from labs.bench.findings import Cell, Table, median

COMMANDS = [b'42["ps",{"number":%d}]' % number for number in range(64)]
SIZES = (1, 16, 64)


def outbound(bench: Bench) -> None:
    """CPU seconds per command, from building the frame to the write."""
    repeats, rounds = max(20, int(2000 * bench.scale.seconds)), max(3, bench.scale.rounds)
    rows: list[list[Cell]] = []
    connection = websocket.create_connection(bench.venue.url)
    assert connection.sock is not None
    for size in SIZES:
        commands = COMMANDS[:size]
        single = _cpu(
            partial(_send_singly, connection, [command.decode() for command in commands]), repeats, rounds
        )
        joined = _cpu(partial(_send_joined, connection.sock, commands), repeats, rounds)
        bench.findings.figures[f"outbound/{size}"] = joined / single
        rows.append([size, joined / size * 1e6, single / size * 1e6, joined / single])
    connection.close()
    bench.findings.tables.append(
        Table(
            "Sending",
            "CPU microseconds for each small masked command, built and written.",
            ["commands at once", "tellwire, joined", "websocket-client, one by one", "ratio"],
            rows,
        )
    )


def _send_singly(connection: websocket.WebSocket, commands: list[str]) -> None:
    for command in commands:
        connection.send_text(command)


def _send_joined(sock: socket.socket, commands: list[bytes]) -> None:
    sock.sendall(encode_many(Opcode.TEXT, commands))


def _cpu(run: Callable[[], object], repeats: int, rounds: int) -> float:
    """CPU seconds of one ``run``."""
    taken: list[float] = []
    for _ in range(rounds):
        began = time.process_time()
        for _ in range(repeats):
            run()
        taken.append((time.process_time() - began) / repeats)
    return median(taken)
