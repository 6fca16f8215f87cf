"""The documentation site: ``mkdocs.yml`` is its plan, ``hooks.py`` what mkdocs calls,
``build.py`` the command.

``generated.py`` names the pages that are made from the source: ``api.py``, ``commands.py``, ``settings.py``,
``command_lines.py``, ``programs.py``. ``sources.py`` leads links to files of the source to the page that
shows them, and ``picture.py`` draws the picture of the live table.
"""
