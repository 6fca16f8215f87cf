"""One life of one connection, and all connections of one process.

``connection.py`` is the actor: it watches its socket, gives the bytes to the venue's session, and tells the
router one numbered batch for each read (``numbering.py``). Its last message is ``ConnectionDown``.
``dialogue.py`` knows when the venue's next words are awaited: then no linger delays them.
``witness.py`` is the interface of what records a life.
``group.py`` starts and ends the connections of a process and hands each ``Send`` to the life that it is
for.
"""
