"""Parses the session string that a user pastes into a ``Login`` (protocol 3)."""

import hashlib
import json
import re
from urllib.parse import parse_qs, urlsplit

from actors.errors import LoginInvalid
from actors.values import AccountKind, Secret
from actors.venues.base import Login
from actors.venues.pocketoption.profile import PROFILE

_ADVICE = (
    'paste the whole message that the browser sends to the trading socket, from 42["auth",{"session": '
    "to }], unchanged and between single quotes"
)
_GUEST_ADVICE = (
    'paste the whole auth message that the site sends for a guest, from 42["auth",{"token": to }], '
    "between single quotes"
)
_SHORTEST_SESSION = 10
_LONGEST_MESSAGE = 16 * 1024
_PHP_SESSION = re.compile(r"a:[0-9]+:\{")

# What users paste by mistake; the first pattern that matches gives the name.
_STRANGERS = (
    (re.compile(r"(?i)(.*\b(ci|po)_session\s*=|a%3a[0-9]+%3a)", re.DOTALL), "a cookie, not a session string"),
    (re.compile(r"\$\{?\w+"), "the name of a variable that was not expanded"),
    (_PHP_SESSION, "only the session, without its isDemo and uid"),
    (re.compile(r"[A-Za-z0-9_-]+\Z"), "a bare session id, without its isDemo and uid"),
    (re.compile(r"[0-9]+-?\[|[0-9]+\{|\["), "a message, but not the whole auth message"),
)
_DAMAGE = (
    (re.compile(r"[\u201c\u201d\u2018\u2019]"), "an auth message with typographic quotes"),
    (re.compile(r'\\"(auth|session)\\"'), "an auth message that was encoded twice"),
    (
        re.compile(r'a:[0-9]+:\{(?!.*\\")', re.DOTALL),
        "an auth message whose session has lost its backslashes",
    ),
)

_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'((?:[^'\\]|\\.)*)'""", re.DOTALL)
_UNQUOTED = re.compile(r"""42\[\s*"?auth"?\s*,\s*\{([^{}"'\\]*)\}\s*\]""")
_UNQUOTED_FIELD = re.compile(r"\s*(\w+)\s*:\s*(\S+)\s*", re.ASCII)

# Only these fields have one possible type, so their lost quotes can be restored without a guess.
_TEXT, _INTEGER, _BOOLEAN = (
    re.compile(r"[\w./-]+", re.ASCII),
    re.compile(r"0|[1-9][0-9]*"),
    re.compile("true|false"),
)
_FIELD_TYPES = {
    "session": _TEXT,
    "isDemo": _INTEGER,
    "uid": _INTEGER,
    "platform": _INTEGER,
    "isFastHistory": _BOOLEAN,
    "isOptimized": _BOOLEAN,
    "currentUrl": _TEXT,
    "lang": _TEXT,
}


def parse_login(text: str) -> Login:
    """Recognise a pasted session string (protocol 3.1).

    Accepted: the whole ``42["auth",{...}]`` message or its object alone, also with single quotes, or with
    lost quotes as long as nothing has to be guessed. Everything else raises ``LoginInvalid``. The secret is
    the complete text message to send, as close to what was pasted as can be. The header is the browser's
    where the session records it (its PHP form): the venue refuses a live session from another browser
    (protocol 1.1).

    The auth message of a guest, with a ``token`` in place of a session, is accepted too (protocol 1.2).
    """
    text = _unwrapped(text)
    if text.lower() == "guest":
        raise LoginInvalid(f"a guest needs a token, which only the venue's site gives out: {_GUEST_ADVICE}")
    message, fields = _read(text)
    if "token" in fields and "session" not in fields:
        return _guest(message, fields)
    agent = _php_field(_session(fields), "user_agent", r"[ !#-~]+")
    return Login(
        account=_account(fields.get("isDemo")),
        user=_uid(fields.get("uid")),
        secret=Secret(message),
        headers={"User-Agent": agent} if agent else {},
    )


def refuse_region(url: str, account: AccountKind) -> str:
    """A demo session goes to demo hosts alone, a live one to the others (protocol 2.1); hosts outside
    ``po.market`` are not judged, so that a simulator or a relay can stand in. Whatever the host, the URL asks
    for the one version and the one transport that the session speaks (protocol 1.1)."""
    parts = urlsplit(url)
    host = (parts.hostname or "").removesuffix(".")
    is_demo = "demo" in host.partition(".")[0]
    if host.endswith(".po.market") and is_demo is not (account is AccountKind.DEMO):
        return f"is not a host for {account.value} sessions"
    asked = parse_qs(parts.query, keep_blank_values=True)
    for name, value in parse_qs(urlsplit(PROFILE.region_target).query).items():
        if asked.get(name, value) != value:
            return f"must have {name}={value[0]}, or no {name}, which adds it: the venue refuses another"
    return ""


def serves(url: str, login: Login) -> bool:
    """A guest is known at the try-demo hosts alone (protocol 1.2, by one source)."""
    host = (urlsplit(url).hostname or "").removesuffix(".")
    return not (login.guest and host.endswith(".po.market")) or host.startswith("try-demo-")


