"""The watch over a file on Linux, where the kernel tells of changes.

Without watchdog, which listens to everything in the folder of a file: the journal may lie in that of the
configuration, and each of its writes would wake two threads while an order waits.
"""

import ctypes
import errno
import os
import select
import stat
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from runtime.system.file_watch import RELEASE_TIMEOUT, FileWatch

MODIFY: Final = 0x2
ATTRIB: Final = 0x4
CLOSE_WRITE: Final = 0x8
MOVED_FROM: Final = 0x40
MOVED_TO: Final = 0x80
CREATE: Final = 0x100
DELETE: Final = 0x200
DELETE_SELF: Final = 0x400
MOVE_SELF: Final = 0x800
Q_OVERFLOW: Final = 0x4000

IN_FILE: Final = MODIFY | ATTRIB | CLOSE_WRITE
"""The closing too: of a writer by another hard link, the folder does not tell."""

OF_FOLDER: Final = DELETE_SELF | MOVE_SELF
"""What is listened to further up: nothing of what the folder has in it."""

IN_FOLDER: Final = ATTRIB | CREATE | DELETE | MOVED_FROM | MOVED_TO | CLOSE_WRITE | OF_FOLDER
"""What is listened to in a folder: not writes, since those to other files are many."""

_HEAD: Final = struct.Struct("@iIII")  # of struct inotify_event: wd, mask, cookie, len; then the name
_MOST: Final = 64 * 1024


class InotifyWatch(FileWatch):
    """Listens to the file for writes, to the folders of file and links for everything else, and further up
    for folders that are exchanged."""

    def __init__(self, path: Path, on_change: Callable[[], None]) -> None:
        super().__init__(path, on_change)
        self._inotify: Inotify | None = None
        self._thread: threading.Thread | None = None
        self._lock = threading.Lock()
        self._paths: dict[int, Path] = {}
        """By the number of the watch."""

    def start(self) -> None:
        inotify = Inotify()
        thread = threading.Thread(target=self._run, args=(inotify,), name="watch configuration", daemon=True)
        try:
            thread.start()
        except RuntimeError as error:  # the system has no more threads to give
            inotify.close()
            raise OSError(errno.EAGAIN, str(error)) from error
        self._inotify, self._thread = inotify, thread
        self.renew()

    def stop(self) -> None:
        if self._inotify is not None and self._thread is not None:
            self._inotify.end()
            self._inotify = None
            self._thread.join(RELEASE_TIMEOUT)

    def follow(self, folders: set[Path], file: Path) -> None:
        if self._inotify is None:
            return
        paths: dict[int, Path] = {}
        failure: OSError | None = None
        with self._lock:  # an event of a new watch waits until its path is known
            for path, events in _listened_to(folders, file):
                try:
                    paths[self._inotify.add(path, events)] = path
                except FileNotFoundError:
                    continue  # the folder above tells when it comes
                except OSError as error:
                    if events == OF_FOLDER and isinstance(error, PermissionError):
                        continue  # a folder that may be passed, and not read, is usual further up
                    failure = failure or error
            for watch in self._paths.keys() - paths.keys():
                self._inotify.remove(watch)
            self._paths = paths
        if failure is not None:
            raise failure

    def _run(self, inotify: "Inotify") -> None:
        for watch, event, name in inotify.events():
            with self._lock:
                path = self._paths.get(watch)
            of_trail = path is not None and (not name or path / name in self.trail)
            if event & Q_OVERFLOW or of_trail:
                if not event & ATTRIB:  # its writer may have it open still
                    made = path is not None and event & CREATE and _may_have_writer(path / name)
                    self.written = bool(event & MODIFY or made)
                self.on_change()


def _listened_to(folders: set[Path], file: Path) -> list[tuple[Path, int]]:
    """Paths with their events, from the top: a folder that is exchanged meanwhile is listened to already."""
    events = {above: OF_FOLDER for folder in folders for above in folder.parents if above != above.parent}
    events |= dict.fromkeys(folders, IN_FOLDER)
    events[file] = events.get(file, 0) | IN_FILE
    return sorted(events.items())


def _may_have_writer(made: Path) -> bool:
    """False for what is made whole, so that nobody will close it: a link, a hard link, a pipe, a folder."""
    try:
        status = made.lstat()
    except OSError:
        return False
    return stat.S_ISREG(status.st_mode) and status.st_nlink == 1


class Inotify:
    """Watches of the kernel, each with the events that it tells of. Raises ``OSError`` if the system has no
    more to give."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = _checked(self._libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        try:
            self._end, self._ending = os.pipe()
        except OSError:
            os.close(self._fd)
            raise

    def add(self, path: Path, events: int) -> int:
        """The number of the watch; the same again, if it is the same file again."""
        watch = self._libc.inotify_add_watch(self._fd, os.fsencode(path), ctypes.c_uint32(events))
        return _checked(watch, str(path))

    def remove(self, watch: int) -> None:
        """Do nothing if its file is gone: the watch is too."""
        self._libc.inotify_rm_watch(self._fd, watch)

    def events(self) -> Iterator[tuple[int, int, str]]:
        """Watch, event and the name in the folder, until ``end``; then everything is closed."""
        poll = select.poll()
        for descriptor in (self._fd, self._end):
            poll.register(descriptor, select.POLLIN)
        while not any(descriptor == self._end for descriptor, _ in poll.poll()):
            yield from _parsed(os.read(self._fd, _MOST))
        self.close()

    def close(self) -> None:
        """Only where ``events`` does not run: it closes by itself."""
        for descriptor in (self._fd, self._end, self._ending):
            os.close(descriptor)

    def end(self) -> None:
        """Call it once, from any thread."""
        os.write(self._ending, b".")


def _parsed(data: bytes) -> Iterator[tuple[int, int, str]]:
    at = 0
    while at < len(data):
        watch, event, _, length = _HEAD.unpack_from(data, at)
        at += _HEAD.size + length
        yield watch, event, os.fsdecode(data[at - length : at].rstrip(b"\0"))


def _checked(result: int, path: str | None = None) -> int:
    if result < 0:
        number = ctypes.get_errno()
        bound = "; sysctl fs.inotify has the limits" if number in {errno.ENOSPC, errno.EMFILE} else ""
        raise OSError(number, os.strerror(number) + bound, path)
    return result
