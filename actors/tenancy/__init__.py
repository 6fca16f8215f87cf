"""Which host has which duty, when it may act on it, and what it does when its lease ends.

``tenure.py`` is one lease as its owner sees it. ``rank.py`` says in which order hosts try for a duty, without
a word between them. ``tenancy.py`` decides for one host about all duties: what to try for and when, what to
renew, what has to end, what to stand by for. ``warm_ticks.py`` is what a host that stands by for a feed has
received, ``published_ticks.py`` what its owners have published. ``runtime/cluster`` carries it out.
"""
