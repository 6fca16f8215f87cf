"""Which connections carry the stream of an asset, and so when ticks of it may be missing."""

from actors.messages.events import ConnectionDown, StreamConfirmed, StreamMoves, StreamReleased
from actors.values import Life


class Carriers:
    """The lives that carry each stream; ``apply`` says whose ticks may be missing from now on.

    A stream that a second connection carries before the first one releases it misses none: the router sees to
    that. One that is confirmed a second time on the same life was stale.
    """

    def __init__(self) -> None:
        self._lives: dict[str, dict[Life, int]] = {}

    def __repr__(self) -> str:
        return f"<Carriers: {len(self._lives)} streams>"

    def carry(self, asset: str) -> bool:
        """Whether the stream is confirmed."""
        return bool(self._lives.get(asset))

    def period(self, asset: str) -> int | None:
        """The period of the bars that the venue sends with the stream; ``None`` without a stream."""
        return next(reversed(self._lives.get(asset, {}).values()), None)

    def apply(self, event: ConnectionDown | StreamConfirmed | StreamReleased | StreamMoves) -> list[str]:
        """Take note; returns the assets whose ticks may be missing."""
        match event:
            case StreamConfirmed(asset=asset, period=period):
                lives = self._lives.setdefault(asset, {})
                interrupted = not lives or event.life in lives
                lives.pop(event.life, None)
                lives[event.life] = period
                return [asset] if interrupted else []
            case StreamMoves(asset=asset, cut=cut):
                return self._lose(asset, {event.life}) if cut else []
            case StreamReleased(asset=asset, connection=connection):
                gone = {life for life in self._lives.get(asset, ()) if life.connection == connection}
                return self._lose(asset, gone)
            case ConnectionDown():
                return [each for asset in list(self._lives) for each in self._lose(asset, {event.life})]

    def _lose(self, asset: str, gone: set[Life]) -> list[str]:
        lives = self._lives.get(asset, {})
        lost = gone & lives.keys()
        for life in lost:
            del lives[life]
        if lost and not lives:
            del self._lives[asset]
            return [asset]
        return []
