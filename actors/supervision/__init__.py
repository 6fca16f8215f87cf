"""Starts and restarts of connections and workers.

``supervisor.py`` is the actor. It decides nothing: ``connections.py`` and ``workers.py`` take events and
return effects (``effects.py``), which it executes in order. ``children.py`` has the states of a child.

Five things have "restart" in their names. A user sends ``Restart``; the router passes it on as
``RestartChild``; ``restart`` of ``connections.py`` and ``workers.py`` executes it and resets the failures of
the child. A child that has failed starts again without a request, when ``BackoffElapsed`` comes; only that
start is published as ``ActorRestarted`` and counts for the restart intensity.

- ``backoff.py`` calls tenacity once per failure; a delay is a timer. After the first failure a child starts
  again at once, later after a random delay that grows. The count returns to zero when a child has been up
  for ``reset_after``. A login ends the waits of all other connections, since the venue serves again
  (``Connections.on_up``); how often is limited.
- ``dial_gate.py``: all connections dial at one common rate (``limits.connects``).
- ``regions.py``: a region is judged by the results of all connections. A connection dials its last
  region first, then the next one by priority, round trip and success rate. ``Retry-After`` of a 429 or 503
  holds for all connections and all regions of that host, for an hour at most.
- ``restart_intensity.py``: a child that was up and dies more than ``max_restarts`` times in ``max_seconds``
  is quarantined. ``Restart`` ends a quarantine.
- ``outages.py``: that no connection is up for ``health.outage_after`` is an outage.
- ``log_lines.py``: what an operator reads, and at which level.
- ``latest_login.py``: an end that came before another connection logged in says nothing about now.
- ``login_refusals.py``: a refused login is tried once more by the whole runtime, not by each connection.
  Refusals at the same time count as one. Then all connections that are not logged in are quarantined.

``Disconnect`` ends all connections (``Connections.disconnect``). Until ``Connect`` nothing starts, and
there is no outage; which of them are wanted is remembered, and goes on changing.

A worker serves from its first heartbeat on; before, it is given no connections, and no time limit judges it.
A worker without a heartbeat is killed before its successor starts. One that does not die within a second
cannot run: its link is ended, the successor starts, and the process is reaped when it is dead. SIGKILL and
the worker's own timer (``runtime/workers/watchdog_timer.py``) come before the next instruction of a process
that was frozen, so it can send nothing afterwards. When no child is left that could come back or be opened,
the runtime fails with the last reason.
"""
