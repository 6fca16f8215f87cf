"""The console: commands for a running exchange, one per line."""

from actors.errors import RequestRefused
from runtime.practice.exchange import PracticeExchange
from runtime.practice.faults.table import FAULTS, explain, find_kind, read_line, usage

_OWN = {
    "calm [NAME] [region=TEXT] [asset=TEXT]": "Ends all faults, or those with this name, region or asset.",
    "status": "Lists the regions, their sockets, and the active faults.",
    "help [NAME]": "Explains every command and fault, or one fault.",
}
_PLACES = {"region", "asset"}


class Console:
    """Executes lines: a fault as the command line takes it, or ``calm``, ``status`` or ``help``."""

    def __init__(self, exchange: PracticeExchange) -> None:
        self._exchange = exchange

    def answer(self, line: str) -> str:
        """The answer of ``execute``, or its refusal as text."""
        try:
            return self.execute(line)
        except RequestRefused as error:
            return f"refused: {error}"

    def execute(self, line: str) -> str:
        """Execute ``line``; raises ``RequestRefused`` with a text that says what is allowed."""
        words, parameters = read_line(line)
        match words:
            case ["help"]:
                return _help()
            case ["help", name]:
                return _usage(name)
            case ["status"]:
                return self._status()
            case ["calm", *names]:
                return self._calm(names, parameters)
            case [name]:
                struck = self._exchange.fault(name, **parameters)
                return f"ok, {struck} sockets struck" if struck else "ok"
            case _:
                raise RequestRefused("a line has one name, then parameters: slow rate=1000")

    def _calm(self, names: list[str], place: dict[str, str]) -> str:
        if len(names) > 1 or not place.keys() <= _PLACES:
            raise RequestRefused("calm is followed by at most one name, region=TEXT and asset=TEXT")
        self._exchange.calm(*names, **place)
        return "ok"

    def _status(self) -> str:
        connected = [record.region for record in self._exchange.ledger.sockets() if record.closed_at is None]
        regions = [
            f"{region.name} {region.url}: {connected.count(region.name)} sockets"
            for region in self._exchange.regions
        ]
        return "\n".join([*regions, *(f"fault {fault}" for fault in self._exchange.faults())])


def _help() -> str:
    own = [f"{written}\n    {does}" for written, does in _OWN.items()]
    return "\n".join([*map(_usage, FAULTS), *own])


def _usage(name: str) -> str:
    kind = find_kind(name)
    return f"{usage(kind)}\n    {explain(kind)}"
