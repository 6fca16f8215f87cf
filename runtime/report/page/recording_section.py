"""What a recording adds: how quickly orders were opened, when connections were up, and what was silent."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Final
from xml.etree.ElementTree import Element

from runtime.report.page.axes import TimeAxis, time_axis
from runtime.report.page.charts import WIDTH, ChartBar, bar_chart, date_labels
from runtime.report.page.markup import svg, tag
from runtime.report.page.money_sections import table
from runtime.report.page.texts import clock, count, lasting, percent, quick
from runtime.report.recorded import RecordedSession, SilentSpan
from runtime.report.zone import ReportZone

MOST_ROWS: Final = 50
_BOUNDS: Final = (0, 0.005, 0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1, 2, 5, math.inf)
"""Seconds."""


def recording_section(session: RecordedSession, zone: ReportZone) -> Element:
    times = time_axis(session.began, session.ended, zone)
    span = f"{clock(zone.at(session.began))} to {clock(zone.at(session.ended))}"
    runs = f" in {len(session.runs)} runs" if len(session.runs) > 1 else ""
    text = f"{session.name}: {span}, {lasting(_recorded(session))}{runs}, {count(session.ticks, 'tick')}."
    return tag(
        "section",
        tag("h2", "From the recording"),
        tag("p", text, cls="muted"),
        *_reactions(session),
        *_connections(session, times),
        *_outages(session, zone),
        *_silences(session.silences),
        *(tag("p", each, cls="note") for each in session.complaints),
        id="recording",
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The least of the sorted ``values`` that ``share`` of them do not exceed."""
    return values[max(0, math.ceil(share * len(values)) - 1)]


def covered(spans: Iterable[tuple[float, float]]) -> float:
    """How many seconds lie in at least one of ``spans``."""
    total, reached = 0.0, -math.inf
    for began, ended in sorted(spans):
        total += max(0.0, ended - max(began, reached))
        reached = max(reached, ended)
    return total


def _recorded(session: RecordedSession) -> float:
    """Seconds."""
    return sum(ended - began for began, ended in session.runs)


def _reactions(session: RecordedSession) -> Iterator[Element]:
    yield tag("h3", "Reaction: from the order's leaving to the venue's answer with its deal")
    found = sorted(each.seconds for each in session.reactions)
    if not found:
        yield tag("p", "No order was opened while it was recorded.", cls="muted")
        return
    figures = (("median", 0.5), ("95 of 100 within", 0.95), ("slowest", 1.0))
    yield tag(
        "dl",
        *(
            tag("div", tag("dt", name), tag("dd", quick(percentile(found, share))), data_share=share)
            for name, share in figures
        ),
        tag("div", tag("dt", "orders"), tag("dd", f"{len(found):,}")),
        cls="row reactions",
    )
    yield bar_chart(_bins(found), "how many orders were opened how quickly")
    left_out = [(session.refused, "refused"), (session.unanswered, "without an answer in the recording")]
    texts = [f"{count(number, 'order')} {text}" for number, text in left_out if number]
    if texts:
        yield tag("p", f"Not in these times: {', '.join(texts)}.", cls="note")


def _bins(found: Sequence[float]) -> list[ChartBar]:
    bars = []
    for low, high in pairwise(_BOUNDS):
        number = sum(low < each <= high or each == low == 0 for each in found)
        name = f"over {quick(low)}" if high == math.inf else f"{quick(low)} to {quick(high)}"
        label = f"> {quick(low)}" if high == math.inf else f"\N{LESS-THAN OR EQUAL TO} {quick(high)}"
        bars.append(ChartBar(float(number), f"{name}: {count(number, 'order')}", label, "plain"))
    used = [at for at, bar in enumerate(bars) if bar.value]
    return bars[max(0, used[0] - 1) : used[-1] + 2]


def _connections(session: RecordedSession, times: TimeAxis) -> Iterator[Element]:
    yield tag("h3", "Connections")
    by_name: defaultdict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for each in session.connections:
        ended = session.ended if each.ended is None else each.ended
        reason = f"; {each.reason}" if each.reason else ""
        text = f"{each.region}, {lasting(ended - each.began)}{reason}"
        by_name[each.connection].append((each.began, ended, text))
    spans = [(began, ended) for found in by_name.values() for began, ended, _ in found]
    share = covered(spans) / max(1e-9, _recorded(session))
    yield tag("p", f"At least one was logged in for {percent(min(1.0, share), 2)} of the time.", cls="uptime")
    outages = [(each.began, each.ended) for each in session.outages]
    rows = [
        tag("tr", tag("td", name, cls="name"), tag("td", _lane(found, outages, times), cls="lane"))
        for name, found in sorted(by_name.items())[:MOST_ROWS]
    ]
    axis = tag("tr", tag("td"), tag("td", date_labels(times)))
    yield tag("table", tag("tbody", *rows, axis), cls="lanes")


def _lane(
    lives: Iterable[tuple[float, float, str]], outages: Iterable[tuple[float, float]], times: TimeAxis
) -> Element:
    shapes = [_block(began, ended, "up", text, times) for began, ended, text in lives]
    shapes += [_block(began, ended, "outage", "outage", times) for began, ended in outages]
    return svg(*shapes, width=WIDTH, height=12, cls="lane", label="when it was logged in")


def _block(began: float, ended: float, kind: str, text: str, times: TimeAxis) -> Element:
    left, right = (min(1.0, max(0.0, times.place(each))) * WIDTH for each in (began, ended))
    box = {"x": f"{left:.2f}", "width": f"{max(1.0, right - left):.2f}"}
    return tag("rect", tag("title", text), cls=kind, y=0, height=12, **box)


def _outages(session: RecordedSession, zone: ReportZone) -> Iterator[Element]:
    yield tag("h3", "Outages: no connection was logged in")
    if not session.outages:
        yield tag("p", "None.", cls="muted")
        return
    rows = []
    for each in session.outages[:MOST_ROWS]:
        began, lasted = clock(zone.at(each.began)), lasting(each.ended - each.began)
        why = tag("td", "; ".join(each.reasons), cls="text")
        rows.append(tag("tr", tag("td", began), tag("td", lasted, cls="number"), why, cls="outage"))
    yield table(("began", "#lasted", "why"), rows)


def _silences(silences: Sequence[SilentSpan]) -> Iterator[Element]:
    yield tag("h3", "Silences: pauses that the pace of the asset does not explain")
    if not silences:
        yield tag("p", "None.", cls="muted")
        return
    by_asset: defaultdict[str, list[SilentSpan]] = defaultdict(list)
    for each in silences:
        by_asset[each.asset].append(each)
    lengths = {asset: [each.ended - each.began for each in found] for asset, found in by_asset.items()}
    rows = [
        tag(
            "tr",
            tag("td", asset, cls="name"),
            tag("td", f"{len(lengths[asset]):,}", cls="number"),
            tag("td", lasting(sum(lengths[asset])), cls="number"),
            tag("td", lasting(max(lengths[asset])), cls="number"),
            cls="silence",
        )
        for asset in sorted(by_asset, key=lambda name: -sum(lengths[name]))[:MOST_ROWS]
    ]
    yield tag("div", table(("asset", "#silences", "#together", "#longest"), rows), cls="scroll")
    if len(by_asset) > MOST_ROWS:
        yield tag("p", f"{len(by_asset) - MOST_ROWS} more assets had shorter ones.", cls="note")
