"""The runtime over HTTP, for the programs that watch over it.

``server.py`` answers requests in an event loop of its own. ``readiness.py`` decides whether a status is one
of a ready runtime. ``metrics.py`` makes metrics for Prometheus of a status. ``hosts.py`` refuses requests
that another web page could have sent. ``tick_ages.py`` samples how old ticks are when a subscriber has them.
"""
