"""The pages that are made from the source, by their path in the site."""

from collections.abc import Callable
from typing import Final

from labs.site import api, command_lines, commands, programs, settings_page

GENERATED: Final[dict[str, Callable[[], str]]] = {
    **{f"reference/api/{name}.md": page for name, page in api.PAGES.items()},
    "reference/commands.md": commands.page,
    "reference/configuration.md": settings_page.page,
    "reference/command-line.md": command_lines.page,
    "reference/exit-codes.md": command_lines.exit_codes_page,
    "howto/examples.md": programs.page,
}
