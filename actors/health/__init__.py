"""Streams: whether one is stale, what to do then, and which ticks are missing.

There are two clocks. A connection judges its own transport by any byte and by its own ping.
``health_monitor.py`` judges data, for each stream (``stream.py``), by the report that each connection sends
once a second.

- ``tick_rate.py``: a stream is stale after ten of its usual pauses, between ``health.stale_floor`` and
  ``health.stale_after``. A subscription that is never confirmed or never ticks is stale after the same
  limits, counted from the moment it was sent.
- ``stream_monitor.py``: a stale stream is subscribed again, then moved to another connection, then its
  connection is replaced. Each step waits twice as long as the one before, up to ten minutes, and each is a
  ``StreamStale``. A connection that delivers any other stream is never replaced for one. A connection whose
  two or more streams are all stale is replaced at once, at most ``health.reconnects_per_hour`` times.
  ``states.py`` has the states as a table.
- ``trading_hours.py``: a closed market is left alone; the limits count from its opening.
- ``gaps.py``: each outage is announced once as ``StreamGap``, from the last tick before it to the first one
  after it. A move is no gap if the old connection lets go after the new one was subscribed.
  ``backfiller.py`` loads the candles of the gap and says in ``StreamRecovered`` which parts they do not
  hold.
- ``venue_clock.py``: the venue's clock is read from the quickest tick of the last minute. A single odd
  stamp moves nothing; a clock that was set is believed after three reports.
"""
