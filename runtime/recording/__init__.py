"""Recordings: what every connection heard and said, on disk.

``lines`` is their form, ``scrubbing`` takes out what identifies a person, ``frames`` reads what was sent,
``files`` is the folder with its rotation, ``recorder`` the thread that writes, ``reading`` takes a
recording in again, ``compression`` is Zstandard.
"""
