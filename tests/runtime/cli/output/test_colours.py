"""Text that is read on a light background as on a dark one."""

import pytest
from rich.color import Color, ColorSystem
from rich.style import Style

from runtime.cli.output.colours import FIXED, legible

WHITE, BLACK = (255, 255, 255), (0, 0, 0)
LEAST = 3.8
"""That of the red to black; WCAG 2 wants 3 of large text and of signs, 4.5 of small text."""


def luminance(colour: tuple[int, ...]) -> float:
    """The relative luminance of WCAG 2."""
    parts = [each / 255 for each in colour]
    red, green, blue = (
        each / 12.92 if each <= 0.03928 else ((each + 0.055) / 1.055) ** 2.4 for each in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: tuple[int, ...], other: tuple[int, ...]) -> float:
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("colours", [ColorSystem.EIGHT_BIT, ColorSystem.TRUECOLOR])
@pytest.mark.parametrize("background", [WHITE, BLACK], ids=["light", "dark"])
def test_a_text_is_legible_on_both(name: str, colours: ColorSystem, background: tuple[int, ...]) -> None:
    shown = legible(Style.parse(f"bold {name}"), colours)
    assert shown.bold
    assert shown.color is not None
    assert contrast(tuple(shown.color.get_truecolor()), background) >= LEAST


def test_what_has_a_background_of_its_own_is_left_as_it_is() -> None:
    for words in ("black on yellow", "bold white on red", "dim", "bold"):
        assert legible(Style.parse(words), ColorSystem.EIGHT_BIT) == Style.parse(words)


def test_of_16_colours_yellow_alone_is_replaced() -> None:
    assert legible(Style.parse("yellow"), ColorSystem.STANDARD).color == Color.parse("magenta")
    assert legible(Style.parse("bold green"), ColorSystem.STANDARD) == Style.parse("bold green")
