"""The account desk: logins, and the pushes that follow them."""

import secrets
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Literal

import msgspec

from runtime.practice.faults.active_faults import ActiveFaults
from runtime.practice.faults.variants import AssetsFirst
from runtime.practice.faults.venue import RefuseSessions
from runtime.practice.market.assets import AssetTable
from runtime.practice.server import packets
from runtime.practice.server.clock import ExchangeClock
from runtime.practice.server.connection import ClientConnection, LoginState, Stage
from runtime.practice.server.event_routes import Route, Routes
from runtime.practice.session_mark import SESSION_MARK
from runtime.practice.trading.pushes import AccountPush, AccountPushes


class Credentials(msgspec.Struct, frozen=True):
    """One account, drawn at random."""

    session: str = msgspec.field(default_factory=lambda: SESSION_MARK + secrets.token_hex(9))
    uid: int = msgspec.field(default_factory=lambda: 10_000_000 + secrets.randbelow(90_000_000))
    guest: str = msgspec.field(default_factory=lambda: SESSION_MARK + secrets.token_hex(9))

    def __repr__(self) -> str:
        return "Credentials(***)"

    def frame(self) -> str:
        """The text of the auth frame that a browser would send."""
        auth = {
            "session": self.session,
            "isDemo": 1,
            "uid": self.uid,
            "platform": 2,
            "isFastHistory": True,
            "isOptimized": True,
        }
        return "42" + packets.encode(["auth", auth]).decode()

    def guest_frame(self) -> str:
        """The text of the auth frame of a guest (protocol 1.2)."""
        auth = {"token": self.guest, "balance": 10_000, "isFastHistory": True}
        return "42" + packets.encode(["auth", auth]).decode()


class _Auth(msgspec.Struct, rename="camel"):
    session: str
    is_demo: Literal[0, 1]
    uid: int
    platform: int
    is_fast_history: bool = False

    def __repr__(self) -> str:
        return "_Auth(***)"


class _GuestAuth(msgspec.Struct, rename="camel"):
    """``balance`` is what the guest's page shows; this exchange has one account, and its balance counts."""

    token: str
    balance: float
    is_fast_history: bool = False

    def __repr__(self) -> str:
        return "_GuestAuth(***)"


_SAVED: Mapping[str, object] = {
    "favorite/load": {"list": [], "favorites": []},
    "indicator/load": {"list": [], "favorites": []},
    "price-alert/load": {"list": []},
}
"""What a browser saves at the venue and loads after a login: nothing here (protocol 1.7.12)."""


class AccountDesk:
    """Accepts a client with a session of one of its accounts, unless a fault refuses all logins. ``pushes``
    are those of each account, by its uid."""

    def __init__(
        self,
        credentials: Sequence[Credentials],
        pushes: Mapping[int, AccountPushes],
        assets: AssetTable,
        faults: ActiveFaults,
        clock: ExchangeClock,
    ) -> None:
        self._faults = faults
        self._credentials = credentials
        self._pushes = pushes
        self._assets = assets
        self._clock = clock
        self.routes: Routes = {
            "auth": Route(object, self._authenticate, before_login=True),
            "ps": Route(object, lambda client, _: client.keep(), before_login=True),
            "getBalance": Route(object, lambda client, _: self._tell_balance(client)),
            "updateBalance": Route(object, lambda client, _: self._tell_balance(client)),
            **{name: Route(object, partial(self._load_saved, name)) for name in _SAVED},
        }

    def _authenticate(self, client: ClientConnection, payload: object) -> None:
        if client.stage is Stage.AUTHENTICATED:
            return
        login = self._login(payload)
        if login is None or self._faults.take(RefuseSessions, region=client.region):
            client.send(packets.text_event("NotAuthorized"), packets.DISCONNECT)
            client.leave("not authorized")
            return
        client.accept(login)
        self._welcome(client)

    def _tell_balance(self, client: ClientConnection) -> None:
        self._pushes[client.login.uid].tell(client, AccountPush.BALANCE)

    def _load_saved(self, name: str, client: ClientConnection, _: object) -> None:
        client.emit(f"success{name}", _SAVED[name])

    def _login(self, payload: object) -> LoginState | None:
        """``None`` for what is neither a session of this exchange nor that of its guest. A guest has
        the first account."""
        guest = isinstance(payload, dict) and "token" in payload
        try:
            if guest:
                visit = msgspec.convert(payload, _GuestAuth)
                first = self._credentials[0]
                state = LoginState(demo=True, fast_history=visit.is_fast_history, uid=first.uid)
                return state if _equal(visit.token, first.guest) else None
            auth = msgspec.convert(payload, _Auth, strict=False)  # a uid may come as a string
        except msgspec.ValidationError:
            return None
        account = next((each for each in self._credentials if _equal(auth.session, each.session)), None)
        if account is None:
            return None
        return LoginState(auth.is_demo == 1, auth.is_fast_history, account.uid)

    def _welcome(self, client: ClientConnection) -> None:
        """The pushes that follow a login (protocol 1.2)."""
        server = {} if client.login.demo else {"serverName": client.region}
        first = [
            ("successauth", {"id": secrets.token_urlsafe(15)} | server),
            ("updateAssets", self._assets.rows(self._clock.now())),
        ]
        if self._faults.find(AssetsFirst, region=client.region):
            first.reverse()
        for name, payload in first:
            client.emit(name, payload)
        self._pushes[client.login.uid].tell(client, *AccountPush)
        client.emit("updateCharts", [])


def _equal(one: str, other: str) -> bool:
    return secrets.compare_digest(one.encode(), other.encode())
