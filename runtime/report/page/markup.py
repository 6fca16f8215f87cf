"""Elements of the page: whatever text is put into them is text, and never markup."""

from typing import Final
from xml.etree.ElementTree import Element, tostring

from runtime.logs import printable

Piece = Element | str | None
"""An element, a text, or nothing."""

_CLASS: Final = "cls"


def tag(name: str, /, *pieces: Piece, **attributes: str | float | None) -> Element:
    """An element with these ``pieces`` in it. ``cls`` is its class, ``data_x`` its attribute ``data-x``; what
    is ``None`` is left out."""
    known = {
        "class" if key == _CLASS else key.replace("_", "-"): printable(str(value))
        for key, value in attributes.items()
        if value is not None
    }
    return fill(Element(name, known), *pieces)


def svg(*pieces: Piece, width: int, height: int, cls: str, label: str) -> Element:
    """A drawing that is stretched to its place; so it has no text, and its lines keep their width."""
    box = {"viewBox": f"0 0 {width} {height}", "preserveAspectRatio": "none", "role": "img", "class": cls}
    return fill(Element("svg", box | {"aria-label": printable(label)}), *pieces)


def fill(element: Element, *pieces: Piece) -> Element:
    """``element``, with ``pieces`` at its end."""
    for piece in pieces:
        if isinstance(piece, Element):
            element.append(piece)
        elif piece:
            _append_text(element, printable(piece))
    return element


def verbatim(name: str, text: str, **attributes: str) -> Element:
    """A style or a script of our own, which is written as it is."""
    element = tag(name, **attributes)
    element.text = text
    return element


def as_html(element: Element) -> str:
    return "<!DOCTYPE html>\n" + tostring(element, encoding="unicode", method="html") + "\n"


def _append_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
