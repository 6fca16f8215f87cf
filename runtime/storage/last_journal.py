"""Where the journal of an account was last: one that has gone with its mark is not made anew."""

from pathlib import Path

from loguru import logger

from runtime.storage.inspection import mark_of


def remember_journal(path: Path, journal: Path) -> None:
    """Keep beside the lock of an account, in the file ``path``.journal, where its journal is."""
    try:
        _note_of(path).write_text(str(journal.absolute()), encoding="utf-8")
    except OSError as error:
        logger.warning(
            "a journal that is lost with its folder will not be noticed: {}; let its folder be written to",
            error,
        )


def lost_journal(path: Path, journal: Path) -> str:
    """Why no new journal may be made where ``remember_journal`` says that there was one: it has gone with its
    mark, for example with its folder, and so have its orders in doubt and its halt. ``""`` if one may be."""
    note = _note_of(path)
    try:
        if journal.exists() or mark_of(journal).exists():
            return ""
        if not note.exists() or note.read_text(encoding="utf-8") != str(journal.absolute()):
            return ""
    except (OSError, ValueError):
        return ""  # to open it says what is wrong
    return (
        f"the journal {journal.absolute()} is gone with its mark, but was there before: put a copy back; or"
        f" remove {note}, if no order of it can still be open"
    )


def _note_of(path: Path) -> Path:
    return path.with_name(f"{path.name}.journal")
