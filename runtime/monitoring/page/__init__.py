"""What a browser loads of the page: modules of JavaScript that need no build.

``main.js`` receives what ``outbox.py`` of the folder above sends, and has each section show its part;
``vendor/`` is the chart library, unchanged, with its licence. Texts become text nodes only: no name of an
asset and no reason of a server is ever markup.
"""
