"""The clients that are compared, each a program of its own: ``python -m labs.bench.peers.NAME``.

Standard input is one line, the brief, and then stays open; standard output is one line, the report. They use
nothing of the project's, so that each runs wherever its library is installed; ``tellwire`` alone is ours.
"""
