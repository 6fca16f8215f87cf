"""The venue's payloads about trading (protocol 1.7.6 to 1.7.10), and their decoded values."""

from decimal import Decimal

from actors.values import AccountKind, Deal, Direction, PendingOrder

DEEP = b"[" * 1_000_000 + b"]" * 1_000_000
"""Nested too deep for any stack, which is what limits it from Python 3.14 on."""

ACCEPTED = (
    b'{"id":"2b565a3d-30aa-48c8-a06e-2eb63f9c04f8","openTime":"2025-07-07 23:53:30",'
    b'"closeTime":"2025-07-07 23:54:30","openTimestamp":1751932410,"closeTimestamp":1751932470,'
    b'"uid":10000001,'
    b'"isDemo":1,"amount":5,"profit":4.6,"percentProfit":92,"percentLoss":100,"openPrice":69.317,'
    b'"copyTicket":"","closePrice":0,"command":0,"asset":"#CSCO_otc","requestId":18396039,"openMs":174,'
    b'"optionType":100,"isCopySignal":false,"currency":"USD"}'
)
ACCEPTED_DEAL = Deal(
    id="2b565a3d-30aa-48c8-a06e-2eb63f9c04f8",
    asset="#CSCO_otc",
    direction=Direction.CALL,
    amount=Decimal(5),
    opened_at=1751925210.174,
    closes_at=1751925270.0,
    open_price=69.317,
    payout=92,
    account=AccountKind.DEMO,
    currency="USD",
)

CLOSING = (
    b'{"profit":0,"deals":[{"id":"2b565a3d-30aa-48c8-a06e-2eb63f9c04f8","openTime":"2025-07-07 23:53:30",'
    b'"closeTime":"2025-07-07 23:54:30","openTimestamp":1751932410,"closeTimestamp":1751932470,'
    b'"uid":10000001,'
    b'"amount":5,"profit":-5,"percentProfit":92,"percentLoss":100,"openPrice":69.317,"closePrice":69.313,'
    b'"command":0,"asset":"#CSCO_otc","isDemo":1,"copyTicket":"","closeMs":293,"optionType":100,"openMs":174,'
    b'"currency":"USD","amountUSD":5}]}'
)
CLOSING_DEAL = Deal(
    id="2b565a3d-30aa-48c8-a06e-2eb63f9c04f8",
    asset="#CSCO_otc",
    direction=Direction.CALL,
    amount=Decimal(5),
    opened_at=1751925210.174,
    closes_at=1751925270.293,
    open_price=69.317,
    payout=92,
    account=AccountKind.DEMO,
    close_price=69.313,
    profit=Decimal(-5),
    currency="USD",
)

OPEN_LIST = (
    b'[{"id":"2b565a3d-30aa-48c8-a06e-2eb63f9c04f8","openTime":"2025-07-07 23:53:30",'
    b'"closeTime":"2025-07-07 23:54:30","openTimestamp":1751932410,"closeTimestamp":1751932470,'
    b'"uid":10000001,'
    b'"isDemo":1,"amount":5,"profit":4.6,"percentProfit":92,"percentLoss":100,"openPrice":69.317,'
    b'"copyTicket":"","closePrice":0,"command":0,"asset":"#CSCO_otc","openMs":174,"optionType":100,'
    b'"isCopySignal":false,"currency":"USD","isRollover":false,"amountUSD":5}]'
)

CLOSED_ROW = (
    b'{"id":"a2303df9-3b67-4d32-8b46-3c0b4ad8f4a1","openTime":"2024-12-02 00:13:19",'
    b'"closeTime":"2024-12-02 00:14:19","openTimestamp":1733098399,"closeTimestamp":1733098459,'
    b'"refundTime":null,"refundTimestamp":null,"uid":10000001,"amount":1,"profit":0.92,"percentProfit":92,'
    b'"percentLoss":100,"openPrice":37.8223,"closePrice":37.82237,"command":0,"asset":"EURTRY_otc","isDemo":1,'
    b'"copyTicket":"","openMs":151,"closeMs":0,"optionType":100,"isRollover":false,"isCopySignal":false,'
    b'"isAI":false,"currency":"USD","amountUsd":1,"amountUSD":1}'
)
CLOSED_LIST = b"[" + CLOSED_ROW + b"]"
CLOSED_DEAL = Deal(
    id="a2303df9-3b67-4d32-8b46-3c0b4ad8f4a1",
    asset="EURTRY_otc",
    direction=Direction.CALL,
    amount=Decimal(1),
    opened_at=1733091199.151,
    closes_at=1733091259.0,
    open_price=37.8223,
    payout=92,
    account=AccountKind.DEMO,
    close_price=37.82237,
    profit=Decimal("0.92"),
    currency="USD",
)

