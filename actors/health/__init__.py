"""The health of streams: whether one is stale, what to do then, and which of its ticks are missing.

There are two clocks. A connection judges its own transport by any byte and by its own ping.
``health_monitor.py`` judges data, for each stream (``stream.py``), by the report that each connection sends
once a second. A stream that should tick and does not is stale; its silence is the time since its last tick.

- ``tick_rate.py``: a stream is stale after ten of its usual intervals, between ``health.stale_floor`` and
  ``health.stale_after``. A subscription that is never confirmed or never ticks is stale after the same
  limits, counted from the moment it was sent.
- ``stream_monitor.py``: a stale stream is subscribed again, then moved to another connection, then its
  connection is replaced. Each action has twice as much time as the one before, up to ten minutes, and each
  is announced as ``StreamStale``. A connection that delivers any other stream is never replaced for one.
  A connection whose two or more streams are all stale is replaced at once, at most
  ``health.reconnects_per_hour`` times. ``states.py`` has the states as a table.
- ``trading_hours.py``: the stream of a closed market is not stale; its silence counts from the opening.
- ``silences.py``: a pause that the usual rate does not explain is a silence of the venue, and a gap. It ends
  with a tick alone: no move, placement, opening or stall of ours starts it anew. While a stream moves,
  ``previous_life.py`` has what the connection that it leaves still delivers.
- ``gaps.py``: each outage is announced once as ``StreamGap``, from the last tick before it to the first one
  after it. A move is no gap if the old connection releases the stream after the new one was confirmed.
  ``backfiller.py`` loads the candles of the gap and names in ``StreamRecovered`` the parts that they do not
  cover.
- ``venue_clock.py``: the venue's clock is estimated from the tick with the least delay in the last minute. A
  single outlier changes nothing; a clock that was set shows after three reports.
- ``log_lines.py``: what an operator reads of streams.
"""
