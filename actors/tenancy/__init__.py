"""Which host has which duty, when it may act on it, and what it does when its lease ends.

``tenure.py`` is one lease as its owner sees it. ``rank.py`` says in which order hosts try for a duty, without
a word between them. ``tenancy.py`` decides for one host about all duties: what to try for and when, what to
renew, what has to end. ``runtime/cluster`` carries it out.
"""
