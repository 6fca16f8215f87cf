"""Answers with many rows: lists and a dict as any other, which also become data frames, JSON and HTML.

``rows.py`` has the classes. ``columns.py`` says which columns a row has, and of which kind. ``frames.py``
makes data frames, and alone knows pandas, polars and pyarrow, none of which it loads before it is asked.
``html.py`` is for notebooks, ``plain.py`` for ``json.dumps``.
"""
