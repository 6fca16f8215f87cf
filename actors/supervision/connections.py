"""The connections of a runtime: what to do about each, decided from its events."""

import difflib
import itertools
import math

from msgspec import structs

from actors.errors import AuthRejected, RequestRefused, TransportError
from actors.messages.events import ConnectionDown, ConnectionReport, ConnectionSuspect, ConnectionUp
from actors.messages.outbound import ConnectionPlaced
from actors.messages.status import ChildStatus, RegionStatus
from actors.messages.supervision import CONNECT_AGAIN
from actors.messages.workers import StartConnection, StopConnection, WorkerHandle
from actors.supervision.children import ChildState, ConnectionChild, Plan
from actors.supervision.dial_gate import DialGate
from actors.supervision.effects import (
    Announce,
    Escalate,
    Later,
    ProbeRegions,
    Retry,
    SupervisionEffect,
    TellPool,
    TellWorker,
)
from actors.supervision.latest_login import LatestLogin
from actors.supervision.login_refusals import LoginRefusals
from actors.supervision.messages import (
    BackoffElapsed,
    DialTurn,
    LoginLasted,
    RegionsProbed,
    StablePeriodElapsed,
)
from actors.supervision.regions import DialSettings, Regions
from actors.values import Region

LASTING = 1.0
"""Seconds after which a login shows that the venue keeps what it accepts."""


