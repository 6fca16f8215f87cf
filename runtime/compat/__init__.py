"""The interfaces of other clients of the venue: with one changed import line a script for them runs here.

Each client has a module or a package of its name, with the names, arguments, keys and units of that client.
So a class here may have the name of one elsewhere in this program. ``_shared.py`` makes a configuration of
what these clients are given, and lets clients of one account have one runtime. ``_served.py`` is the form of
the table that says for each method of a client what it is here: the guides read it, and ``_script.py``,
which finds what becomes of a script for ``tellwire migrate``.
"""
