"""Worker processes: how one starts, and how it talks to the main process.

``launcher.py`` and ``process.py`` start and end a worker, ``main.py`` is its program, ``command.py`` says how
the program is found, also in a frozen application, and ``in_process.py`` takes its place with
``pool.workers: 0``. ``link.py`` carries messages over one inherited socket,
``framing.py`` puts them into frames, and ``log_forwarding.py`` sends log lines to the main process.
``standard_error.py`` passes on what a worker writes there, and keeps its last words.
``dialing.py`` opens the transport and the session of a connection, in a worker or in the main process.
``watchdog_timer.py`` ends a worker without a heartbeat by a timer of the kernel.
``standard_error.py`` keeps the last words of a worker that ends before it serves.
``descriptors.py`` knows how many descriptors the connections of a process need.
``standard_error.py`` keeps the last words of a worker that has ended.
``core_dumps.py`` keeps the session out of core dumps.
``signals.py`` leaves SIGTERM and SIGHUP of the process group to the main process.
"""
