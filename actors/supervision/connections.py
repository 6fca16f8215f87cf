"""The connections of a runtime: what becomes of each, decided from what is heard of it."""

import itertools
import math

from actors.errors import AuthRejected, RequestRefused, TransportError
from actors.messages.events import ConnectionDown, ConnectionReport, ConnectionSuspect, ConnectionUp
from actors.messages.outbound import ConnectionPlaced
from actors.messages.status import ChildStatus, RegionStatus
from actors.messages.workers import StartConnection, StopConnection, WorkerHandle
from actors.supervision.children import ChildState, ConnectionChild, Plan
from actors.supervision.dial_gate import DialGate
from actors.supervision.effects import (
    Announce,
    Escalate,
    Later,
    ProbeRegions,
    SupervisionEffect,
    TellPool,
    TellWorker,
)
from actors.supervision.login_refusals import LoginRefusals
from actors.supervision.messages import AttemptDue, RegionsProbed, RestartDue, StableDue
from actors.supervision.regions import DialSettings, Regions
from actors.values import Region


class Connections:
    """All connections of one plan, by name. Each method takes in an event, and answers with what follows."""

    def __init__(self, plan: Plan) -> None:
        self._settings = plan.settings
        self._probes = plan.probes
        self._regions = Regions(plan.access.regions)
        self._attempts = DialGate(plan.access.connects)
        self._looks_at = math.inf
        self._refusals = LoginRefusals(plan.refusal_delay, plan.login_attempts)
        self._processes: dict[str, WorkerHandle] = {}
        self._lost_hosts: set[str] = set()
        self._children = {
            name: ConnectionChild(name, plan, host)
            for name, host in zip(plan.connections, itertools.cycle(plan.hosts), strict=False)
        }
        for name in plan.connections[: plan.kept]:
            self._children[name].state = ChildState.STRANDED

    # -- where they live -------------------------------------------------------------------------------

    def housed(self, host: str, process: WorkerHandle, now: float) -> list[SupervisionEffect]:
        """A host is there: what has waited for it starts."""
        self._processes[host] = process
        self._lost_hosts.discard(host)
        ours = self._living_on(host)
        steps: list[SupervisionEffect] = [TellPool(ConnectionPlaced(child.name, process)) for child in ours]
        for child in ours:
            if child.state is ChildState.STRANDED:
                steps += self._queue(child, now)
        return steps

    def stranded(self, host: str, reason: str, final: Exception | None) -> list[SupervisionEffect]:
        """A host is gone, for good if there is a ``final`` error: its connections went with it."""
        self._processes.pop(host, None)
        steps: list[SupervisionEffect] = []
        for child in self._living_on(host):
            if child.alive:
                steps.append(Announce(child.lost(reason)))
                child.restarts += child.state is not ChildState.CLOSING
                child.last_error = reason
            if child.state is ChildState.CLOSING:
                child.state = ChildState.STOPPED
            elif child.state not in {ChildState.STOPPED, ChildState.QUARANTINED}:
                child.state = ChildState.STRANDED
        if final is not None:
            self._lost_hosts.add(host)
            steps += [TellPool(ConnectionPlaced(child.name, None)) for child in self._living_on(host)]
            steps += self._escalation(final)
        return steps

    # -- what is wanted --------------------------------------------------------------------------------

    def open(self, name: str, now: float) -> list[SupervisionEffect]:
        """Somebody wants it: it starts, unless it lives or was given up."""
        child = self._children[name]
        match child.state:
            case ChildState.STOPPED:
                return self._launch(child, now)
            case ChildState.CLOSING:
                child.state = ChildState.RESTARTING
        return []

    def close(self, name: str) -> list[SupervisionEffect]:
        """Nobody wants it any more."""
        child = self._children[name]
        match child.state:
            case ChildState.WAITING | ChildState.STRANDED:
                child.state = ChildState.STOPPED
            case ChildState.STARTING | ChildState.UP:
                child.state = ChildState.CLOSING
                return [self._goodbye(child)]
            case ChildState.RESTARTING:
                child.state = ChildState.CLOSING
        return []

    def restart(self, name: str, now: float) -> list[SupervisionEffect]:
        """Begin a new life; raises ``RequestRefused`` where that cannot be."""
        child = self._children.get(name)
        if child is None:
            raise RequestRefused(f"no connection or worker is called {name!r}")
        if child.host in self._lost_hosts:
            raise RequestRefused(f"{name} lives on {child.host}, which was given up: restart that")
        match child.state:
            case ChildState.STOPPED | ChildState.CLOSING:
                raise RequestRefused(f"{name} is not wanted open")
            case ChildState.STARTING | ChildState.UP:
                return [self._renew(child)]
            case ChildState.WAITING | ChildState.QUARANTINED:
                self._refusals.forget()
                return self._launch(child, now)
        return []

    def drain(self) -> None:
        """Let none start any more; those that live are told to end by their hosts."""
        for child in self._children.values():
            child.state = ChildState.CLOSING if child.alive else ChildState.STOPPED

    def alive(self) -> bool:
        """Whether there is one that can still end."""
        return any(child.alive for child in self._children.values())

    # -- how they fare ---------------------------------------------------------------------------------

    def due(self, due: RestartDue, now: float) -> list[SupervisionEffect]:
        child = self._children[due.name]
        return self._queue(child, now) if child.waits(due.epoch) else []

    def probe(self, now: float) -> list[SupervisionEffect]:
        """Measure regions before they are needed. To the venue each probe is an attempt to connect, so it
        passes the same gate, and none takes the place of a connection."""
        regions: list[Region] = []
        for region in self._regions.undecided(now)[: self._probes]:
            if self._attempts.waiting() or self._attempts.wait(now):
                break
            self._attempts.passed(region.name, now)
            regions.append(region)
        return [ProbeRegions(regions)] if regions else []

    def probed(self, probed: RegionsProbed, now: float) -> None:
        self._regions.probed(probed, now)

    def attempt(self, now: float) -> list[SupervisionEffect]:
        """A look that was booked for now; it is not the next one if that was booked again, for sooner."""
        if now >= self._looks_at:
            self._looks_at = math.inf
        return self._admit(now)

    def stable(self, due: StableDue) -> None:
        self._children[due.name].stable(due.epoch)

    def up(self, up: ConnectionUp) -> list[SupervisionEffect]:
        child = self._children[up.connection]
        if up.epoch != child.epoch:
            return []
        child.was_ready = True
        if child.state is not ChildState.STARTING:
            return []
        self._regions.worked(child.region)
        self._refusals.forget()
        return child.is_up()

    def reported(self, report: ConnectionReport) -> None:
        """A connection reports once a second, but measures more rarely: each figure counts once."""
        child = self._children[report.connection]
        if report.epoch != child.epoch or report.round_trip is None or report.round_trip == child.round_trip:
            return
        child.round_trip = report.round_trip
        self._regions.measured(child.region, report.round_trip)

    def down(self, down: ConnectionDown, now: float) -> list[SupervisionEffect]:
        child = self._children[down.connection]
        if down.epoch != child.epoch or not child.alive:
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
            self._regions.failed(child.region)
        elif child.losses:
            self._regions.shun(child.region)  # it lets us in and then drops us, again and again
        child.losses += down.was_ready
        return self._failed(child, down, now)

    def suspected(self, suspect: ConnectionSuspect, now: float) -> list[SupervisionEffect]:
        """It is up and yet no good: another takes its place, elsewhere."""
        child = self._children[suspect.connection]
        if suspect.epoch != child.epoch or child.state is not ChildState.UP:
            return []
        self._regions.shun(child.region)
        down = child.lost(suspect.reason)
        return [self._goodbye(child), Announce(down), *self._failed(child, down, now)]

    def change(self, access: DialSettings, now: float) -> list[SupervisionEffect]:
        """Dial there, and so often, from now on; who is somewhere else, or on the way there, moves, which is
        no failure. Who waits for the gate may have to wait no longer."""
        self._regions.change(access.regions)
        self._attempts.change(access.connects)
        moving = {ChildState.STARTING, ChildState.UP}
        leaving: list[SupervisionEffect] = [
            self._renew(child)
            for child in self._children.values()
            if child.state in moving and child.region not in self._regions
        ]
        return [*leaving, *self._admit(now)]

    def part(self, now: float) -> tuple[tuple[ChildStatus, ...], tuple[RegionStatus, ...]]:
        """The connections and their regions as the status shows them."""
        return tuple(child.status() for child in self._children.values()), self._regions.part(now)

    def _living_on(self, host: str) -> list[ConnectionChild]:
        return [child for child in self._children.values() if child.host == host]

    def _launch(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        """Begin at zero: at once if its host is there, with it otherwise."""
        child.forgive()
        if child.host in self._processes:
            return self._queue(child, now)
        child.state = ChildState.STRANDED
        return []

    def _renew(self, child: ConnectionChild) -> SupervisionEffect:
        """Have a living one end, to begin anew at once; it has not failed."""
        child.forgive()
        child.state = ChildState.RESTARTING
        return self._goodbye(child)

    def _queue(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        """Have it dial as soon as it may."""
        child.state = ChildState.WAITING
        self._attempts.join(child.name)
        return self._admit(now)

    def _admit(self, now: float) -> list[SupervisionEffect]:
        """Those dial whom the gate lets through, while there is a region that may be tried."""
        steps: list[SupervisionEffect] = []
        for name in self._attempts.waiting():
            child = self._children[name]
            if child.state is not ChildState.WAITING:
                self._attempts.leave(name)  # closed, stranded or given up while it stood there
            elif not (wait := self._wait(now)):
                self._attempts.passed(name, now)
                steps += self._start(child, now)
            elif now + wait < self._looks_at:
                self._looks_at = now + wait
                steps.append(Later(wait, AttemptDue()))
        return steps

    def _wait(self, now: float) -> float:
        """Until somebody may dial: for the gate, for the regions, and after a refused session."""
        return max(self._attempts.wait(now), self._regions.wait(now), self._refusals.wait(now))

    def _start(self, child: ConnectionChild, now: float) -> list[SupervisionEffect]:
        region = self._regions.choose(now, home=child.region if child.epoch else None)
        self._regions.tried(region)
        news = child.start(region, now)
        start = StartConnection(child.name, child.epoch, region, self._settings)
        return [*news, TellWorker(self._processes[child.host], start)]

    def _goodbye(self, child: ConnectionChild) -> SupervisionEffect:
        """Have it leave politely; it reports its end, or its host's end does."""
        return TellWorker(self._processes[child.host], StopConnection(child.name))

    def _failed(self, child: ConnectionChild, down: ConnectionDown, now: float) -> list[SupervisionEffect]:
        error = AuthRejected(down.reason) if down.terminal else TransportError(down.reason)
        if down.terminal and self._refusals.refused(child.began_at, now):
            at_rest = {ChildState.WAITING, ChildState.STRANDED}
            others = [each for each in self._children.values() if each.state in at_rest]
            steps = [each.give_up(error) for each in (child, *others)]
        else:
            pause = self._refusals.wait(now)  # added to its own delay, whose jitter keeps them out of step
            steps = [child.failed(error, now, died=down.was_ready, pause=pause)]
        return [*steps, *self._escalation(child.given_up or error)]

    def _escalation(self, error: Exception) -> list[SupervisionEffect]:
        """What follows when none is left that could come back, or be opened in their place."""
        hopeless = {ChildState.QUARANTINED}
        if isinstance(error, AuthRejected):
            hopeless |= {ChildState.STOPPED, ChildState.CLOSING}  # the session is the same for all
        lost = (
            child.state in hopeless or child.host in self._lost_hosts for child in self._children.values()
        )
        return [Escalate(error)] if all(lost) else []
