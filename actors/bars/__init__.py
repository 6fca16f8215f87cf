"""Bars as they form, out of history and live ticks without a seam.

``bar_builder.py`` is the actor. For each asset that has a series it holds a ``BarFeed`` (``feed.py``), which
decides what has to be loaded and what may be told: nothing that missing ticks could change. Its ticks lie in
order in a ``TickBook`` (``tick_book.py``). A series is ``ClockBars`` (``clock_bars.py``) or ``CountBars``
(``count_bars.py``); ``bar.py`` is what both have in common. ``carriers.py`` knows which connections carry a
stream, and so whether ticks of it may be missing. ``owners.py`` has the owners of the series.

While no bars are asked for, the actor receives no tick.
"""
