"""Session strings: the nine forms that people paste (protocol 3.1)."""

import json
import re

import pytest
from hypothesis import example, given, strategies as st

from actors.errors import LoginInvalid
from actors.values import AccountKind
from actors.venues.base import Login
from actors.venues.pocketoption.login import parse_login, serves

TOKEN = "k3n8v0canary7q2w5e9r1t4y6u"
HASH = "0123456789abcdef0123456789abcdef"
AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0"
PHP = (
    f'a:4:{{s:10:"session_id";s:32:"{HASH}";s:10:"ip_address";s:12:"203.0.113.77";'
    f's:10:"user_agent";s:{len(AGENT)}:"{AGENT}";s:13:"last_activity";i:1732926685;}}{HASH}'
)
DEMO = (
    f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":10000001,"platform":2,'
    '"isFastHistory":true,"isOptimized":true}]'
)
LIVE = f'42["auth",{{"session":{json.dumps(PHP)},"isDemo":0,"uid":10000002,"platform":2}}]'
SINGLE = DEMO.replace('"', "'")
MANGLED = DEMO.replace('"', "")
MANGLED_INSIDE = f'42["auth",{{session: {TOKEN}, isDemo: 1, uid: 10000001, platform: 2}}]'
OBJECT = DEMO.removeprefix('42["auth",').removesuffix("]")
LIVE_OBJECT = LIVE.removeprefix('42["auth",').removesuffix("]")


def fields_of(session: Login) -> dict[str, object]:
    name, fields = json.loads(session.secret.value.removeprefix("42"))
    assert name == "auth"
    assert isinstance(fields, dict)
    return fields


def test_a_whole_demo_message_is_sent_unchanged() -> None:
    session = parse_login(DEMO)
    assert session.secret.value == DEMO
    assert (session.account, session.user) == (AccountKind.DEMO, "10000001")
    assert session.headers == {}


def test_a_whole_live_message_keeps_every_backslash_and_shows_its_browser() -> None:
    session = parse_login(LIVE)
    assert session.secret.value == LIVE
    assert (session.account, session.user) == (AccountKind.LIVE, "10000002")
    assert session.headers == {"User-Agent": AGENT}


def test_the_object_alone_is_wrapped_and_otherwise_unchanged() -> None:
    assert parse_login(OBJECT).secret.value == DEMO
    assert parse_login(LIVE_OBJECT).secret.value == LIVE


@pytest.mark.parametrize("text", [MANGLED, MANGLED_INSIDE, OBJECT.replace('"', "")])
def test_quotes_lost_to_a_shell_are_given_back(text: str) -> None:
    session = parse_login(text)
    assert fields_of(session)["session"] == TOKEN
    assert (session.account, session.user) == (AccountKind.DEMO, "10000001")


def test_the_message_from_a_shell_is_byte_for_byte_the_one_that_was_copied() -> None:
    assert parse_login(MANGLED).secret.value == DEMO


@pytest.mark.parametrize(
    "text",
    [
        SINGLE,
        "42['auth',{'session':'" + TOKEN + "', 'isDemo': 1, 'uid': '10000001'}]",
        DEMO.replace('"auth"', "'auth'"),
        OBJECT.replace('"', "'"),
    ],
)
def test_single_quotes_are_made_double(text: str) -> None:
    session = parse_login(text)
    assert fields_of(session)["session"] == TOKEN
    assert session.user == "10000001"


@pytest.mark.parametrize("inside", ['"', '\\"'])
def test_a_live_session_in_single_quotes_is_the_same_session(inside: str) -> None:
    quoted = PHP.replace('"', inside)
    session = parse_login(f"42['auth',{{'session':'{quoted}','isDemo':0,'uid':10000002,'platform':2}}]")
    assert session.secret.value == LIVE
    assert session.headers == {"User-Agent": AGENT}


@pytest.mark.parametrize("around", ["{}\n", "  {}  ", "'{}'", '"{}"'])
def test_space_and_quotes_around_the_message_are_dropped(around: str) -> None:
    assert parse_login(around.format(DEMO)).secret.value == DEMO


