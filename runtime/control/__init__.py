"""Access to a running runtime for operators (``ctl``), for other processes of the user (``attach``), and, by
the engine of a cluster, for processes of any host.

``protocol.py`` has the messages. In the process of the runtime, ``server.py`` is the gateway: an actor with
one ``Peer`` (``peer.py``) for each socket that ``listener.py`` accepts at ``path.py``. ``fanout.py`` spreads
the events over them, ``peer_asks.py`` counts the asks that wait, and ``sightings.py`` has what the system
tells of such sockets. ``host_desk.py`` answers for all accounts of a process.

The owner of an account also has a ``front_desk.py``, which reads commands from the engine: ``askers.py``
knows the processes that sent them, ``order_turns.py`` lets asks for one order take turns, ``succession.py``
judges what a former owner may have begun, and ``publisher.py`` writes the events. That of a feed which other
hosts run too is a ``standby_desk.py``.

An attached process has an ``attachment.py`` with a ``remote_router.py`` on a line (``line.py``): a socket,
or by the engine (``reach.py``) ``engine_line.py``, whose events ``follower.py`` puts in order.
"""
