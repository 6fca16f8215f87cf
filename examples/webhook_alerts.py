"""Send what a person should know to a webhook, without holding up anything."""

import json
import queue
import time
import urllib.request

from tellwire import ActorQuarantined, Event, OrderInDoubt, Runtime, StreamStale, Subscribe, TradingHalted

WEBHOOK = "http://127.0.0.1:9000/alerts"
SECONDS = 3600.0
TOPICS = ("order.unknown", "actor.quarantined", "stream.stale", "trading.halted")


def text(event: Event) -> str:
    match event:
        case OrderInDoubt(order=order, asset=asset, amount=amount):
            return f"order {order} is in doubt: {amount} on {asset}"
        case ActorQuarantined(name=name, reason=reason):
            return f"{name} was given up: {reason}"
        case StreamStale(asset=asset, silent_for=seconds):
            return f"{asset} is silent for {seconds:.0f} s"
        case TradingHalted(reason=reason):
            return f"orders are halted: {reason}"
        case _:
            return event.topic


def post(message: str) -> None:
    body = json.dumps({"text": message}).encode()
    request = urllib.request.Request(WEBHOOK, body, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10):
            print("sent:", message)
    except OSError as error:
        print("not sent:", message, error)


alerts: queue.Queue[Event] = queue.Queue()
ends = time.monotonic() + SECONDS
with Runtime.from_yaml("tellwire.yaml") as rt:
    for topic in TOPICS:
        rt.router.ask(Subscribe(topic, to=alerts.put), timeout=10)
    while (left := ends - time.monotonic()) > 0:
        try:
            post(text(alerts.get(timeout=left)))
        except queue.Empty:
            break
