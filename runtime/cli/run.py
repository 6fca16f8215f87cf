"""One run of the command line, from the first line of output to the last."""

import contextlib
import sys
import time
from pathlib import Path
from typing import Any

import pykka
from loguru import logger
from msgspec import Struct

from actors.errors import AuthRejected, JournalInUse
from actors.messages.commands import Subscribe
from actors.messages.events import ConfigReloaded
from actors.routing.subscriber import Subscriber
from runtime import logs
from runtime.cli.dashboard import RunInfo
from runtime.cli.output.base import Output
from runtime.cli.output.counters import Counters
from runtime.cli.output.event_log import PlainLog
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.stdout import Terminal
from runtime.cli.output.table import FAREWELL, LiveTable
from runtime.cli.sighup import on_hangup
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.config import Config
from runtime.logs.log_file import LogFile
from runtime.runtime import Runtime

LAST_EVENTS_TIMEOUT = 2.0
"""Seconds that whoever reads the output may take for what is left at the end."""


class RunOptions(Struct, frozen=True):
    """What is asked of a run: ``output`` is table, log or json; ``duration`` in seconds, ``None`` for ever;
    ``practice`` as :class:`Runtime` takes it."""

    output: str
    duration: float | None = None
    practice: bool | None = None


class Run:
    """Raises ``ConfigInvalid`` where no run can come of it; ``go`` once."""

    def __init__(self, config: Config, wishes: RunOptions) -> None:
        self._config = config
        self._wishes = wishes
        self._runtime = Runtime(
            config, practice=wishes.practice, stop_asked=lambda: self._endings.announce(StopReason.OPERATOR)
        )
        self._session = None if wishes.practice else config.account.login
        self._tally = Counters(stream.asset for stream in config.streams)
        self._endings = StopReasons(FAREWELL if wishes.output == "table" else b"")
        self._form = logs.as_json if config.log.json_lines else logs.plain
        self._output = self._make_output()
        self._log: logs.Log

    def go(self) -> Exception | None:
        """Run until something ends it; answers with the failure that did."""
        began = time.monotonic()
        with self._endings, self._open_log(), on_hangup(self._runtime.reload_soon):
            if self._session is None:
                logger.log(logs.PRACTICE, "{}", self._practice_line())
            try:
                self._runtime.start()
                ending = self._show(began)
            except JournalInUse as error:
                logger.error("{}", error)
                return error
            except Exception as error:  # noqa: BLE001  # our log hides secrets, the interpreter's last words do not
                logger.opt(exception=error).critical("this was not foreseen")
                return self._runtime.failure or error  # a refused session, whatever else went wrong
            finally:
                self._stop()
            if ending is not StopReason.READER_GONE and _last_events_shown():
                self._summarise(time.monotonic() - began)
        return self._runtime.failure

    def _show(self, began: float) -> StopReason:
        duration = self._wishes.duration
        self._runtime.router.tell(Subscribe("", to=self._take, batch=True))
        self._endings.watch(self._runtime.wait)
        try:
            self._output.open(self._runtime.router)
            ending = self._endings.wait(
                self._output.interval, self._output.refresh, None if duration is None else began + duration
            )
        finally:
            self._output.close()
        logger.info("stopping, because {}", ending.value)
        return ending

    def _take(self, events: list[Any]) -> None:
        if any(isinstance(event, ConfigReloaded) for event in events):
            self._log.set_level(self._runtime.config.log.level)
        self._tally.count(events)
        self._output.show(events)

    def _stop(self) -> None:
        match self._runtime.failure:
            case AuthRejected() as error:
                profile = self._config.account.profile
                logger.error("{}; put {} into {}", error, profile.session_hint, profile.session_variable)
            case Exception() as error:
                logger.error("nothing can mend this: {}", error)
        limit = self._config.supervision.drain_timeout
        logger.info("closing the connections, for {:g} s at most; a second Ctrl-C ends at once", limit)
        began = time.monotonic()
        self._runtime.stop()
        logger.info("the runtime has stopped after {:.2f} s", time.monotonic() - began)

    def _summarise(self, duration: float) -> None:
        try:
            self._output.summarise(self._tally.summary(duration))
        except OSError as error:  # a full disk, say: no reason to hide how the run ended
            logger.error("the summary could not be written: {}", error)

    def _open_log(self) -> contextlib.ExitStack:
        log, writes = self._config.log, [self._output.write_log]
        with contextlib.ExitStack() as opened:
            if log.file:
                file = LogFile(
                    Path(log.file).expanduser(),
                    self._form,
                    rotation=log.rotation,
                    retention=log.retention,
                    complain=self._output.write_log,
                )
                writes.append(opened.enter_context(file))
            secrets = secrets_of(self._config)
            self._log = logs.Log(log.level, *writes, secrets=secrets, repeat_limit=log.repeat_limit)
            opened.enter_context(self._log)
            return opened.pop_all()

    def _make_output(self) -> Output:
        to_stderr = logs.to_stderr(self._form)
        match self._wishes.output:
            case "json":
                return JsonLines(sys.stdout.fileno(), to_stderr, self._reader_gone)
            case "log":
                return PlainLog(to_stderr)
            case _:
                return LiveTable(Terminal(self._reader_gone), self._facts(), self._tally)

    def _reader_gone(self, error: OSError) -> None:
        # Who closes a pipe wants no more. A terminal closes when a line drops: that must cost no stream.
        if isinstance(error, BrokenPipeError):
            self._endings.announce(StopReason.READER_GONE)

    def _facts(self) -> RunInfo:
        if self._session is None:
            return RunInfo("PRACTICE EXCHANGE: invented quotes", "practice")
        return RunInfo(self._config.account.profile.title, self._session.account.value)

    def _practice_line(self) -> str:
        absence = f"since account.session {self._config.account.absence}"
        reason = "as asked" if self._wishes.practice else absence
        return f"NOTHING HERE IS REAL: the practice exchange invents the quotes on this machine, {reason}"


def secrets_of(config: Config) -> set[str]:
    """What must not be seen in a log, whole or in part."""
    account, headers = config.account, config.connection.custom_headers
    session = account.login
    sessions = [] if session is None else [account.session.get_secret_value(), session.secret.value]
    return logs.secrets_in(sessions, headers.values())


def _last_events_shown() -> bool:
    """Wait until what was delivered to our handler is shown; ``False`` if the reader does not read it."""
    end = time.monotonic() + LAST_EVENTS_TIMEOUT
    readers = pykka.ActorRegistry.get_by_class(Subscriber)
    return all(reader.actor_stopped.wait(max(0.0, end - time.monotonic())) for reader in readers)
