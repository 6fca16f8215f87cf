"""A status in a notebook."""

import msgspec

from actors.messages.status import (
    BatcherStatus,
    CandlesStatus,
    ChildStatus,
    ConnectionFigures,
    ConnectionStatus,
    DeskStatus,
    LimiterStatus,
    PlacedStream,
    PooledConnection,
    ReloadStatus,
    RouterStatus,
    Status,
    StreamFigures,
    StreamStatus,
    WorkerStatus,
)

STATUS = Status(
    connections=(
        ConnectionStatus(
            ChildStatus("connection-1", "worker-1", "EUROPE", "up", 3, 2, "<cut>"),
            ConnectionFigures(rate=12.5),
            PooledConnection("connection-1", "account"),
        ),
    ),
    workers=(WorkerStatus("worker-1", 4711, "up", 0, 1.5, 1 << 20),),
    regions=(),
    streams=(
        StreamStatus(
            PlacedStream("EURUSD_otc", "connection-1", "confirmed", ("file", "program")), StreamFigures(1.25)
        ),
    ),
    limiter=LimiterStatus({}, 0, 0, 10, 0, 0),
    batcher=BatcherStatus(0, 0),
    desk=DeskStatus(halted="by hand", in_flight=1, in_doubt=0, open_deals=2, closed_deals=3),
    candles=CandlesStatus(0, 0, 0, 0),
    reload=ReloadStatus(""),
    router=RouterStatus(0, 0, 0, 0),
    tasks=(),
    clock_offset=None,
)


def test_it_has_a_table_for_each_part_that_a_person_asks_for() -> None:
    page = STATUS._repr_html_()
    assert page.count("<table>") == page.count("</table>") == 4
    for part in ("connection-1", "EUROPE", "12.5", "EURUSD_otc", "file, program", "1.25", "4711", "by hand"):
        assert f"<td>{part}</td>" in page
    assert "<td>&lt;cut&gt;</td>" in page


def test_the_problems_of_a_refused_configuration_are_in_it() -> None:
    reload = ReloadStatus("a.yaml", problems=("a.yaml:1:1: x: is no known key",))
    page = msgspec.structs.replace(STATUS, reload=reload)._repr_html_()
    assert "<td>a.yaml:1:1: x: is no known key</td>" in page
