"""What the interfaces of other clients have in common: a configuration of what they are given, and the
runtime that all clients of one account share."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Coroutine, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from loguru import logger

from actors.values import AccountKind
from actors.venues import venue
from actors.venues.base import Login
from runtime import AsyncRuntime, Config, load
from runtime.aio.threads import in_a_thread
from runtime.config.secrets import share_secrets

VENUE: Final = "pocketoption"
FILE_VARIABLE: Final = "TELLWIRE_COMPAT_CONFIG"
"""A configuration file whose settings count before those that a client is given, but for the session."""
PRACTICE_VARIABLE: Final = "TELLWIRE_COMPAT_PRACTICE"
"""Where it is set, and not to 0, every client uses the embedded practice exchange."""

POOL: Final = {"connections": 2, "workers": 0}
"""A script has no ``main`` that a worker process could leave out; its connections stay in its process."""

T = TypeVar("T")


def parse_session(text: str) -> Login:
    """The login in what a user pastes; raises ``LoginInvalid``, which is a ``ValueError``."""
    return venue(VENUE).parse_login(text)


def practises() -> bool:
    """Whether the environment asks for the practice exchange."""
    return os.environ.get(PRACTICE_VARIABLE, "0") not in {"", "0"}


def configuration(
    session: str,
    urls: Mapping[str, str],
    settings: Mapping[str, Mapping[str, object]] | None = None,
) -> Config:
    """The configuration for one account.

    ``urls`` are the addresses for the session's kind of account by their names, the first is tried first.
    ``settings`` are further sections, such as ``{"connection": {"open_timeout": 20}}``. What the file of
    ``FILE_VARIABLE`` sets counts before both. Raises ``LoginInvalid`` for the session and ``ConfigInvalid``,
    or pydantic's ``ValidationError``, for the rest.
    """
    login = parse_session(session)
    file = os.environ.get(FILE_VARIABLE, "")
    base = load(file) if file else Config()
    merged = {name: getattr(base, name) for name in base.model_fields_set}
    for name, fields in {"pool": POOL, **(settings or {})}.items():
        written = merged.get(name)
        over = {} if written is None else {key: getattr(written, key) for key in written.model_fields_set}
        merged[name] = {**fields, **over}
    account = {key: getattr(base.account, key) for key in base.account.model_fields_set}
    merged["account"] = {**account, "session": session}
    if not base.regions.of(login.account):
        entries = [{"name": name, "url": url} for name, url in urls.items()]
        merged["regions"] = {login.account.value: entries}
    config = Config.model_validate(merged, context=base.folder)
    share_secrets([base, config])
    return config


class _Lease(NamedTuple):
    runtime: AsyncRuntime
    holders: int


class _Leases:
    """The runtimes of one event loop, by account."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.by_account: dict[tuple[str, ...], _Lease] = {}


_LEASES: Final[dict[asyncio.AbstractEventLoop, _Leases]] = {}


async def lease(config: Config) -> AsyncRuntime:
    """A runtime that runs, for the account of ``config``; each call needs one ``release``.

    The clients of one account in one event loop share it, as it was configured for the first of them: two
    runtimes could not trade on one account. A session of a live account may trade, since these clients are
    told so by their callers. Raises what ``AsyncRuntime.start`` does.
    """
    await _end_abandoned()
    leases = _LEASES.setdefault(asyncio.get_running_loop(), _Leases())
    practice = practises()
    login = config.account.login
    key = ("practice",) if practice or login is None else (login.account.value, login.user)
    async with leases.lock:
        held = leases.by_account.get(key)
        if held is not None and held.runtime.runtime.failure is None:
            if held.runtime.config != config:
                logger.info("a client of this account runs already: its configuration counts for both")
            leases.by_account[key] = held._replace(holders=held.holders + 1)
            return held.runtime
        live = login is not None and login.account is AccountKind.LIVE
        runtime = AsyncRuntime(config, practice=practice or None, allow_live=live)
        await runtime.start()
        leases.by_account[key] = _Lease(runtime, 1)
        return runtime


async def _end_abandoned() -> None:
    """Stop the runtimes of loops that are closed, whose clients were never closed: they hold the journals of
    their accounts."""
    for loop in [loop for loop in list(_LEASES) if loop.is_closed()]:
        abandoned = _LEASES.pop(loop, None)  # another thread may be at it
        for lease in abandoned.by_account.values() if abandoned else ():
            logger.info("a client was not closed in an event loop that has ended: its runtime is stopped")
            await in_a_thread(lease.runtime.runtime.stop)


async def release(runtime: AsyncRuntime) -> None:
    """Give back what ``lease`` gave; the runtime stops with its last client."""
    leases = _LEASES.setdefault(asyncio.get_running_loop(), _Leases())
    async with leases.lock:
        for key, held in list(leases.by_account.items()):
            if held.runtime is runtime:
                if held.holders > 1:
                    leases.by_account[key] = held._replace(holders=held.holders - 1)
                    return
                del leases.by_account[key]
        await runtime.stop()  # also one that has failed, and was replaced by another


class LoopThread:
    """An event loop in a thread of its own, for clients that block."""

    def __init__(self, name: str) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def run(self, coroutine: Coroutine[Any, Any, T], timeout: float | None = None) -> T:
        """What ``coroutine`` returns or raises. Raises ``TimeoutError`` after ``timeout`` seconds; then, and
        on Ctrl-C, the coroutine is cancelled."""
        if self.is_here:
            coroutine.close()
            raise RuntimeError(
                "a client that blocks was called in its own event loop, which would wait for ever"
            )
        future = asyncio.run_coroutine_threadsafe(coroutine, self.loop)
        try:
            return future.result(timeout)
        except BaseException:
            future.cancel()
            raise

    @property
    def is_here(self) -> bool:
        """Whether the caller is in it."""
        return threading.current_thread() is self._thread

    def close(self) -> None:
        """End the loop, and what still runs in it; waits for that, but in the thread itself. Idempotent."""
        with contextlib.suppress(RuntimeError):  # the loop is closed
            self.loop.call_soon_threadsafe(self.loop.stop)
        if not self.is_here:
            self._thread.join()

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self.loop) as runner:
            runner.get_loop().run_forever()


class _SharedThread:
    """The one loop of all clients that block, as long as there are any: so those of one account share a
    runtime."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thread: LoopThread | None = None
        self._holders = 0

    def lease(self) -> LoopThread:
        with self._lock:
            if self._thread is None:
                self._thread = LoopThread("blocking clients")
            self._holders += 1
            return self._thread

    def release(self) -> None:
        with self._lock:
            self._holders -= 1
            if self._holders or self._thread is None:
                return
            thread, self._thread = self._thread, None
        thread.close()


_SHARED_THREAD: Final = _SharedThread()


def lease_thread() -> LoopThread:
    """The thread with the loop of all clients that block; each call needs one ``release_thread``."""
    return _SHARED_THREAD.lease()


def release_thread() -> None:
    """Give it back; it ends with its last client."""
    _SHARED_THREAD.release()
