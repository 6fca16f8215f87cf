"""The configuration of each account and each feed: its own settings, joined with those at the top.

What holds for a configuration with one account then holds for each of them, and is checked by the same
rules. A problem is told at the place where the setting stands.
"""

import difflib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import InitErrorDetails

from runtime.config.sections.account import DEFAULT_VENUE, AccountConfig
from runtime.config.sections.accounts import AccountEntry, FeedEntry
from runtime.config.types import checks
from runtime.config.types.problems import Path

KINDS: Final = ("accounts", "feeds")
"""The settings that hold them."""

OF_THE_PROCESS: Final = frozenset({"account", "cluster", "status", *KINDS})
"""What none of them takes over from the top."""

_FACTS: Final = frozenset(
    {"name", "venue", "session", "allow_live", "accounts", "assets", "period", "hosts", "standby"}
)
"""What an entry says of itself."""

OWN: Final = {
    "accounts": frozenset(AccountEntry.model_fields) - _FACTS,
    "feeds": frozenset(FeedEntry.model_fields) - _FACTS,
}
"""The sections that an entry may have of its own."""

C = TypeVar("C", bound=BaseModel)

_Problem = tuple[Path, str]


class _Entry(NamedTuple):
    """One entry as it is written: ``settings`` are those of its configuration as if it were alone."""

    path: Path
    name: str
    written: Mapping[str, Any]
    settings: dict[str, Any]

    @property
    def is_feed(self) -> bool:
        return self.path[0] == "feeds"


def has_duties(written: object) -> bool:
    """Whether a configuration has accounts or feeds of a name."""
    return isinstance(written, Mapping) and any(written.get(kind) for kind in KINDS)


def check_each(
    written: Any, whole: Callable[[Any], C], alone: Callable[[Any], C]
) -> tuple[C, dict[str, tuple[Path, C]]]:
    """The whole configuration, and that of each entry by its name, with the path of the entry.

    ``whole`` and ``alone`` validate them. Raises ``ValidationError`` with the problems of all.
    """
    if not has_duties(written):
        return whole(written), {}
    errors: list[InitErrorDetails] = []
    known: set[Path] = set()
    config: C | None = None
    try:
        config = whole(written)
    except ValidationError as error:
        errors += map(_again, error.errors(include_url=False))
        known = {each["loc"] for each in error.errors(include_url=False)}
    found: dict[str, tuple[Path, C]] = {}
    entries = [*_entries(written)]
    for entry in entries:
        try:
            found[entry.name] = (entry.path, alone(entry.settings))
        except ValidationError as error:
            listed = error.errors(include_url=False)
            errors += [_again(each, entry) for each in listed if each["loc"] not in known]
    configs = {name: each for name, (_, each) in found.items()}
    for path, text in _misfits(written, entries, configs):
        errors.append(InitErrorDetails(type=checks.found([((), text)]), loc=path, input=""))
    if errors or config is None:
        raise ValidationError.from_exception_data("Config", errors, hide_input=True)
    return config, found


def journals(configs: Iterable[tuple[Path, Any]]) -> Iterator[_Problem]:
    """A problem for each journal that an earlier one has too; a journal belongs to one account."""
    first: dict[str, Path] = {}
    for path, config in configs:
        if config.orders.journal:
            real = os.path.realpath(config.path(config.orders.journal))
            if real in first:
                yield (
                    (*path, "orders", "journal"),
                    f"is the journal of {_shown(first[real])} too (give each its own)",
                )
            first.setdefault(real, path)


def nearest(name: str, names: Iterable[str]) -> str:
    """`` (did you mean NAME?)`` or, if none is near, what the names are."""
    known = list(names)
    near = difflib.get_close_matches(name, known, n=1)
    return f" (did you mean {near[0]}?)" if near else f" (there are {', '.join(known)})" if known else ""


def _plain(value: Any) -> Any:
    return value.model_dump(exclude_unset=True) if isinstance(value, BaseModel) else value


def _entries(written: Mapping[str, Any]) -> Iterator[_Entry]:
    top = {name: _plain(value) for name, value in written.items() if name not in OF_THE_PROCESS}
    account = _plain(written.get("account"))
    venue = account.get("venue", DEFAULT_VENUE) if isinstance(account, Mapping) else DEFAULT_VENUE
    logins: dict[str, dict[str, Any]] = {}
    for kind in KINDS:
        listed = written.get(kind)
        for index, entry in enumerate(map(_plain, listed if isinstance(listed, list) else ())):
            if not isinstance(entry, Mapping) or not isinstance(name := entry.get("name"), str):
                continue  # the check of the whole tells it
            common = {key: value for key, value in top.items() if kind == "accounts" or key != "orders"}
            settings = {**common, **_joined(common, entry, OWN[kind], name)}
            login = {key: entry[key] for key in ("venue", "session", "allow_live") if key in entry}
            if kind == "accounts":
                logins[name] = login = {"venue": venue, "session": "", **login}
            else:
                borrowed = entry.get("accounts")
                named = borrowed[0] if isinstance(borrowed, list) and borrowed else None
                lent = {**logins.get(named, {}), "allow_live": False} if isinstance(named, str) else {}
                login = {"venue": venue, "session": "", **login, **lent}
                settings["streams"] = _streams(entry)
            yield _Entry((kind, index), name, entry, {**settings, "account": login})


