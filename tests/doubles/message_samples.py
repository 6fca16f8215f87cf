"""A value of each kind, and an event of each kind with its topic."""

from decimal import Decimal

from actors.messages import events
from actors.messages.events import Event
from actors.messages.workers import ConnectionSettings
from actors.values import AccountKind, Asset, Balance, Candle, Deal, Direction, PendingOrder, Secret, Tick

CANARY = "canary-51d"
"""A secret that must be shown nowhere."""

ASSET = Asset(
    1, "EURUSD_otc", "EUR/USD OTC", "currency", 5, 92, True, True, 60, (60, 300), None, 1_770_000_000
)
CANDLE = Candle(1_770_000_000, 1.1, 1.3, 1.0, 1.2, None)
TICK = Tick("EURUSD_otc", 1_770_000_000.123, 1.10005, 1_770_000_000.2)
REPORT = events.StreamReport(10, 1.0, 2.0, 1.1, 3.0)

DEAL = Deal(
    id="d1",
    asset="EURUSD_otc",
    direction=Direction.CALL,
    amount=Decimal("1.50"),
    opened_at=1000.5,
    closes_at=1060.0,
    open_price=1.07,
    payout=92,
    account=AccountKind.DEMO,
    close_price=1.08,
    profit=Decimal("1.38"),
)
PENDING = PendingOrder("t1", "EURUSD_otc", Direction.PUT, Decimal(2), 60, 80, open_at=2000)
EVENTS: dict[type[Event], tuple[Event, str]] = {
    type(event): (event, topic)
    for event, topic in [
        (events.CandlesLoaded("EURUSD_otc", 60, [CANDLE]), "candles.EURUSD_otc"),
        (events.CandlesProgress("EURUSD_otc", 60, 150, 1000), "progress.EURUSD_otc"),
        (events.BarForming("EURUSD_otc", "EURUSD_otc.60", CANDLE, 1.5), "bar.EURUSD_otc.60"),
        (events.BarClosed("A", "A.9-ticks", CANDLE, 1.5, False, 2), "bar.A.9-ticks"),
        (events.AssetsListed([ASSET]), "assets"),
        (events.BalanceChanged(Balance(AccountKind.DEMO, Decimal("1000.10"))), "balance"),
        (events.RawMessage("updateSomething", '{"a":1}'), "raw.updateSomething"),
        (events.WireMessage("c1", 2, "updateSomething", '{"a":1}', attachment=True), "wire.c1"),
        (events.ConnectionUp("c1", 2, "EU"), "connection.up"),
        (events.ConnectionDown("c1", 2, "EU", "cut", was_ready=True, terminal=True), "connection.down"),
        (events.ConnectionSuspect("c1", 2, "silent"), "connection.suspect"),
        (
            events.ConnectionReport("c1", 2, "EU", "ready", 9, 8, 7, 6, 5, None, {"A": REPORT}, 99.0, 0.2),
            "report.connection",
        ),
        (events.ClockReport(-0.25), "report.clock"),
        (events.Heartbeat("w1", 4711, 1.5, 1 << 33), "report.worker"),
        (events.WorkerUp("w1", 4711), "worker.up"),
        (events.WorkerDown("w1", 4711, "killed"), "worker.down"),
        (events.ActorRestarted("c1", 3, "cut"), "actor.restarted"),
        (events.OutageBegan(30.5, ["EU: refused"]), "outage.began"),
        (events.OutageEnded(31.0, "EU"), "outage.ended"),
        (events.ActorQuarantined("c1", "refused", auth=True), "actor.quarantined"),
        (events.StreamPlaced("EURUSD_otc", 60, "c1", 2, 0.0), "stream.placed"),
        (events.StreamConfirmed("EURUSD_otc", 60, "c1", 2), "stream.confirmed"),
        (events.StreamDropped("EURUSD_otc"), "stream.dropped"),
        (events.StreamReleased("EURUSD_otc", "c1"), "stream.released"),
        (events.StreamMoves("EURUSD_otc", "c1", 2, "c2", 1, True), "stream.moves"),
        (events.OrderOpened("o1", DEAL), "order.opened"),
        (events.OrderRefused("o1", "EURUSD_otc", Decimal("1.50"), "notMoney"), "order.refused"),
        (events.OrderInDoubt("o1", "EURUSD_otc", Decimal("1.50"), "cut"), "order.unknown"),
        (events.OrderSettled("o1", "EURUSD_otc", Decimal("1.50"), True, "seen on the page"), "order.settled"),
        (events.OrderNotPlaced("o1", "EURUSD_otc", Decimal("1.50")), "order.not_placed"),
        (events.OrderClosed(DEAL), "order.closed"),
        (events.OrderOrphan(DEAL), "order.orphan"),
        (events.PendingOrderPlaced("o1", PENDING), "order.placed"),
        (events.PendingOrdersListed([PENDING], "c1", 2, complete=False), "order.pending"),
        (events.TradingHalted("enough"), "trading.halted"),
        (events.TradingResumed(), "trading.resumed"),
        (events.DealAccepted("c1", "o1", DEAL), "desk.accepted"),
        (events.DealRefused("c1", "o1", "EURUSD_otc", "notMoney"), "desk.refused"),
        (events.DealsOpen("c1", 2, [DEAL]), "desk.open"),
        (events.DealsClosed("c1", 2, [DEAL], listed=True), "desk.closed"),
        (events.PendingAnswered("c1", order=PENDING), "desk.pending"),
        (events.StreamStale("EURUSD_otc", 12.5, "resubscribe", "no tick"), "stream.stale"),
        (events.StreamGap("EURUSD_otc", 1.0, 2.0, "cut", "c1", 60), "stream.gap"),
        (events.StreamRecovered("EURUSD_otc", "c1", 1.0, 2.0, 1, ((1.0, 1.5),), "none"), "stream.recovered"),
        (events.Lagged("subscriber tick.", 12), "lag.ticks"),
        (events.CommandFailed("SubscribeTicks", "NotSent: late"), "command.failed"),
        (events.ConfigReloaded(["limits.messages"]), "config.reloaded"),
        (events.ConfigRefused(["a.yaml:3:1: limits: is wrong"]), "config.refused"),
    ]
}
"""By its class, an event and its topic."""

SETTINGS = ConnectionSettings(
    venue="pocketoption",
    secret=Secret(CANARY),
    origin="https://example.com",
    headers={"User-Agent": "x"},
    ssl_verify=True,
    open_timeout=10.0,
    close_timeout=1.0,
    ping_interval=20.0,
    ping_timeout=10.0,
    keep_alive_interval=20.0,
    inbound_linger=0.0,
    max_message_size=1 << 24,
)
