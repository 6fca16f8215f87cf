"""Colours of text that are legible on a light background and on a dark one."""

import functools
from collections.abc import Mapping
from typing import Final

from rich.color import ColorSystem
from rich.style import Style

FIXED: Final = {"red": "color(160)", "yellow": "color(130)", "green": "color(28)", "cyan": "color(30)"}
"""Of the 256 colours, which are the same on every terminal: the contrast of each to black and to white is 3.8
or more. That of a usual yellow to white is 1.7."""

OF_16: Final = {"yellow": "magenta"}
"""Of the 16 colours, which each terminal chooses for its background: yellow is pale on many light ones."""


@functools.cache
def legible(style: Style, colours: ColorSystem) -> Style:
    """``style`` for a terminal of these ``colours``, if it leaves the background to the terminal."""
    if style.color is None or style.bgcolor is not None:
        return style
    few = colours in (ColorSystem.STANDARD, ColorSystem.WINDOWS)
    names: Mapping[str, str] = OF_16 if few else FIXED
    return style + Style(color=names.get(style.color.name))
