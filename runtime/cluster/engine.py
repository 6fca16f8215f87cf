"""What hosts do together, carried out by the engine. With ``connections.py`` all that knows the client.

Every call is one round trip with a time limit, and is never repeated by itself: a function that is executed a
second time could send an order twice.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import valkey

from actors.rates import Rate
from runtime.cluster.address import EngineAddress
from runtime.cluster.connections import SentinelReport, Sentinels, pool_of, reason_of
from runtime.cluster.facts import OLDEST_SERVER, EngineFacts, facts_of
from runtime.cluster.forms import COMMANDS, REPLIES, field_of, ms, place_of, seconds_of
from runtime.cluster.outcomes import Acquired, Confirmed, EngineAway, Fenced, OrderEntry, Refusal, Stored

LIBRARY: Final = "tellwire_1"
SOURCE: Final = Path(__file__).with_name("functions.lua")
PAGE: Final = 1_000

HOSTS: Final = "tw:hosts"
"""All that there are, and those that are gone and still remembered."""


class Engine:
    """Any thread may call it. Raises ``Fenced`` and ``EngineAway`` alone.

    ``duty`` names what hosts lease: an account or a feed. ``holder`` names one life of one host, without
    spaces. All times are seconds.
    """

    def __init__(self, address: EngineAddress, timeout: float) -> None:
        """``timeout`` is the longest time for a connection, for all sentinels together, and for an answer."""
        self._address = address
        self._timeout = timeout
        self._pool = pool_of(address, timeout)

    def __repr__(self) -> str:
        return f"<Engine {self._address}>"

    def close(self) -> None:
        self._pool.disconnect()

    def prepare(self) -> EngineFacts:
        """Look at the server, load the library, unless it is there, and remove those of older versions."""
        facts = facts_of(self._call("INFO"))
        if facts.is_too_old:  # it has no FUNCTION
            raise self._away(
                f"its version is {facts.version}, and {OLDEST_SERVER}.0 is the oldest that can be used"
            )
        self._load()
        self._remove_older()
        return facts

    def sentinels(self) -> list[SentinelReport]:
        """What each of its sentinels knows; none without sentinels."""
        return Sentinels(self._address, self._timeout).reports() if self._address.name else []

    def acquire(
        self, duty: str, holder: str, seconds: float, at_least: int = 0, *, replicas: int = 0
    ) -> Acquired:
        """Lease ``duty`` for ``seconds``, which count from before the call, and wait for so many
        ``replicas``. ``at_least`` is the greatest epoch that the caller knows of."""
        keys = _keys(duty, "lease", "epoch", "move")
        calls = [_function("acquire", keys, holder, ms(seconds), at_least)]
        (epoch, milliseconds, *rest), *found = self.execute(calls + self._wait_for(replicas))
        newest = int(rest[0]) if rest else int(epoch)
        return Acquired(int(epoch), max(0, milliseconds) / 1000, newest, *found)

    def renew(self, holder: str, epochs: Mapping[str, int], seconds: float) -> dict[str, bool]:
        """Extend the leases of all duties in ``epochs``, in one round trip; by duty, whether it is held."""
        held = self.execute(_renewals(holder, epochs, seconds))
        return {duty: bool(reply) for duty, reply in zip(epochs, held, strict=True)}

    def confirm(self, holder: str, epochs: Mapping[str, int], seconds: float, replicas: int) -> Confirmed:
        """Extend these leases, and wait for so many replicas to have those that are held."""
        *held, found = self.execute(_renewals(holder, epochs, seconds) + self._wait_for(replicas))
        return Confirmed({duty for duty, reply in zip(epochs, held, strict=True) if reply}, int(found))

    def release(self, holder: str, epochs: Mapping[str, int]) -> None:
        """End the leases of all duties in ``epochs``, where they are held."""
        self.execute([_function("release", _keys(duty, "lease"), holder, e) for duty, e in epochs.items()])

    def attend(self, host: str, life: str, seconds: float, *, first: bool = False) -> dict[str, str]:
        """Say that ``host`` is there for ``seconds``, in this ``life``; the lives of all hosts that are, by
        name. If it is the ``first`` time and another life of it is there, that one stays."""
        present = ["SET", f"tw:host:{host}", life, "PX", ms(seconds), *(["NX"] if first else [])]
        *_, names = self.execute([tuple(present), ("SADD", HOSTS, host), ("SMEMBERS", HOSTS)])
        hosts = sorted(name.decode() for name in names)
        lives = self._call("MGET", *(f"tw:host:{name}" for name in hosts))
        return {name: found.decode() for name, found in zip(hosts, lives, strict=True) if found is not None}

    def describe(self, host: str, life: str, settings: Mapping[str, str]) -> None:
        """Let others look up the ``settings`` of ``host`` in this ``life``."""
        name, fields = f"tw:host:{host}:settings", [text for pair in settings.items() for text in pair]
        self.execute([("DEL", name), ("HSET", name, "", life, *fields)])

    def described(self, host: str) -> tuple[str, dict[str, str]]:
        """The life in which ``host`` has described itself last, and its settings; ``""`` for never."""
        texts = [text.decode() for text in self._call("HGETALL", f"tw:host:{host}:settings")]
        life, *settings = texts[1::2] or [""]
        return life, dict(zip(texts[2::2], settings, strict=True))

    def leave(self, host: str) -> None:
        """``host`` is there no more."""
        self._call("DEL", f"tw:host:{host}", f"tw:host:{host}:settings")

    def intend(
        self,
        duty: str,
        epoch: int,
        number: int,
        orders: Sequence[OrderEntry],
        *,
        command: str = "",
        replicas: int = 0,
    ) -> Stored | Refusal:
        """Journal all of ``orders`` as they are now, or none. ``number`` grows with each call; a call whose
        number is not above the last one changes nothing. ``command`` is the entry that asked for an intent,
        ``""`` if none did. So many ``replicas`` have it when this returns; otherwise it is ``EngineAway``."""
        keys = _keys(duty, "epoch", "journal:number", "journal", "ids", "open", "halt", COMMANDS)
        fields = [field for order in orders for field in order]
        calls = [_function("intend", keys, epoch, number, command, *fields)]
        (kind, what), *confirmed = self.execute(calls + self._wait_for(replicas))
        if kind != b"stored":
            return Refusal(kind.decode(), what.decode())
        if confirmed and confirmed[0] < replicas:
            raise self._away(f"{confirmed[0]} of {replicas} replicas have confirmed an order")
        return Stored(what)

    def append(self, duty: str, epoch: int, number: int, stream: str, data: bytes, most: int) -> Stored:
        """Add an entry. ``number`` is that of the call, as in ``intend``; ``most`` bounds the length of the
        stream roughly."""
        keys = _keys(duty, "epoch", f"{stream}:number", stream)
        return Stored(self._function("append", keys, epoch, number, most, data))

    def answer(self, duty: str, epoch: int, command: str, words: bytes, *, asker: str) -> bool:
        """End ``command`` with ``words`` for ``asker``; whether it had no answer yet."""
        keys = _keys(duty, "epoch", COMMANDS, REPLIES.format(asker))
        return bool(self._function("answer", keys, epoch, command, words))

    def withdraw(self, duty: str, command: str, order: str) -> bool:
        """Whether ``command`` surely has no effect and never will; ``False``: its order was journaled."""
        return bool(self._function("withdraw", _keys(duty, COMMANDS, "ids"), command, order))

    def record_sends(self, duty: str, epoch: int, rates: Sequence[Rate], ages: Sequence[float]) -> None:
        """Add sends of so many seconds ago, the oldest first; those are kept that one of ``rates`` counts."""
        kept = max((rate.count for rate in rates), default=0)
        longest = max((rate.seconds for rate in rates), default=0.0)
        keys = _keys(duty, "sends", "epoch")
        self._function("record_sends", keys, epoch, kept, ms(longest), *map(ms, ages))

    def sends(self, duty: str) -> list[float]:
        """How many seconds ago those were that are kept, the oldest first; 0 where a clock was set back."""
        found, time = self.execute([("LRANGE", key(duty, "sends"), 0, -1), ("TIME",)])
        now = seconds_of(time)
        return [max(0.0, now - int(at) / 1000) for at in reversed(found)]

    def send(self, duty: str, words: bytes) -> str:
        """Put a command into the stream of those without an answer; its entry."""
        return str(self._call("XADD", key(duty, COMMANDS), "*", "v", "1", "d", words).decode())

    def time(self) -> float:
        """The engine's time (UTC)."""
        return seconds_of(self._call("TIME"))

    def newest_epoch(self, duty: str) -> int:
        """The epoch of the last one that got ``duty``; 0: it was never leased."""
        return int(self._call("GET", key(duty, "epoch")) or 0)

    def connect(self) -> Any:
        """A connection apart from the others, for ``ask_on`` and ``replies_on``: to wait for what comes."""
        connection: Any = self._pool.connection_class(**self._pool.connection_kwargs)
        with self._translated(asked=False):
            connection.connect()
        return connection

    def fileno_of(self, connection: Any) -> int:
        """For a selector."""
        return int(connection._sock.fileno())  # noqa: SLF001  # the client has no public one

    def ask_on(self, connection: Any, commands: Sequence[tuple[Any, ...]]) -> None:
        """Send ``commands`` on a ``connection`` that is the caller's alone."""
        with self._translated():
            connection.send_packed_command(connection.pack_commands(commands))

    def replies_on(self, connection: Any, count: int) -> list[Any]:
        """The answers to ``count`` commands on it; the first one has begun to come."""
        return self._without_errors(self._replies(connection, count))

    def more_on(self, connection: Any) -> bool:
        """Whether another answer has begun to come."""
        with self._translated():
            return bool(connection.can_read(timeout=0))

    def orders(self, duty: str, recent: float) -> list[bytes]:
        """The data of all orders that are not finished, and of all states that were journaled in the last
        ``recent`` seconds, oldest first: the last state of an order counts."""
        open_ids = [id.decode() for id in self._call("ZRANGE", key(duty, "open"), 0, -1)]
        unfinished = self._latest(duty, open_ids)
        found: dict[bytes, bytes] = dict(unfinished)
        start = f"{ms(self.time() - recent)}"
        while page := self._call("XRANGE", key(duty, "journal"), start, "+", "COUNT", PAGE):
            found.update((entry, field_of(fields, b"d")) for entry, fields in page)
            start = f"({page[-1][0].decode()}"
        return [data for _, data in sorted(found.items(), key=lambda each: place_of(each[0]))]

    def order(self, duty: str, id: str) -> bytes | None:
        """The data of the order's last state; ``None`` if it is not known, or was not sent."""
        return next((data for _, data in self._latest(duty, [id])), None)

    def known(self, duty: str, ids: Sequence[str]) -> set[str]:
        """Those of ``ids`` whose orders are in the journal, but for orders that were surely not sent."""
        if not ids:
            return set()
        entries = self._call("HMGET", key(duty, "ids"), *ids)
        return {id for id, entry in zip(ids, entries, strict=True) if entry is not None}

    def trim(self, duty: str, seconds: float) -> None:
        """Drop the states that are older than so many ``seconds`` and than all orders that are not finished;
        and the ids of the orders that had no later state."""
        oldest = self._call("ZRANGE", key(duty, "open"), 0, 0, "WITHSCORES")
        limit = min([ms(self.time() - seconds), *(int(score) for score in oldest[1:])])
        while page := self._call("XRANGE", key(duty, "journal"), "-", f"({limit}-0", "COUNT", PAGE):
            old = {field_of(fields, b"i"): entry for entry, fields in page}
            latest = self._call("HMGET", key(duty, "ids"), *old)
            ended = [id for id, entry in zip(old, latest, strict=True) if entry == old[id]]
            if ended:
                self._call("HDEL", key(duty, "ids"), *ended)
            self._call("XDEL", key(duty, "journal"), *(entry for entry, _ in page))

    def halted(self, duty: str) -> str | None:
        """Why no order of the account may be journaled; ``None`` if they may."""
        reason = self._call("GET", key(duty, "halt"))
        return None if reason is None else str(reason.decode())

    def halt(self, duty: str, reason: str) -> None:
        """No order is journaled from now on, whichever host owns the account."""
        self._call("SET", key(duty, "halt"), reason)

    def resume(self, duty: str) -> bool:
        """Whether there was a halt."""
        return bool(self._call("DEL", key(duty, "halt")))

    def execute(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        """The answers to ``commands``, in one round trip. If one is an error, that is raised."""
        if not commands:
            return []
        replies = self._exchange(commands)
        if any(_lacks_function(reply) for reply in replies):  # maybe not all: several are of leases alone
            self._load()
            replies = self._exchange(commands)
        return self._without_errors(replies)

    def _latest(self, duty: str, ids: Sequence[str]) -> list[tuple[bytes, bytes]]:
        if not ids:
            return []
        entries = [entry for entry in self._call("HMGET", key(duty, "ids"), *ids) if entry is not None]
        pages = self.execute([("XRANGE", key(duty, "journal"), entry, entry) for entry in entries])
        return [(entry, field_of(fields, b"d")) for page in pages for entry, fields in page]

    def _wait_for(self, replicas: int) -> list[tuple[Any, ...]]:
        return [("WAIT", replicas, math.ceil(self._timeout * 500))] if replicas else []

    def _function(self, name: str, keys: Sequence[str], *args: Any) -> Any:
        return self.execute([_function(name, keys, *args)])[0]

    def _call(self, *command: Any) -> Any:
        return self.execute([command])[0]

    def _without_errors(self, replies: list[Any]) -> list[Any]:
        for reply in replies:
            if isinstance(reply, valkey.ResponseError):
                raise self._cleaned(reply) from None
        return replies

    def _exchange(self, commands: Sequence[tuple[Any, ...]]) -> list[Any]:
        with self._translated(asked=False):
            connection: Any = self._pool.get_connection("")
        try:
            self.ask_on(connection, commands)
            return self._replies(connection, len(commands))
        except BaseException:
            connection.disconnect()
            raise
        finally:
            self._pool.release(connection)

    @contextmanager
    def _translated(self, *, asked: bool = True) -> Iterator[None]:
        try:
            yield
        except (valkey.ValkeyError, OSError) as error:
            # After a partition each socket of before would cost one more timeout; after a failover it would
            # reach a server that is the primary no more.
            self._pool.disconnect(inuse_connections=False)
            late = isinstance(error, valkey.TimeoutError)
            reason = f"it did not answer within {self._timeout:g} s" if late else reason_of(error)
            raise self._away(reason, asked=asked) from None

    def _replies(self, connection: Any, count: int) -> list[Any]:
        with self._translated():
            return [_reply(connection) for _ in range(count)]

    def _load(self) -> None:
        source = SOURCE.read_text(encoding="utf-8")
        replies = self._exchange([("FUNCTION", "LOAD", source)])
        if "already exists" not in str(replies[0]):
            if isinstance(replies[0], valkey.ResponseError):
                raise self._cleaned(replies[0]) from None
            return
        found = self._call("FUNCTION", "LIST", "LIBRARYNAME", LIBRARY, "WITHCODE")
        if loaded_source(found) != source:
            raise self._away(f"its library {LIBRARY} differs from that of this host: use one release on all")

    def _remove_older(self) -> None:
        """A host or a program that still needs one loads it again with its next call."""
        found = self._call("FUNCTION", "LIST", "LIBRARYNAME", "tellwire_*")
        older = [name for _, name, *_ in found if _is_older(name.decode())]
        if older:  # another host may do the same: its errors mean nothing
            self._exchange([("FUNCTION", "DELETE", name) for name in older])

    def _cleaned(self, error: valkey.ResponseError) -> Fenced | EngineAway:
        """Without what it quotes of the command. Only the first word of an error has a fixed meaning."""
        code, _, rest = str(error).partition(" ")
        if code == "FENCED":
            newest = rest if rest.isdigit() else "not known"
            return Fenced(f"another host owns it, or did: its newest epoch is {newest}")
        if isinstance(error, valkey.ReadOnlyError):
            self._pool.disconnect(inuse_connections=False)  # the next connection may be to the primary
            return self._away("it is a replica, which takes no writes")
        kind = code if re.fullmatch("[A-Z]+", code) else type(error).__name__
        return self._away(f"it answered {kind}")

    def _away(self, reason: str, *, asked: bool = True) -> EngineAway:
        return EngineAway(f"the engine {self._address} is away: {reason}", asked=asked)


def _function(name: str, keys: Sequence[str], *args: Any) -> tuple[Any, ...]:
    return ("FCALL", f"{LIBRARY}_{name}", len(keys), *keys, *args)


def _renewals(holder: str, epochs: Mapping[str, int], seconds: float) -> list[tuple[Any, ...]]:
    return [
        _function("renew", _keys(duty, "lease", "epoch"), holder, epoch, ms(seconds))
        for duty, epoch in epochs.items()
    ]


def key(duty: str, name: str) -> str:
    """That of one thing of a duty; those of one duty are on one server."""
    return f"tw:{{{duty}}}:{name}"


def _keys(duty: str, *names: str) -> list[str]:
    return [key(duty, name) for name in names]


def loaded_source(found: Sequence[Sequence[Any]]) -> str | None:
    """That of our library in a list of libraries with code, of which the server lists names of another case
    too; ``None``: it is not there."""
    return next((code.decode() for _, name, *_, code in found if name.decode() == LIBRARY), None)


def _is_older(library: str) -> bool:
    """Whether it is an older version of ours; a library with a name of another form is not ours."""
    version = re.fullmatch("tellwire_([0-9]+)", library)
    return version is not None and int(version[1]) < int(LIBRARY.removeprefix("tellwire_"))


def _reply(connection: Any) -> Any:
    """An error of one command is an answer: those to the others follow."""
    try:
        return connection.read_response()
    except valkey.ResponseError as error:
        return error


def _lacks_function(reply: Any) -> bool:
    return isinstance(reply, valkey.ResponseError) and "Function not found" in str(reply)
