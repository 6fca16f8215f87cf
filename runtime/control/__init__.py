"""Access to a running runtime for operators (``ctl``), for other processes of the user (``attach``), and, by
the engine of a cluster, for processes of any host."""
