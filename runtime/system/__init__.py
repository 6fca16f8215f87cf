"""The composition root: all actors are created, connected and ended here.

``actor_system.py`` creates the actors in order, connects them and ends them in reverse. ``guardian.py``
notices an actor that fails or ends. ``settings.py`` derives the settings of each actor from the
configuration. ``reloader.py`` takes over a changed file, as a whole or not at all; ``file_watch.py``
notices the change, by ``inotify_watch.py`` on Linux and ``watchdog_watch.py`` elsewhere, and
``reload_texts.py`` has sentences about reloads for people.
``configured_streams.py`` asks for the streams of the configuration until it has them; ``stream_requests.py``
knows which those are. ``order_journal.py`` finds and opens the journal, with the lock of its account.
``duty_changes.py`` says what a changed file means for each of several accounts, ``failed_start.py`` that one
of them could not start, ``takeover.py`` is what the owner of one takes over from the owner before.
``probing.py`` measures regions. ``folders.py`` knows the folders of the user, and what to say where there
are none.
"""
