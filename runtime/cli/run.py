"""One run of the command line, from the first line of output to the last."""

import os
import sys
import time
from typing import Any, Final

import pykka
from loguru import logger
from msgspec import Struct

from actors.errors import AuthRejected, ConfigInvalid, JournalInUse
from actors.messages.commands import Subscribe
from actors.messages.events import ConfigReloaded
from actors.routing.subscriber import Subscriber
from runtime import logs
from runtime.cli.output.base import Output, fetch_status
from runtime.cli.output.counters import Counters
from runtime.cli.output.event_log import PlainLog
from runtime.cli.output.json_lines import JsonLines
from runtime.cli.output.snapshot import RunInfo
from runtime.cli.run_log import RunLog
from runtime.cli.service import Service
from runtime.cli.sighup import on_hangup
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.cli.write_failures import WriteFailures
from runtime.config import Config
from runtime.runtime import Runtime

LAST_EVENTS_TIMEOUT = 2.0
"""Seconds that a reader of the output may take for the events that are left at the end."""

UNHEARD: Final = frozenset({StopReason.READER_GONE, StopReason.UNWRITTEN})
"""The reasons after which nothing is written to standard output."""


class NothingUp(Exception):
    """The time of a run was up, and no connection to the venue was, or to the engine of a cluster."""


class RunOptions(Struct, frozen=True):
    """``output`` is table, log or json; ``duration`` is in seconds, ``None`` for no end; ``practice`` and
    ``allow_live`` are :class:`Runtime`'s."""

    output: str
    duration: float | None = None
    practice: bool | None = None
    allow_live: bool = False


class Run:
    """A runtime with an output, a log and a reason to stop. Raises ``ConfigInvalid`` as ``Runtime`` does."""

    def __init__(self, config: Config, options: RunOptions) -> None:
        self._config = config
        self._options = options
        self._stop_reasons = StopReasons(self._restore)
        self._write_failures = WriteFailures(self._stop_reasons)
        self._runtime = Runtime(
            config,
            practice=options.practice,
            allow_live=options.allow_live,
            stop_asked=lambda: self._stop_reasons.announce(StopReason.OPERATOR),
        )
        self._login = None if options.practice else config.account.login
        self._counters = Counters(stream.asset for stream in config.streams)
        self._form = logs.as_json if config.log.json_lines else logs.plain
        self._output = self._make_output()
        self._outage: NothingUp | None = None
        self._service = Service(os.environ)
        self._log = RunLog(config, self._output.write_log)

    def go(self) -> Exception | None:
        """Run until there is a reason to stop; the failure of the runtime, ``OutputFailed`` or ``NothingUp``,
        if there was one. Call it once."""
        began = time.monotonic()
        with self._stop_reasons, self._log, on_hangup(self._on_hangup):
            if self._options.output == "table" and isinstance(self._output, PlainLog):
                logger.info("standard output is no terminal that a table can be drawn on: this is the log")
            try:
                self._runtime.start()
            except JournalInUse as error:
                logger.error("{}", error)
                return error
            except ConfigInvalid:
                raise
            except Exception as error:  # noqa: BLE001  # as below
                return self._failed(error)
            if self._login is None:
                logger.log(logs.PRACTICE, "{}", self._practice_line())
            self._service.start(self._runtime.router)
            try:
                reason = self._show(began)
            except Exception as error:  # noqa: BLE001  # our log hides secrets, a traceback on stderr does not
                return self._failed(error)
            finally:
                self._stop()
            if reason not in UNHEARD and last_events_shown():
                self._summarise(time.monotonic() - began)
        return self._runtime.failure or self._write_failures.error or self._outage

    def _failed(self, error: Exception) -> Exception:
        logger.opt(exception=error).critical("an unexpected error: report this with the log")
        return self._runtime.failure or error  # a refused login counts, whatever followed from it

    def _restore(self) -> None:
        self._output.restore()

    def _on_hangup(self) -> None:
        if not self._service.reload(self._runtime.reload):
            self._runtime.reload_soon()
        self._log.renew()

    def _show(self, began: float) -> StopReason:
        duration = self._options.duration
        self._runtime.router.tell(Subscribe("", to=self._on_events, batch=True))
        self._stop_reasons.watch(self._runtime.wait)
        try:
            self._output.open(self._runtime.router)
            reason = self._stop_reasons.wait(
                self._output.interval, self._output.refresh, None if duration is None else began + duration
            )
        finally:
            self._output.close()
        logger.info("stopping, because {}", reason.value)
        if reason is StopReason.DURATION:
            self._look_for_outage()
        return reason

    def _look_for_outage(self) -> None:
        """A run in which no connection ever was up has failed too, even if it was shorter than
        ``health.outage_after``."""
        if (status := fetch_status(self._runtime.router)) is None:
            return
        states = {each.child.state for each in status.connections} - {"stopped", "closing"}
        was_up = any(region.successes for region in status.regions)
        if states and "up" not in states and (status.outage is not None or not was_up):
            self._outage = NothingUp("no connection to the venue is up at the end of the run")
            logger.error("{}; `tellwire doctor FILE` shows which step fails", self._outage)

    def _on_events(self, events: list[Any]) -> None:
        if any(isinstance(event, ConfigReloaded) for event in events):
            self._log.set_level(self._runtime.config.log.level)
        self._counters.count(events)
        self._output.show(events)

    def _stop(self) -> None:
        self._service.stop()
        if isinstance(self._runtime.failure, AuthRejected):
            profile = self._config.account.profile
            logger.error("put {} into {}", profile.session_hint, profile.session_variable)
        limit = self._config.supervision.drain_timeout
        logger.info("closing the connections within {:g} s; a second Ctrl-C ends at once", limit)
        began = time.monotonic()
        self._runtime.stop()
        logger.info("the runtime has stopped after {:.2f} s", time.monotonic() - began)

    def _summarise(self, duration: float) -> None:
        try:
            self._output.summarise(self._counters.summary(duration))
        except OSError as error:  # such as a full disk: how the run ended must still show
            logger.error("the summary could not be written: {}; see where standard output goes", error)

    def _make_output(self) -> Output:
        to_stderr = logs.to_stderr(self._form)
        match self._options.output:
            case "json":
                return JsonLines(sys.stdout.fileno(), to_stderr, self._write_failures)
            case "table":
                from runtime.cli.output.table import LiveTable, can_draw  # noqa: PLC0415  # loads rich

                if can_draw():
                    return LiveTable(
                        self._run_info(),
                        self._counters,
                        self._write_failures,
                        lambda: self._stop_reasons.announce(StopReason.OPERATOR),
                    )
        return PlainLog(to_stderr)

    def _run_info(self) -> RunInfo:
        target = str(self._config.file or "FILE")
        if self._login is None:
            return RunInfo("PRACTICE EXCHANGE: invented quotes", "practice", target)
        return RunInfo(self._config.account.profile.title, self._login.account.value, target)

    def _practice_line(self) -> str:
        absence = f"since account.session {self._config.account.absence}"
        reason = "because of --practice" if self._options.practice else absence
        return f"NOTHING HERE IS REAL: the practice exchange invents the quotes on this machine, {reason}"


def last_events_shown() -> bool:
    """Wait until the output has shown every event delivered to it; ``False`` if its reader does not read."""
    end = time.monotonic() + LAST_EVENTS_TIMEOUT
    readers = pykka.ActorRegistry.get_by_class(Subscriber)
    return all(reader.actor_stopped.wait(max(0.0, end - time.monotonic())) for reader in readers)
