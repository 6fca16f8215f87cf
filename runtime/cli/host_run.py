"""One run of the command line with several accounts, from the first line of output to the last."""

import functools
import os
import sys
import time
from typing import Any

from loguru import logger

from actors.errors import AuthRejected, ConfigInvalid
from actors.messages.commands import Subscribe
from runtime import logs
from runtime.cli.output.counters import Counters
from runtime.cli.output.host_output import HostJson, HostLog, HostOutput, HostTable
from runtime.cli.output.table import can_draw
from runtime.cli.run import UNHEARD, NothingUp, RunOptions, last_events_shown
from runtime.cli.run_log import RunLog
from runtime.cli.service import Service
from runtime.cli.sighup import on_hangup
from runtime.cli.stop_reasons import StopReason, StopReasons
from runtime.cli.write_failures import WriteFailures
from runtime.config import Config
from runtime.host import Host
from runtime.runtime import Runtime


class HostRun:
    """A host with an output, a log and a reason to stop. Raises ``ConfigInvalid`` as ``Host`` does."""

    def __init__(self, config: Config, options: RunOptions) -> None:
        self._config = config
        self._options = options
        self._stop_reasons = StopReasons(self._restore)
        self._write_failures = WriteFailures(self._stop_reasons)
        self._counters: dict[str, Counters] = {}
        self._host = Host(
            config,
            practice=options.practice,
            allow_live=options.allow_live,
            stop_asked=lambda: self._stop_reasons.announce(StopReason.OPERATOR),
            on_config=self._on_config,
            on_start=self._on_start,
        )
        self._form = logs.as_json if config.log.json_lines else logs.plain
        self._output: HostOutput = self._make_output()
        self._failure: Exception | None = None
        self._service = Service(os.environ)
        self._log = RunLog(config, self._output.write_log)

    def go(self) -> Exception | None:
        """Run until there is a reason to stop; the first failure of an account in the order of the file that
        is not over by then, ``OutputFailed`` or ``NothingUp``, if there was one. Call it once."""
        began = time.monotonic()
        with self._stop_reasons, self._log, on_hangup(self._on_hangup):
            if practising := self._practising():
                logger.log(logs.PRACTICE, "{}", practising)
            try:
                self._host.start()
                if self._host.wait(0) and not self._host.runtimes:  # none could start
                    return next(iter(self._host.failures.values()))
                self._service.start_all(self._host.statuses)
                reason = self._show(began)
            except ConfigInvalid:
                raise
            except Exception as error:  # noqa: BLE001  # our log hides secrets, a traceback on stderr does not
                logger.opt(exception=error).critical("an unexpected error: report this with the log")
                return error
            finally:
                self._stop()
            if reason not in UNHEARD and last_events_shown():
                self._summarise(time.monotonic() - began)
        return self._failure or self._write_failures.error

    def _show(self, began: float) -> StopReason:
        duration = self._options.duration
        self._stop_reasons.watch(self._host.wait)
        try:
            self._output.open()
            reason = self._stop_reasons.wait(
                self._output.interval, self._output.refresh, None if duration is None else began + duration
            )
        finally:
            self._output.close()
        logger.info("stopping, because {}", reason.value)
        self._judge(reason)
        return reason

    def _judge(self, reason: StopReason) -> None:
        """What the exit code says at the end: an account that could not go on, whatever the others did."""
        failures = self._host.failures
        self._failure = next((failures[name] for name in self._host.config.duties if name in failures), None)
        for name, error in failures.items():
            if isinstance(error, AuthRejected):
                profile = self._host.config.duties[name].account.profile
                logger.error("{}: put {} into its session", name, profile.session_hint)
        if reason is not StopReason.DURATION or self._failure is not None:
            return
        if (hindrance := self._host.hindrance) and not self._host.runtimes:
            self._failure = NothingUp(f"no account is on this host at the end of the run: {hindrance}")
            logger.error("{}; `tellwire doctor FILE` looks at the engine", self._failure)
        else:
            down = [state.name for state in self._host.states() if state.state == "connecting"]
            if down:
                self._failure = NothingUp(f"no connection of {', '.join(down)} is up at the end of the run")
                logger.error("{}; `tellwire doctor FILE` shows which step fails", self._failure)

    def _stop(self) -> None:
        self._service.stop()
        limit = self._config.supervision.drain_timeout
        logger.info("closing the connections within {:g} s; a second Ctrl-C ends at once", limit)
        began = time.monotonic()
        self._host.stop()
        logger.info("all accounts have stopped after {:.2f} s", time.monotonic() - began)

    def _summarise(self, duration: float) -> None:
        try:
            for name, counters in self._counters.items():
                self._output.summarise(name, counters.summary(duration))
        except OSError as error:  # such as a full disk: how the run ended must still show
            logger.error("the summary could not be written: {}; see where standard output goes", error)

    def _on_config(self, config: Config) -> None:
        self._log.hide(config)
        if config.log.level != self._host.config.log.level:
            self._log.set_level(config.log.level)

    def _on_start(self, name: str, runtime: Runtime) -> None:
        self._counters.setdefault(name, Counters(stream.asset for stream in runtime.config.streams))
        self._output.begin(name, runtime.router)
        runtime.router.tell(Subscribe("", to=functools.partial(self._on_events, name), batch=True))

    def _on_events(self, name: str, events: list[Any]) -> None:
        self._counters[name].count(events)
        self._output.show(name, events)

    def _on_hangup(self) -> None:
        if not self._service.reload(self._host.reload):
            self._host.reload_soon()
        self._log.renew()

    def _restore(self) -> None:
        self._output.restore()

    def _make_output(self) -> HostOutput:
        to_stderr = logs.to_stderr(self._form)
        match self._options.output:
            case "json":
                return HostJson(sys.stdout.fileno(), to_stderr, self._write_failures)
            case "table" if can_draw():
                return HostTable(
                    self._host.states,
                    str(self._config.file or "FILE"),
                    self._write_failures,
                    lambda: self._stop_reasons.announce(StopReason.OPERATOR),
                )
            case _:
                return HostLog(to_stderr)

    def _practising(self) -> str:
        duties = self._config.duties.items()
        names = [name for name, each in duties if self._options.practice or each.account.login is None]
        if not names:
            return ""
        some = f" of {', '.join(names)}" if len(names) < len(duties) else ""
        reason = "because of --practice" if self._options.practice else "since the session is empty"
        text = "the practice exchange invents the quotes on this machine"
        return f"NOTHING HERE{some} IS REAL: {text}, {reason}"