def test_a_number_in_quotes_is_a_number() -> None:
    text = DEMO.replace("10000001", '"10000001"').replace('"isDemo":1', '"isDemo":"1"')
    session = parse_login(text)
    assert session.secret.value == text
    assert (session.account, session.user) == (AccountKind.DEMO, "10000001")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (TOKEN, "a bare session id"),
        (PHP, "only the session, without its isDemo and uid"),
        (f'42["auth",{json.dumps(OBJECT)}]', "encoded twice"),
        (json.dumps(DEMO), "encoded twice"),
        (
            f'42["auth",{{"sessionToken":"{TOKEN}","uid":"1","lang":"en","isChart":1}}]',
            "events or chart socket",
        ),
        (f'{{"sessionToken":"{TOKEN}","uid":"1"}}', "events or chart socket"),
        (f"ci_session={TOKEN}", "a cookie"),
        (f"Cookie: lang=en; po_session = {TOKEN}", "a cookie"),
        ("a%3A4%3A%7Bs%3A10%3A%22session_id%22" + TOKEN, "a cookie"),
        (f'42["auth",{{"session":"a%3A4%3A{TOKEN}","isDemo":0,"uid":1}}]', "a cookie's value"),
        ("", "empty"),
        (" \n", "empty"),
        ("${POCKET_OPTION_SSID}", "a variable"),
        ("$SSID", "a variable"),
        ('["auth",{"session":"' + TOKEN, "not the whole auth message"),
        (f'451-["auth",{{"session":"{TOKEN}"}}]', "not the whole auth message"),
        (f'0{{"sid":"{TOKEN}"}}', "not the whole auth message"),
        (f'42["user_init",{{"id":1,"secret":"{TOKEN}"}}]', "not the auth message"),
        (f'42["auth",{{"session":"{TOKEN}"}},1]', "not the auth message"),
        ('42["auth",{"session":"short","isDemo":1,"uid":1}]', "too short"),
        ('42["auth",{"isDemo":1,"uid":1}]', "without a session"),
        (f'42["auth",{{"session":"{TOKEN}","uid":1}}]', "demo or live"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":2,"uid":1}}]', "demo or live"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":[],"uid":1}}]', "demo or live"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":1}}]', "account number"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":true}}]', "account number"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":1,"uid":-1}}]', "account number"),
        (f'42["auth",{{"session":"{TOKEN}","isDemo":1,"isDemo":0,"uid":1}}]', "damaged"),
        (LIVE.replace('\\"', '"'), "lost its backslashes"),
        (LIVE.replace('\\"', "").replace('"', ""), "lost its backslashes"),
        (LIVE.replace('\\"', '\\\\\\"'), "backslashes were doubled"),
        (DEMO.replace('"', "\u201d"), "typographic quotes"),
        (DEMO[:-1], "damaged or cut off"),
        (DEMO[:60], "damaged or cut off"),
        (MANGLED.replace("platform:2", "platform:2,token:abc"), "damaged or cut off"),
        (MANGLED.replace("uid:10000001", "uid"), "damaged or cut off"),
        (DEMO.replace(TOKEN, TOKEN + "\udc80"), "damaged or cut off"),
        ('42["auth",' + "[" * 10_000, "damaged or cut off"),
        (DEMO + " " * 20_000 + ".", "far too long"),
        ("hello, world " + TOKEN, "no session string"),
    ],
)
def test_anything_else_is_named_and_refused_without_repeating_it(text: str, what: str) -> None:
    with pytest.raises(LoginInvalid, match=what) as refusal:
        parse_login(text)
    message = str(refusal.value)
    assert "paste the whole message" in message
    assert TOKEN not in message
    assert HASH not in message
    assert refusal.value.__context__ is None


def test_a_session_string_shows_no_secret() -> None:
    for shown in (repr(parse_login(DEMO)), str(parse_login(LIVE)), f"{parse_login(LIVE)}"):
        assert TOKEN not in shown
        assert HASH not in shown


def test_a_user_agent_that_would_break_a_header_is_not_taken() -> None:
    session = parse_login(LIVE.replace("Mozilla/5.0 ", "Mozilla\\r\\nX-Evil: 1 "))
    assert session.headers == {}


@given(
    st.text()
    | st.text(alphabet="42[]{}\"'\\:,au the1session")
    | st.builds(lambda cut: LIVE[:cut], st.integers(0, 400))
)
@example("42[" + "'" * 5000)
@example("42" + "a:1:{" * 3000)
def test_no_text_does_worse_than_being_refused(text: str) -> None:
    try:
        session = parse_login(text)
    except LoginInvalid:
        return
    assert json.loads(session.secret.value.removeprefix("42"))[0] == "auth"


# Guests

GUEST = '42["auth",{"token":"canary-token-1","balance":10000,"isFastHistory":true}]'
TRY_DEMO = "wss://try-demo-eu.po.market/socket.io/?EIO=4&transport=websocket"


@pytest.mark.parametrize("pasted", [GUEST, GUEST[10:-1], f"'{GUEST}'", GUEST.replace('"', "'")])
def test_a_guest_is_a_demo_account_without_a_number(pasted: str) -> None:
    login = parse_login(pasted)
    assert (login.account, login.guest) == (AccountKind.DEMO, True)
    assert login.secret.value == GUEST
    assert re.fullmatch(r"guest-[0-9a-f]{12}", login.user)
    assert "canary" not in repr(login)


def test_two_guests_have_two_names() -> None:
    assert parse_login(GUEST).user != parse_login(GUEST.replace("token-1", "token-2")).user


@pytest.mark.parametrize(
    ("pasted", "because"),
    [
        ("guest", "only the venue's site gives out"),
        ('42["auth",{"token":"short","balance":1}]', "without its token"),
        ('42["auth",{"token":7,"balance":1}]', "without its token"),
        ('42["auth",{"token":"canary-token-1"}]', "without a balance"),
        ('42["auth",{"token":"canary-token-1","balance":-1}]', "without a balance"),
        ('42["auth",{"token":"canary-token-1","balance":true}]', "without a balance"),
    ],
)
def test_what_is_no_guest_is_refused_with_what_to_do(pasted: str, because: str) -> None:
    with pytest.raises(LoginInvalid, match=because) as refused:
        parse_login(pasted)
    assert "paste the whole auth message" in str(refused.value)
    assert "canary" not in str(refused.value)


def test_a_guest_goes_to_the_hosts_that_know_guests_and_an_account_where_it_went_before() -> None:
    guest, account = parse_login(GUEST), parse_login(DEMO)
    demo = TRY_DEMO.replace("try-demo", "demo-api")
    assert [serves(url, guest) for url in (TRY_DEMO, demo, "ws://127.0.0.1:8000/")] == [True, False, True]
    assert all(serves(url, account) for url in (TRY_DEMO, demo))
