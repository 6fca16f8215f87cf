"""The report of an account: what its orders came to, from the journal, and from a recording of the session.

``account_report`` makes all figures: ``results`` sums deals up, ``win_rate`` is their interval, ``equity``
their course, ``outcomes`` what became of the orders. ``zone`` is the time zone. ``recorded`` is what a
recording says, ``recording_reader`` reads it, and ``asset_pauses`` judges its silences. ``figures`` writes
JSON and CSV, ``page`` the page.
"""
