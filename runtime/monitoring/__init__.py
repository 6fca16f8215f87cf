"""The runtime over HTTP, for the programs and the people that watch over it.

``server.py`` answers requests in an event loop of its own, ``host_server.py`` for several accounts.
``site.py`` is one runtime as it is seen there. ``readiness.py`` decides whether a status is one of a ready
runtime. ``metrics.py`` makes metrics for Prometheus of a status, ``cluster_metrics.py`` of what a host knows
of its cluster (``cluster_picture.py``). ``hosts.py`` refuses requests that another web page could have sent.
``tick_ages.py`` samples how old ticks are when a subscriber has them. ``answers.py`` writes answers.
``operations.py`` has what an operator may do, in the words of ``ctl`` too.

``page_routes.py`` has the page, whose files for the browser are in ``page/``. ``control_routes.py`` has what
an operator does from there. ``feed.py`` brings events and ticks to all pages that are open. ``history.py``
keeps what they show of the past, ``view.py`` makes what they show of a status, ``quotes.py`` has the newest
prices, ``log_tail.py`` the lines of the log, ``chart.py`` the bars of a chart. ``outbox.py`` holds what
one page has not got yet.
"""