def _guest(message: str, fields: dict[str, object]) -> Login:
    token, balance = fields["token"], fields.get("balance")
    if not isinstance(token, str) or len(token) < _SHORTEST_SESSION:
        raise LoginInvalid(f"this is a guest's auth message without its token; {_GUEST_ADVICE}")
    if isinstance(balance, bool) or not isinstance(balance, int | float) or balance < 0:
        raise LoginInvalid(f"this is a guest's auth message without a balance; {_GUEST_ADVICE}")
    name = hashlib.sha256(token.encode()).hexdigest()[
        :12
    ]  # names the journal, and tells nothing of the token
    return Login(AccountKind.DEMO, f"guest-{name}", Secret(message), guest=True)


def _invalid(what: str) -> LoginInvalid:
    return LoginInvalid(f"this is {what}; {_ADVICE}")


def _unwrapped(text: str) -> str:
    """Without the white space and the quotes that a copy or an environment file leaves around it."""
    text = text.strip()
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1].strip()
    return text


def _read(text: str) -> tuple[str, dict[str, object]]:
    """The message to send and the fields in it."""
    if not text:
        raise _invalid("an empty session string")
    if len(text) > _LONGEST_MESSAGE:
        raise _invalid("far too long for a session string")
    if not text.startswith(("42[", "{")):
        raise _invalid(next((what for look, what in _STRANGERS if look.match(text)), "no session string"))
    message = f'42["auth",{text}]' if text.startswith("{") else text
    for candidate in (message, _with_double_quotes(message), _with_quotes(message) or ""):
        parts = _decoded(candidate)
        if parts is not None:
            return candidate, _fields(parts)
    raise _invalid(
        next((what for look, what in _DAMAGE if look.search(text)), "a damaged or cut off auth message")
    )


def _decoded(message: str) -> list[object] | None:
    """The array in a Socket.IO message; ``None`` if the message cannot be sent."""
    try:
        message.encode()  # an environment variable may hold bytes that are not UTF-8, as lone surrogates
        parts = json.loads(message[2:], object_pairs_hook=_unambiguous)
    except (ValueError, RecursionError):
        return None
    return parts if isinstance(parts, list) else None


def _unambiguous(pairs: list[tuple[str, object]]) -> dict[str, object]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key occurs twice")
    return fields


def _fields(parts: list[object]) -> dict[str, object]:
    match parts:
        case ["auth", dict() as fields]:
            pass
        case ["auth", str()]:
            raise _invalid("an auth message whose object was encoded twice")
        case _:
            raise _invalid("a message of the venue's protocol, but not the auth message")
    if "sessionToken" in fields or "isChart" in fields:
        raise _invalid("the auth message of the events or chart socket, which cannot trade")
    return fields


def _session(fields: dict[str, object]) -> str:
    session = fields.get("session")
    if not isinstance(session, str):
        raise _invalid("an auth message without a session")
    if len(session) < _SHORTEST_SESSION:
        raise _invalid("an auth message with a session that is too short to be one")
    if session[:4].lower() == "a%3a":
        raise _invalid("an auth message with a cookie's value for a session")
    if _PHP_SESSION.match(session) and '\\"' in session:
        raise _invalid("an auth message whose backslashes were doubled")
    return session


def _account(is_demo: object) -> AccountKind:
    match is_demo:
        case 1 | "1":
            return AccountKind.DEMO
        case 0 | "0":
            return AccountKind.LIVE
        case _:
            raise _invalid("an auth message that does not say demo or live (isDemo is 1 or 0)")


def _uid(uid: object) -> str:
    digits = str(uid) if isinstance(uid, int | str) and not isinstance(uid, bool) else ""
    if not re.fullmatch(r"[0-9]{1,19}", digits):
        raise _invalid("an auth message without an account number (uid)")
    return str(int(digits))


def _with_double_quotes(message: str) -> str:
    """With single-quoted strings in JSON's quotes; inside, ``"`` and ``\\"`` mean the same in both."""

    def requoted(match: re.Match[str]) -> str:
        inside = match[1]
        if inside is None:
            return match[0]
        return '"' + re.sub(r'\\.|"', lambda part: '\\"' if part[0] == '"' else part[0], inside) + '"'

    return _QUOTED.sub(requoted, message)


def _with_quotes(message: str) -> str | None:
    """With the quotes that a shell has removed; ``None`` if they cannot be restored without a guess."""
    whole = _UNQUOTED.fullmatch(message)
    if whole is None:
        return None
    members = []
    for part in whole[1].split(","):
        field = _UNQUOTED_FIELD.fullmatch(part)
        if field is None:
            return None
        name, value = field.groups()
        form = _FIELD_TYPES.get(name)
        if form is None or not form.fullmatch(value):
            return None
        members.append(f'"{name}":' + (f'"{value}"' if form is _TEXT else value))
    return f'42["auth",{{{",".join(members)}}}]'


def _php_field(session: str, name: str, form: str) -> str | None:
    """A text field of a PHP-serialised session; it becomes a header, so ``form`` is strict."""
    if not _PHP_SESSION.match(session):
        return None
    found = re.search(rf's:[0-9]+:"{name}";s:[0-9]+:"({form})";', session)
    return found[1] if found else None
