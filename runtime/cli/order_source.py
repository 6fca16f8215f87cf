"""Where the commands of orders and deals find them: the running runtime, and the journal."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from actors.errors import Halted, NoRuntime, RuntimeHung
from actors.orders.order import Order
from runtime.control.attachment import Attachment, attach
from runtime.control.path import SUFFIX
from runtime.storage.inspection import mark_of, read_orders, read_retired


class OrderSource(NamedTuple):
    """``attachment`` is ``None`` if no runtime answers; ``absence`` says why then."""

    target: Path
    attachment: Attachment | None
    absence: str
    account: str = ""

    @property
    def journal(self) -> Path:
        """The journal of the runtime, or the one that a runtime with this configuration would use.

        Raises ``NoRuntime`` if only a running runtime knows it.
        """
        if self.attachment is not None and self.attachment.runtime.journal:
            return Path(self.attachment.runtime.journal)
        reason = self.absence or "the runtime has no journal of orders"
        if self.target.suffix == SUFFIX:
            raise NoRuntime(f"{reason}; name the configuration, which says where the journal is")
        from runtime.config import load  # noqa: PLC0415  # what follows loads the settings of all actors
        from runtime.system.settings import journal_path  # noqa: PLC0415

        config = load(self.target).of(self.account)
        login = config.account.login
        if login is None and not config.orders.journal:
            raise NoRuntime(
                f"{reason}; and a practice session without orders.journal keeps no orders after its end"
            )
        return journal_path(config, login)

    def orders(self) -> list[Order]:
        """Those of the journal, oldest first; none if there has never been a journal. Raises ``Halted`` if it
        cannot be read, ``NoRuntime`` as ``journal`` does."""
        path = self.journal
        return [] if self._never_written(path) else read_orders(path)

    def retired(self) -> dict[str, str]:
        """The last states of the orders that have left the journal, by their ids; raises as ``orders``."""
        path = self.journal
        states = {} if self._never_written(path) else read_retired(path)
        return {id: state.value for id, state in states.items()}

    def described(self) -> str:
        """The journal, and whether a runtime works on it."""
        path = self.journal
        none_yet = self._never_written(path)
        text = f"there is no journal {path} yet" if none_yet else f"this is the journal {path}"
        return f"{self.absence}; {text}" if self.absence else text

    def _never_written(self, path: Path) -> bool:
        """A runtime makes its journal at the start, so beside a runtime there was one."""
        try:
            was_written = path.exists() or path.is_symlink() or mark_of(path).exists()
        except OSError as error:
            raise Halted(f"the journal {path} cannot be read: {error.strerror}") from error
        return self.attachment is None and not was_written


@contextmanager
def find_orders(target: Path, account: str = "") -> Iterator[OrderSource]:
    """What is there of the runtime with this configuration or control socket, or of one of its accounts.

    Raises ``ConfigInvalid``, and ``RequestRefused`` if a runtime refuses this process.
    """
    try:
        attachment = attach(target, account=account, operates=True)
    except (NoRuntime, RuntimeHung) as error:
        yield OrderSource(target, None, str(error), account)
        return
    with attachment:
        yield OrderSource(target, attachment, "", account)