def _joined(
    common: Mapping[str, Any], entry: Mapping[str, Any], sections: Iterable[str], name: str
) -> dict[str, Any]:
    """The sections of an entry: key by key where both are mappings, else its own."""
    joined: dict[str, Any] = {}
    for section in sections:
        if section in entry:
            own, top = _plain(entry[section]), common.get(section)
            both = isinstance(own, Mapping) and isinstance(top, Mapping)
            joined[section] = {**top, **own} if both else own  # type: ignore[dict-item]
    record, own = joined.get("record", common.get("record")), _plain(entry.get("record"))
    is_own = isinstance(own, Mapping) and "folder" in own
    if not is_own and isinstance(record, Mapping) and isinstance(folder := record.get("folder"), str):
        # As it is written, which may be relative; no folder stays none.
        joined["record"] = {**record, "folder": folder and os.path.join(folder, name)}  # noqa: PTH118
    return joined


def _streams(entry: Mapping[str, Any]) -> Any:
    assets = entry.get("assets")
    period = {"period": entry["period"]} if "period" in entry else {}
    return [{"asset": each, **period} for each in assets] if isinstance(assets, list) else []


def _again(error: Any, entry: _Entry | None = None) -> InitErrorDetails:
    """``error`` once more; that of the configuration of an entry where the file has it."""
    loc = error["loc"] if entry is None else _place(error["loc"], entry)
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == checks.KIND:
        kind = checks.found(context["problems"])
        if entry is not None and loc[-1:] == ("assets",):  # its paths are those of streams
            kind = checks.found([(path[:1], text) for path, text in context["problems"]])
    return InitErrorDetails(type=kind, loc=loc, input=error["input"], ctx=context)


def _place(loc: Path, entry: _Entry) -> Path:
    """Where a setting of the configuration of an entry stands."""
    match loc:
        case ("account", *rest):
            return (*entry.path, *rest)
        case ("streams", *rest) if entry.is_feed:
            return (*entry.path, "assets", *rest[:1])
        case _:
            return (*entry.path, *loc)


def _misfits(
    written: Mapping[str, Any], entries: list[_Entry], configs: Mapping[str, Any]
) -> Iterator[_Problem]:
    """What no entry shows alone."""
    account = _plain(written.get("account"))
    for key in account if isinstance(account, Mapping) else ():
        if key != "venue" and key in AccountConfig.model_fields:
            yield ("account", key), "has no effect with accounts: write it below accounts, for each"
    accounts = [entry for entry in entries if not entry.is_feed]
    first: dict[str, Path] = {}
    for entry in entries:
        if entry.name.casefold() in first:
            yield (*entry.path, "name"), f"is the name of {_shown(first[entry.name.casefold()])} too"
        first.setdefault(entry.name.casefold(), entry.path)
    yield from _sessions(accounts, configs)
    orders = _plain(written.get("orders"))
    shared = isinstance(orders, Mapping) and bool(orders.get("journal"))
    own = [
        isinstance(each := entry.written.get("orders"), Mapping) and "journal" in each for entry in accounts
    ]
    if shared and len(accounts) > 1 and not all(own):
        text = (
            "is one file, and there are several accounts (leave it out, or give each its own below accounts)"
        )
        yield ("orders", "journal"), text
    else:
        yield from journals((each.path, configs[each.name]) for each in accounts if each.name in configs)
    yield from _logins_of_feeds(entries)


def _sessions(accounts: Iterable[_Entry], configs: Mapping[str, Any]) -> Iterator[_Problem]:
    """No text of a session is in a problem."""
    first: dict[tuple[str, str, str], Path] = {}
    for entry in accounts:
        config = configs.get(entry.name)
        if config is None or (login := config.account.login) is None or login.guest:
            continue
        key = (config.account.venue, login.account.value, login.user)
        if key in first:
            text = f"is of the same account at the venue as {_shown(first[key])} (an account is listed once)"
            yield (*entry.path, "session"), text
        first.setdefault(key, entry.path)


def _logins_of_feeds(entries: list[_Entry]) -> Iterator[_Problem]:
    names = [entry.name for entry in entries if not entry.is_feed]
    for entry in entries:
        if not entry.is_feed:
            continue
        borrowed, session = entry.written.get("accounts"), entry.written.get("session")
        if borrowed and session:
            yield (
                (*entry.path, "session"),
                "is a second one: accounts says whose session it uses (leave one out)",
            )
        elif not borrowed and session is None:
            yield entry.path, "has no session (write accounts: [NAME] for that of an account, or session)"
        for index, name in enumerate(borrowed if isinstance(borrowed, list) else ()):
            if isinstance(name, str) and name not in names:
                yield (*entry.path, "accounts", index), f"is no name of an account{nearest(name, names)}"


def _shown(path: Path) -> str:
    return f"{path[0]}[{path[1]}]"
