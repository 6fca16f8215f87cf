"""The page of a report: one HTML file without a request to any host.

``document`` is the whole, ``money_sections``, ``order_sections`` and ``recording_section`` are its parts;
``charts`` draws SVG, ``axes`` divides its edges, ``texts`` writes amounts and times, ``markup`` makes
elements. ``style.css`` and ``script.js`` are put into the page as they are.
"""
