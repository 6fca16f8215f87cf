"""What an order may be."""

from typing import Annotated

from pydantic import Field

from runtime.config.sections.account import DEFAULTS
from runtime.config.types import fields
from runtime.config.types.fields import DAY, WHOLE_NUMBER, Duration, Flag, compared
from runtime.config.types.section import Section

assert DEFAULTS.trading is not None
_RULES = DEFAULTS.trading.rules


class OrdersConfig(Section):
    """What an order may be, and where it is journaled before it is sent."""

    journal: fields.FilePath = ""
    """A file that one runtime at a time uses, relative to the configuration's folder; empty: a file in the
    user's state folder, or a temporary one on the practice exchange."""
    retention: fields.Retention = 90 * DAY
    """How long a finished order stays in the journal; its id stays for ever."""
    share_account: Flag = False
    """Whether another runtime on this machine may trade on the account, with another journal. Each may take
    the other's equal deal for its own."""
    minimum_amount: Annotated[int, Field(ge=1), WHOLE_NUMBER] = _RULES.minimum_amount
    """A smaller order is refused before it is sent; in the account's currency."""
    maximum_amount: Annotated[int, Field(ge=1), WHOLE_NUMBER, compared(">=", "minimum_amount")] = (
        _RULES.maximum_amount
    )
    """A larger order is refused before it is sent."""
    maximum_duration: fields.Period = _RULES.maximum_duration
    """A longer deal is refused before it is sent; the shortest is the asset's own."""
    maximum_open: Annotated[int, Field(ge=1, le=1000), WHOLE_NUMBER] = 10
    """Deals that may be open, or sent and unanswered, at once."""
    daily_loss: Annotated[int, Field(ge=1), WHOLE_NUMBER] | None = None
    """Once the deals of our orders that closed today lost so much together, every order is refused until 0:00
    UTC by the venue's clock; null: no such limit."""
    daily_orders: Annotated[int, Field(ge=1), WHOLE_NUMBER] | None = None
    """Orders and pending orders of one day (UTC, by the venue's clock); null: no such limit."""
    minimum_payout: Annotated[int, Field(ge=0, le=1000), WHOLE_NUMBER] = 0
    """An order on an asset that pays less is refused before it is sent; in percent."""
    verdict_delay: Duration = 6.0
    """How long after a later login an order whose answer was lost may still appear."""
