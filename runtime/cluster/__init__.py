"""Several hosts that share accounts by one engine: a Valkey server, or a Redis server from 7.0 on.

``engine.py`` and ``connections.py``, which finds the primary by its sentinels, alone may import the client of
the engine, which is an extra; ``functions.lua`` is what the engine executes for it, ``outcomes.py`` what it
answers, ``reader.py`` waits for what is new in its streams. ``forms.py`` is how it writes things,
``address.py`` reads the URL of an engine. ``journal.py`` is the journal of an account that hosts have in
turn, ``send_log.py`` what they have sent for it. ``claims.py`` gets leases that no failover of the engine
can lose, with the ``epoch_memory.py`` of a host; ``fitness.py`` says what of an engine loses something.
``steward.py`` is the actor that gets and renews the leases of a host, ``carrier.py`` what it needs of
that, ``steps.py`` what takes a thread of its own. ``standbys.py`` knows what the host runs beside the
owners, ``host_directory.py`` which host has what, and what operators want of it; ``comparison.py`` has
hosts look at one another's settings, which ``differences.py`` compares; ``releases.py`` hears of leases
that are given back. ``facts.py`` is what the server of an engine says of itself, ``examination.py`` a
look at it that changes nothing, ``server.py`` which program it is on this machine;
``runtime/membership.py`` does for a steward what the leases allow.
Nothing here is imported without ``cluster`` in the configuration, the URL of an engine to attach by, or
``tellwire engine``.
"""
