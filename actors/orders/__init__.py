"""Orders: checked, journaled, sent once, and never guessed about.

``order_desk.py`` is the actor; ``desk.py`` is what it has in common with the actor of pending orders: what
happens to an order from its way out to its answer. ``pre_trade_checks.py`` checks an order against the
asset's row, the balance and the limits, once the events that ``readiness.py`` requires have come;
``day_tally.py`` counts what the limits of a day need. ``log_lines.py`` says what the log says of orders.
``ledger.py`` holds all orders (``order_book.py``, ``order_table.py``); ``order.py`` has their states as a
table. An order is in the journal, on the disk, before it leaves: ``bookkeeping.py`` journals and counts
what the ledger decides; ``desk_books.py`` is what it has in common with the books of pending orders.
``journal.py`` is the interface of a journal; ``runtime/storage/journal.py`` implements it, and
``runtime/cluster/journal.py`` for an account that several hosts have in turn.

The venue's answer finds an order by its request id. A refusal that names no request is an order's only if
it can be no other's, and if nothing contradicts it for a second; so like orders leave one after another, and
``waiting_orders.py`` keeps those that wait. If the connection ends first, the order is UNKNOWN and blocks an
order like it.

``reconciliation.py`` judges by evidence: the lists of deals that the venue pushes after the next login. A
deal that fits, also by the venue's clock, makes the order OPEN. Lists that surely would show the deal, and do
not, make it NOT_PLACED after ``orders.verdict_delay``; no clock has a say in that. Several deals that fit, a
like deal of any time that nobody else accounts for, lists that leave a gap since the order, or a
connection that never stays up for ``verdict_delay`` prove nothing: the order stays UNKNOWN, and holds up
others until its deal would long be over. ``acknowledged.py`` keeps the open orders that no list has shown
yet. ``unresolved.py`` keeps the orders without a known end: which order
they hold up, and what the logins since then prove.

A caller is answered with the truth: the deal, ``RequestRefused`` (it cannot be done now or as asked), a
``NotSent`` (nothing was wrong with it: no effect, safe to repeat), or ``OrderUnknown`` at the deadline.
``repetition.py`` answers an order that is asked for again by its id, ``waiters.py`` keeps the callers of each
order, and ``sent_orders.py`` which request and which life of which connection carries it. ``deals.py`` keeps
the deals, ``acknowledged.py`` the orders of which only an acknowledgement says that they are open;
``AwaitResult`` also finds one that was opened before this process started, and
``result_waiters.py`` keeps its callers. ``timeouts.py`` has the messages that the desk tells itself when a
time has come, ``desk_clock.py`` the two clocks that these times are by: ours, which does not step, and the
venue's.

A halt is in the journal. It stops orders that still wait in the limiter, and only ``Resume`` lifts it. One
runtime keeps a journal at a time, and one on a machine trades on an account; a second one fails to start
with ``JournalInUse``. Without a journal there are no orders, but streams: so it is if the file is damaged,
gone, or that of another account. Finished orders leave it after ``orders.retention``; their ids stay.

``pending_desk.py`` is the actor for pending orders, which have the same life. A new one comes by way of the
order desk, which keeps the limits. ``pending.py`` is their ledger, ``pending_books.py`` journals what it
decides: the two desks share one journal and one thread. Placements leave one at a time, because the venue's
answers name no request, and each answer is compared with what was asked; ``pending_requests.py`` keeps those
that wait. ``pending_evidence.py`` has what the lists of pending orders and of deals prove about one in doubt,
``pending_deals.py`` which deals may be a pending order's, and are no order's for certain.
"""
