"""Fills the gaps of streams with candles, and reports which parts it could not fill."""

from typing import Any

from actors.engine.actor import RuntimeActor
from actors.errors import RequestError
from actors.health.gaps import LOAD_TIMEOUT, Backfill, Loading
from actors.messages.candles import HistoryRequest
from actors.messages.events import StreamGap
from actors.messages.lifecycle import Tellable
from actors.messages.traffic import EventBatch, Failure, Response
from actors.values import Candle


class Backfiller(RuntimeActor):
    """Owns the gaps that are being filled.

    Receives ``StreamGap`` and the result of each load. Sends ``HistoryRequest`` to ``history_loader``, and
    to ``router`` the candles of a gap and, after them, ``StreamRecovered``.
    """

    def __init__(
        self, candles_per_request: int, *, router: Tellable, history_loader: Tellable, **kwargs: Any
    ) -> None:
        super().__init__("backfiller", **kwargs)
        self._backfill = Backfill(candles_per_request)
        self._router = router
        self._history_loader = history_loader

    def on_receive(self, message: Any) -> None:
        match message:
            case StreamGap():
                self._load(self._backfill.begin(message))
            case Response(request=load_id, value=list() as candles):
                self._finish(load_id, candles)
            case Failure(request=load_id):
                self._finish(load_id, message.exception)
            case _:
                self.unexpected(message)

    def _load(self, loading: Loading | None) -> None:
        if loading is not None:
            request = HistoryRequest(loading.id, loading.command, self.now() + LOAD_TIMEOUT, self.actor_ref)
            self._history_loader.tell(request)

    def _finish(self, load_id: int, outcome: list[Candle] | RequestError) -> None:
        events, next_loading = self._backfill.finish(load_id, outcome)
        self._router.tell(EventBatch(self.name, [*events]))
        self._load(next_loading)
