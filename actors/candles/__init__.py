"""Candles and ticks of any count, out of the pages that a venue gives.

``history_loader.py`` is the actor. It loads for the router, the backfiller, or any actor that sends it a
``HistoryRequest``. A load up to now ends now by the venue's clock (``ClockReport``), whose bars they are.
``paging.py`` decides which page of candles comes next, ``tick_paging.py`` which page of ticks.

Equal loads share one flight (``single_flight.py``): one set of pages, an answer for each caller. A caller
leaves the flight when its deadline passes. With the last caller the flight ends, and its place in the
limiter is free.

``cache.py`` keeps an answer for ``cache_ttl``. An answer whose end was past when it was asked for stays
true. An answer up to now is dropped when its next bar has ended by the venue's clock, at the first tick of
its asset, and by bars that show one it lacks. The loader receives the asset's ticks only while it keeps such
an answer.
"""
