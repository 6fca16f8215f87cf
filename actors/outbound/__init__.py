"""The way out: when a request may leave, with which others, and by which connection.

``rate_limiter.py`` is the one gate for all processes: moving windows (``actors/rates.py``) and a cap on
requests without an answer. A request that would wait past its deadline is refused at once. While no
connection is up, nothing is admitted, so that the rate also holds after an outage. A fifth of every rate is
reserved for orders. ``costs.py`` says how many messages a request is. At the start subscriptions wait until
the pool knows which connection takes each. Where the first message of a subscription begins the stream, the
rest waits behind all other requests.

Of an account that several hosts have in turn, ``send_recorder.py`` writes each send into the ``send_log.py``
before it leaves: the next owner's windows begin with them.

``batcher.py`` joins requests that follow one another quickly (``batching.py``, RFC 896). The first one
after a pause and an urgent one leave at once.

``pool.py`` sends one ``Send`` for each connection, which becomes one write. ``assignment.py`` decides:

- ``members.py`` says which connections are opened and closed (``member.py`` has the states of one) and
  gives each a role. One is the account's (orders, deals, balance), ``pool.standby`` of them are standbys,
  the others carry the market's streams, at most ``streams_per_connection`` each. Roles are assigned anew
  when a connection comes up or is lost.
- ``stream_owners.py`` has the owners of each stream. It ends with its last owner.
- ``raw_repeats.py`` has the texts that are sent after each login of a connection, with their owners.
- ``stream_placement.py`` knows which streams are wanted and which connection carries each. Streams of a
  lost connection move to one with capacity. To spread them evenly, at most one stream a second moves.
- ``statistics.py`` has each connection's last hundred answers. A request that any connection could carry
  goes to the one that would answer soonest.

Beyond ``pool.connections`` the pool opens more, up to ``max_connections``, while streams need them. It
closes a connection that had nothing to do for ``idle_timeout``.

The router tells all three actors ``RequestDone``, once for each request. The limiter forgets a request by
that alone: it handles the request first. At the batcher and the pool the request may come after its
``RequestDone``; there a request is forgotten after the timeout of a batch, and after its deadline, too.
"""
