"""How the command line shows a run: a live table, a plain log, or JSON lines."""
