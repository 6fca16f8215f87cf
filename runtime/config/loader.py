"""Reads a file into a ``Config``, or reports all its problems."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from actors.errors import ConfigInvalid
from actors.venues.base import Profile
from runtime.config.duties import KINDS, has_duties
from runtime.config.models import Config
from runtime.config.secrets import inserted_secrets
from runtime.config.sections.account import DEFAULT_VENUE, session_unless_written
from runtime.config.source import BROKEN, Source
from runtime.config.types.fields import CUSTOM, find_venue
from runtime.config.types.paths import expanded, unnameable
from runtime.config.types.problems import Mark, Marks, Problem, Unreadable
from runtime.config.types.text_file import read_text
from runtime.config.wording import problems_in


def load(path: str | os.PathLike[str]) -> Config:
    """Read a YAML file; raises :class:`ConfigInvalid` with all its problems, none of which shows a value."""
    file = Path(path)
    if problem := unnameable(file.absolute()):
        raise ConfigInvalid([f"{file}: {problem}"])
    stamp = stamp_of(file)  # before the text is read, so that no later change is missed
    try:
        text = read_text(file)
    except Unreadable as refusal:
        place = f"{file}:{refusal.mark.line}:{refusal.mark.column}" if refusal.mark else str(file)
        raise ConfigInvalid([f"{place}: {refusal}"]) from None
    config, marks = _checked(text, str(file), file.parent)
    if problems := list(_overwriting(config, file, marks)):
        raise ConfigInvalid([problem.line(str(file)) for problem in problems])
    config.be_read_from(file.absolute(), stamp, marks)  # no link is followed: it may change
    return config


def stamp_of(file: Path) -> tuple[int, ...] | None:
    """Device, inode, size in bytes and time of modification in ns: another tuple after each change of
    ``file``, or of a link on the way to it; ``None`` if there is no such file."""
    try:
        found = file.stat()
    except (OSError, ValueError):  # ValueError: its name contains a null byte
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


def _overwriting(config: Config, file: Path, marks: Marks) -> Iterator[Problem]:
    """The settings by which the runtime would write into ``file``, its own configuration."""
    for path, written in ((("log", "file"), config.log.file), (("orders", "journal"), config.orders.journal)):
        if written and os.path.realpath(file.parent / expanded(written)) == os.path.realpath(file):
            yield Problem(marks.value(path), path, "is this configuration itself (name another file)")


def _place(problem: Problem) -> Mark:
    return problem.mark


def _with_origin(problem: Problem, source: Source) -> Problem:
    """With the name of the variable or the file that the value comes from: the line of the problem only
    refers to it, or does not exist."""
    origin = source.origins.get(problem.path)
    return problem._replace(text=f"{problem.text} (it was taken from {origin})") if origin else problem


def _profile(source: Source) -> Profile | None:
    """The profile of the venue that the file names; ``None`` if there is no such venue."""
    settings = source.value if isinstance(source.value, dict) else {}
    account = settings.get("account")
    name = account.get("venue", DEFAULT_VENUE) if isinstance(account, dict) else DEFAULT_VENUE
    try:
        return find_venue(name).profile if isinstance(name, str) else None
    except ValueError:  # the validation reports it too, with its place
        return None


def _find_modules(source: Source, folder: Path) -> None:
    """Where the file names a module of the user's own, a venue or a backoff, have Python look for it in the
    current folder and in that of the file: behind all else, and the same whatever command loads the file."""
    settings = source.value if isinstance(source.value, dict) else {}
    account = settings.get("account")
    entries = [entry for kind in KINDS if isinstance(listed := settings.get(kind), list) for entry in listed]
    venues = [each for each in (account, *entries) if isinstance(each, dict)]
    waits = [each.get("reconnect") for each in (settings, *entries) if isinstance(each, dict)]
    if any(str(each.get("venue", "")).find(".") > 0 for each in venues) or any(
        str(each.get("strategy", "")).startswith(CUSTOM) for each in waits if isinstance(each, dict)
    ):
        with contextlib.suppress(FileNotFoundError):  # the current folder is gone
            places = [str(Path.cwd()), str(folder.absolute())]
            sys.path += [place for place in dict.fromkeys(places) if place not in sys.path]


def load_text(text: str, name: str, folder: Path) -> Config:
    """Like :func:`load`, for the text of a file called ``name`` in ``folder``."""
    config, marks = _checked(text, name, folder)
    vars(config)["marks"] = marks
    return config


def _checked(text: str, name: str, folder: Path) -> tuple[Config, Marks]:
    source = Source(text, folder)
    _find_modules(source, folder)
    profile = _profile(source)
    if profile is not None and not has_duties(source.value):
        source.default("account", "session", session_unless_written(profile))
    problems = list(source.problems)
    if source.value is not BROKEN:
        try:
            config = Config.model_validate(source.value, context=folder)
        except ValidationError as error:
            problems += [_with_origin(problem, source) for problem in problems_in(error, source)]
    if problems:
        found = dict.fromkeys(sorted(problems, key=_place))  # an entry is checked as a whole, and as settings
        raise ConfigInvalid([problem.line(name) for problem in found])
    secrets = config.secrets | inserted_secrets(config, source.inserted)
    for each in (config, *config.duties.values()):
        each.learn_secrets(secrets)
    return config, source.marks