class Connections:
    """All connections of one plan, by name. Each method takes an event and returns its effects."""

    def __init__(self, plan: Plan) -> None:
        self._settings = plan.settings
        self._probes = plan.probes
        self._regions = Regions(plan.dialing.regions)
        self._gate = DialGate(plan.dialing.connects)
        self._dial_turn_at = math.inf
        self._latest_login = LatestLogin()
        self._refusals = LoginRefusals(plan.refusal_delay, plan.login_attempts)
        self._handles: dict[str, WorkerHandle] = {}
        self._lost_workers: set[str] = set()
        self._disconnected: dict[str, None] | None = None  # those to open again; ``None``: not disconnected
        self._children = {
            name: ConnectionChild(name, plan, worker)
            for name, worker in zip(plan.connections, itertools.cycle(plan.workers), strict=False)
        }
        for name in plan.connections[: plan.kept]:
            self._children[name].state = ChildState.STRANDED

    # -- workers ---------------------------------------------------------------------------------------

    def on_worker_up(self, worker: str, handle: WorkerHandle, now: float) -> list[SupervisionEffect]:
        """A worker has started: the connections that waited for it start."""
        self._handles[worker] = handle
        self._lost_workers.discard(worker)
        children = self._children_in(worker)
        effects: list[SupervisionEffect] = [
            TellPool(ConnectionPlaced(child.name, handle)) for child in children
        ]
        for child in children:
            if child.state is ChildState.STRANDED:
                effects += self._queue(child, now)
        return effects

    def on_worker_lost(self, worker: str, reason: str, final: Exception | None) -> list[SupervisionEffect]:
        """A worker has ended, and its connections with it; with ``final`` it will not come back."""
        self._handles.pop(worker, None)
        effects: list[SupervisionEffect] = []
        for child in self._children_in(worker):
            if child.alive:
                effects.append(Announce(child.down_event(reason)))
                child.restarts += child.state is not ChildState.CLOSING
                child.last_error = reason
            if child.state is ChildState.CLOSING:
                child.state = ChildState.STOPPED
            elif child.state not in {ChildState.STOPPED, ChildState.QUARANTINED}:
                child.state = ChildState.STRANDED
        if final is not None:
            self._lost_workers.add(worker)
            effects += [TellPool(ConnectionPlaced(child.name, None)) for child in self._children_in(worker)]
            effects += self._escalation(final)
        return effects

    # -- requests --------------------------------------------------------------------------------------

    def open(self, name: str, now: float) -> list[SupervisionEffect]:
        """Start it and keep it alive; no effect if it is alive or in quarantine. While all are disconnected
        it starts with ``connect``."""
        child = self._children[name]
        if self._disconnected is not None:
            self._disconnected[name] = None
            return []
        match child.state:
            case ChildState.STOPPED:
                return self._launch(child, now)
            case ChildState.CLOSING:
                child.state = ChildState.RESTARTING
        return []

    def close(self, name: str) -> list[SupervisionEffect]:
        """End it and keep it closed."""
        if self._disconnected is not None:
            self._disconnected.pop(name, None)
        return self._end(self._children[name])

    def disconnect(self) -> list[SupervisionEffect]:
        """End all connections, and start none before ``connect``. One in quarantine stays there."""
        ending = [child for child in self.wanted() if child.state is not ChildState.QUARANTINED]
        if self._disconnected is None:
            self._disconnected = {}
        self._disconnected |= dict.fromkeys(child.name for child in ending)
        return [effect for child in ending for effect in self._end(child)]

    def connect(self, now: float) -> list[SupervisionEffect]:
        """Start those that ``disconnect`` has ended, and those that were opened since."""
        names, self._disconnected = self._disconnected or {}, None
        return [effect for name in names for effect in self.open(name, now)]

    def _end(self, child: ConnectionChild) -> list[SupervisionEffect]:
        match child.state:
            case ChildState.WAITING | ChildState.STRANDED:
                child.state = ChildState.STOPPED
            case ChildState.STARTING | ChildState.UP:
                child.state = ChildState.CLOSING
                return [self._stop(child)]
            case ChildState.RESTARTING:
                child.state = ChildState.CLOSING
        return []

    def restart(self, name: str, now: float) -> list[SupervisionEffect]:
        """Begin a new life, as requested by a user; raises ``RequestRefused`` if that is not possible."""
        child = self._children.get(name)
        if child is None:
            raise RequestRefused(f"no connection or worker is called {name!r}{self._nearest(name)}")
        if child.worker in self._lost_workers:
            raise RequestRefused(f"{name} runs in {child.worker}, which was given up: restart that")
        if self._disconnected is not None:
            raise RequestRefused(f"all connections are disconnected, {name} too: {CONNECT_AGAIN}")
        match child.state:
            case ChildState.STOPPED | ChildState.CLOSING:
                raise RequestRefused(f"{name} is not wanted open")
            case ChildState.STARTING | ChildState.UP:
                return [self._renew(child)]
            case ChildState.WAITING | ChildState.QUARANTINED:
                self._refusals.reset()
                return self._launch(child, now)
        return []

    def _nearest(self, name: str) -> str:
        known = dict.fromkeys([*self._children, *(child.worker for child in self._children.values())])
        near = difflib.get_close_matches(name, known, 1)
        return (
            f" (did you mean {near[0]}?)"
            if near
            else f" (there are: {', '.join(itertools.islice(known, 8))})"
        )

    def drain(self) -> None:
        """Start no connection any more; the workers end those that are alive."""
        for child in self._children.values():
            child.state = ChildState.CLOSING if child.alive else ChildState.STOPPED

    def alive(self) -> bool:
        """Whether any connection is alive."""
        return any(child.alive for child in self._children.values())

    # -- events ----------------------------------------------------------------------------------------

    def on_backoff_elapsed(self, timer: BackoffElapsed, now: float) -> list[SupervisionEffect]:
        child = self._children[timer.name]
        return self._queue(child, now) if child.awaits(timer) else []

    def probe(self, now: float) -> list[SupervisionEffect]:
        """Measure regions before a connection needs them. The venue counts a probe as an attempt to connect,
        so it passes the dial gate, after every connection that waits there."""
        regions: list[Region] = []
        for region in self._regions.undecided(now)[: self._probes]:
            if self._gate.first or self._gate.wait(now):
                break
            self._gate.passed(region.name, now)
            regions.append(region)
        return [ProbeRegions(regions)] if regions else []

    def on_probed(self, probed: RegionsProbed, now: float) -> None:
        self._regions.probed(probed, now)

    def on_dial_turn(self, now: float) -> list[SupervisionEffect]:
        if now >= self._dial_turn_at:
            self._dial_turn_at = math.inf
        return self._admit(now)

    def on_stable_period(self, timer: StablePeriodElapsed) -> None:
        self._children[timer.name].on_stable_period(timer)

    def on_up(self, up: ConnectionUp, now: float) -> list[SupervisionEffect]:
        """It has logged in; the others need not wait for their backoff either."""
        child = self._children[up.connection]
        if up.life != child.life:
            return []
        child.was_ready = True
        if child.state is not ChildState.STARTING:
            return []
        self._regions.worked(child.region)
        self._refusals.accepted(now)
        self._latest_login.on_up(child, now)
        lasting = Later(LASTING, LoginLasted(*child.life))
        return [*child.on_up(), lasting, *self._hasten_all(now)]

    def on_login_lasted(self, timer: LoginLasted, now: float) -> list[SupervisionEffect]:
        """Those that were not hastened by its login, since that was so too often, are now."""
        child = self._children[timer.name]
        if child.epoch != timer.epoch or child.state is not ChildState.UP:
            return []
        self._refusals.accepted(now)
        return self._hasten_all(now, lasting=True)

    def on_report(self, report: ConnectionReport) -> None:
        """Each round trip counts once: a connection reports every second but measures more rarely."""
        child = self._children[report.connection]
        if report.life != child.life or report.round_trip is None or report.round_trip == child.round_trip:
            return
        child.round_trip = report.round_trip
        self._regions.measured(child.region, report.round_trip)

    def on_down(self, down: ConnectionDown, now: float) -> list[SupervisionEffect]:
        child = self._children[down.connection]
        if down.life != child.life or not child.alive:
            return []
        if down.retry_after is not None:
            self._regions.block(child.region, now + down.retry_after)
        match child.state:
            case ChildState.CLOSING:
                child.state = ChildState.STOPPED
                return []
            case ChildState.RESTARTING:
                return self._queue(child, now)
        if not down.was_ready:
            self._regions.failed(child.region, down.reason)
        elif child.losses:
            self._regions.shun(child.region)  # it accepts logins and then drops the connection, repeatedly
        child.losses += down.was_ready
        return self._on_failure(child, down, now)

    def on_suspect(self, suspect: ConnectionSuspect, now: float) -> list[SupervisionEffect]:
        """It is up and does not work: stop it and start a new life in another region."""
        child = self._children[suspect.connection]
        if suspect.life != child.life or child.state is not ChildState.UP:
            return []
        self._regions.shun(child.region)
        down = child.down_event(suspect.reason)
        return [self._stop(child), Announce(down), *self._on_failure(child, down, now)]

    def change(self, settings: DialSettings, now: float) -> list[SupervisionEffect]:
        """Apply ``settings`` now. A connection to a region that is no longer listed, up or starting, moves;
        that is no failure. A connection in the dial gate may have its turn earlier."""
        self._regions.change(settings.regions)
        self._gate.change(settings.connects)
        moving = {ChildState.STARTING, ChildState.UP}
        leaving: list[SupervisionEffect] = [
            self._renew(child)
            for child in self._children.values()
            if child.state in moving and child.region not in self._regions
        ]
        return [*leaving, *self._admit(now)]

    def wanted(self) -> list[ConnectionChild]:
        """Those that are to be open."""
        unwanted = {ChildState.STOPPED, ChildState.CLOSING}
        return [child for child in self._children.values() if child.state not in unwanted]

    def why_down(self) -> list[str]:
        """The last error of each region that fails, and of each worker that is lost; if there is neither, why
        the connections were lost."""
        errors = self._regions.errors()
        for child in self.wanted():
            if child.last_error and child.state is ChildState.STRANDED:
                errors.setdefault(child.worker, child.last_error)
        if not errors:
            errors = {child.region.name: child.last_error for child in self.wanted() if child.last_error}
        return [f"{place}: {error}" for place, error in errors.items()]

    def status(self, now: float) -> tuple[tuple[ChildStatus, ...], tuple[RegionStatus, ...]]:
        return tuple(child.status() for child in self._children.values()), self._regions.status(now)

    def _children_in(self, worker: str) -> list[ConnectionChild]:
        return [child for child in self._children.values() if child.worker == worker]

    def _launch(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        """Count its failures from zero and start it: at once if its worker runs, else with the worker."""
        child.reset()
        if child.worker in self._handles:
            return self._queue(child, now)
        child.state = ChildState.STRANDED
        return []

    def _renew(self, child: ConnectionChild) -> SupervisionEffect:
        """End a connection that is alive, to start it again at once; that is no failure."""
        child.reset()
        child.state = ChildState.RESTARTING
        return self._stop(child)

    def _queue(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        """Have it dial as soon as the dial gate lets it pass."""
        child.state = ChildState.WAITING
        self._gate.join(child.name)
        return self._admit(now)

    def _hasten_all(self, now: float, *, lasting: bool = False) -> list[SupervisionEffect]:
        """Have the connections that wait for their backoff join the gate; those in quarantine stay there."""
        for child in self._children.values():
            waits = child.state is ChildState.WAITING and child.name not in self._gate
            if waits and child.hasten(now, lasting=lasting):
                self._gate.join(child.name)
        return self._admit(now)

    def _admit(self, now: float) -> list[SupervisionEffect]:
        """Start the connections that may dial now, and set one timer for the next."""
        effects: list[SupervisionEffect] = []
        while (name := self._gate.first) is not None:
            child = self._children[name]
            if child.state is not ChildState.WAITING:
                self._gate.leave(name)  # closed, stranded or quarantined in the meantime
            elif not (wait := self._wait(now)):
                self._gate.passed(name, now)
                effects += self._start(child, now)
            else:
                if now + wait < self._dial_turn_at:
                    self._dial_turn_at = now + wait
                    effects.append(Later(wait, DialTurn()))
                break
        return effects

    def _wait(self, now: float) -> float:
        """Seconds until a connection may dial: for the gate, for the regions, and after a refused login."""
        return max(self._gate.wait(now), self._regions.wait(now), self._refusals.wait(now))

    def _start(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        region = self._regions.choose(now, home=child.region if child.epoch else None)
        self._regions.tried(region)
        effects = child.dial(region, now)
        start = StartConnection(*child.life, region, self._settings)
        return [*effects, TellWorker(self._handles[child.worker], start)]

    def _stop(self, child: ConnectionChild) -> SupervisionEffect:
        """Close it; its ``ConnectionDown`` follows, or the ``WorkerDown`` of its worker."""
        return TellWorker(self._handles[child.worker], StopConnection(child.name))

    def _on_failure(
        self, child: ConnectionChild, down: ConnectionDown, now: float
    ) -> list[SupervisionEffect]:
        error = AuthRejected(down.reason) if down.terminal else TransportError(down.reason)
        if down.terminal and self._refusals.refused(child.began_at, now):
            resting = {ChildState.WAITING, ChildState.STRANDED}
            others = [other for other in self._children.values() if other.state in resting]
            effects = [each.quarantine(error) for each in (child, *others)]
        else:
            pause = self._refusals.wait(now)  # added to its own delay, whose jitter keeps the children apart
            counts = down.was_ready and not child.hastened
            decision = child.on_failure(error, now, counts=counts, pause=pause)
            outdated, child.failed_alone = self._latest_login.judge(child, down, now)
            if isinstance(decision, Retry) and outdated and child.hasten(now):
                decision = structs.replace(decision, delay=pause)
            effects = [decision]
        return [*effects, *self._escalation(child.final_error or error)]

    def _escalation(self, error: Exception) -> list[SupervisionEffect]:
        """``Escalate`` if no connection is left that could come back, or be opened in its place."""
        lost_states = {ChildState.QUARANTINED}
        if isinstance(error, AuthRejected):
            lost_states |= {ChildState.STOPPED, ChildState.CLOSING}  # all use the same session
        lost = (
            child.state in lost_states or child.worker in self._lost_workers
            for child in self._children.values()
        )
        return [Escalate(error)] if all(lost) else []
