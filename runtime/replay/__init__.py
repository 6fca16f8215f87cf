"""Replays: the runtime's own actors, driven by a recording in place of a network.

``simulation`` is the thread that all actors share, with the clock of the recording; ``lives`` plays a life
of a connection, ``player`` gives each life its lines in time, ``heads`` has the recorded settings, ``replay``
puts them together.
"""
