"""Starts and restarts of connections and workers.

``supervisor.py`` is the actor. It decides nothing: ``connections.py`` and ``workers.py`` take in events and
answer with effects (``effects.py``), which it carries out in order. ``children.py`` has the states of a
child.

- ``backoff.py`` drives tenacity one step at a time; a delay is a timer. The first failure after a stable
  time is answered at once, later ones after a random delay that grows. The count returns to zero after the
  connection was logged in and stable for ``reset_after``.
- ``dial_gate.py``: all dials pass one gate (``limits.connects``).
- ``regions.py``: a region is judged by what all connections met with there. A connection tries its last
  region first, then the next one by priority, round trip and success rate. ``Retry-After`` of a 429 or 503
  holds for all connections and all regions of that host, for an hour at most.
- ``restart_intensity.py``: a child that was up and dies more than ``max_restarts`` times in ``max_seconds``
  is quarantined. ``Restart`` ends a quarantine.
- ``login_refusals.py``: a refused login is tried once more by the whole runtime, not by each connection.
  Refusals at the same time count as one. Then all connections that are not logged in are quarantined.

A worker without a heartbeat is killed, and known to be dead, before its successor starts. So a worker that
was frozen can send nothing afterwards. When nothing is left that could come back or be opened, the runtime
fails with the last reason.
"""