PENDING_ROW = (
    b'{"ticket":"a0523357-1c1e-4f7e-9a3c-0d6f1f4b7b55","openType":0,"amount":1,"symbol":"EURUSD_otc",'
    b'"openTime":"2024-12-31 20:12:19","openPrice":0,"timeframe":60,"minPayout":60,"command":0,'
    b'"dateCreated":"2024-12-31 20:10:24","id":1943327}'
)
PENDING_ORDER = PendingOrder(
    ticket="a0523357-1c1e-4f7e-9a3c-0d6f1f4b7b55",
    asset="EURUSD_otc",
    direction=Direction.CALL,
    amount=Decimal(1),
    duration=60,
    minimum_payout=60,
    open_at=1735668739,  # 2024-12-31 18:12:19 UTC
)
PENDING_PRICE_ROW = (
    b'{"ticket":"8924b0f1-83a0-4050-937c-e8483af4f3f7","openType":1,"amount":10,"uid":10000001,"isDemo":1,'
    b'"symbol":"USDJPY_otc","openTime":"0000-00-00 00:00:00","openPrice":171.125,"timeframe":60,'
    b'"minPayout":0,"command":1,"dateCreated":"2024-12-31 20:10:24","id":1943328}'
)
PENDING_PRICE_ORDER = PendingOrder(
    ticket="8924b0f1-83a0-4050-937c-e8483af4f3f7",
    asset="USDJPY_otc",
    direction=Direction.PUT,
    amount=Decimal(10),
    duration=60,
    minimum_payout=0,
    open_price=171.125,
)
REFUSED_PENDING_ROW = (
    b'{"ticket":"a0523357-1c1e-4f7e-9a3c-0d6f1f4b7b55","openType":0,"amount":1,"symbol":"EURUSD_otc",'
    b'"openTime":"2024-12-31 20:12:19","openPrice":0,"timeframe":60,"minPayout":60,"command":0,'
    b'"uid":10000001,"isDemo":1}'
)

LATER_EVENTS = {
    "chafor": b'[["EURUSD_otc",96]]',  # protocol 1.7.11
    "updateCharts": b'[{"chartId":"1","settings":{}}]',  # 1.7.12
    "successindicator/load": b'{"list":[]}',
    "successfavorite/load": b'{"list":[],"favorites":[]}',
    "successprice-alert/load": b'{"list":[]}',
    "signals/load": b'{"signals":[["#AAPL",[[1,0],[2,0],[3,2]],181.05]]}',  # 1.7.13
    "signals/stats": b'[[1770856131,[["EURUSD_otc",180]]]]',
    "signals/update": b'[[1770856131,[["EURUSD_otc",180,2]]]]',
    "updateTime": b"1770856131",  # 1.7.14
    "updatePayouts": b"[]",
    "tradingReward": b"{}",
    "10NUMBER_DEALS_WITH_PROFIT": b"{}",
    "openSocialDeal": b"{}",
    "updateOpenedSocialDeals": b"[]",
    "updateClosedSocialDeals": b"[]",
    "successcopyOrder": b"{}",
    "failcopySignalOrder": b'{"error":"x"}',
    "successcloseExpress": b"{}",
    "updateOpenedExpresses": b"[]",
    "successdrawing/load": b"[]",
    "deleteDrawing": b"{}",
    "order-chart/load": b"{}",
    "price-alert/update": b"{}",
    "social/opened-deal-info": b"{}",
    "successdeals/rollover": b"{}",
    "ai-strategy-multi/update": b"{}",
    "successpending/created": b"{}",  # 1.7.10, names only
    "failpending/created": b"{}",
}
