"""The way to the venue: proxy, certificate authorities, and the client's own certificate."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

from actors.errors import ConfigInvalid
from actors.network import Proxy
from actors.values import Secret
from runtime.config import Config, ConnectionConfig, effective_yaml, load, load_text
from runtime.system.settings import connection_settings

CANARY = "k3n8v0canary"
PASSWORD = "opens-it-4711"


def read(connection: str, folder: Path = Path()) -> ConnectionConfig:
    return load_text(f"connection:\n  {connection}\n", "tellwire.yaml", folder).connection


def problems(connection: str, folder: Path = Path()) -> list[str]:
    with pytest.raises(ConfigInvalid) as refusal:
        read(connection, folder)
    assert CANARY not in repr(refusal.value.problems)
    return list(refusal.value.problems)


@pytest.mark.parametrize(
    ("text", "proxy"),
    [
        ("http://proxy.example:3128", Proxy("http", "proxy.example", 3128)),
        ("HTTPS://proxy.example:3128/", Proxy("https", "proxy.example", 3128)),
        ("socks5://ann:p%40ss@[::1]:1080", Proxy("socks5", "::1", 1080, Secret("ann"), Secret("p@ss"))),
        ("socks5h://ann:a/b:c@d@h:1", Proxy("socks5h", "h", 1, Secret("ann"), Secret("a/b:c@d"))),
        ("http://token@h:1", Proxy("http", "h", 1, Secret("token"))),
    ],
)
def test_a_proxy_is_read(text: str, proxy: Proxy) -> None:
    assert read(f"proxy: '{text}'").parsed_proxy == proxy


def test_every_problem_is_told_at_once() -> None:
    found = problems(
        "{proxy: x, ca_file: no-1.pem, client_cert: no-2.pem, client_key: no-3.pem, ssl_minimum: 1}"
    )
    assert [problem.split(": ")[1].removeprefix("connection.") for problem in found] == [
        "proxy",
        "ca_file",
        "client_cert",
        "client_key",
        "ssl_minimum",
    ]


def test_without_a_proxy_there_is_none() -> None:
    assert ConnectionConfig().parsed_proxy is None
    assert read("proxy: ${NO_SUCH_PROXY_VARIABLE:-}").parsed_proxy is None


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("proxy.example:3128", "must begin with http://, https://, socks5:// or socks5h://"),
        (f"ftp://{CANARY}@h:1", "must begin with http://, https://, socks5:// or socks5h://"),
        (f"http://ann:{CANARY}@proxy.example", "must have a host and a port (such as http://host:3128)"),
        (f"http://ann:{CANARY}@:3128", "must have a host and a port"),
        ("http://h:1/path", "must end with its port"),
        ("http://h:1?x", "must end with its port"),
        ("http://h:0", "is not a URL with a usable host and port"),
        ("http://h:99999", "is not a URL with a usable host and port"),
        ("http://b\u00fccher.example:1", "must have no spaces and only ASCII"),
        (f"http://:{CANARY}@h:1", "has an @ without a user before it"),
        (f"http://a%3Ab:{CANARY}@h:1", "has a user with a colon"),
        (f"socks5://ann:{CANARY * 30}@h:1", "has a user or a password of more than 255 bytes"),
    ],
)
def test_a_proxy_that_is_none_is_refused_without_its_credentials(text: str, problem: str) -> None:
    (only,) = problems(f"proxy: '{text}'")
    assert only.startswith(f"tellwire.yaml:2:10: connection.proxy: {problem}")


def test_clear_text_is_not_sent_to_a_proxy_on_another_machine() -> None:
    regions = "regions: {demo: [{name: a, url: 'ws://127.0.0.1:8500'}]}\n"

    def text(host: str) -> str:
        return f"{regions}connection: {{proxy: 'http://{host}:3128'}}\n"

    assert load_text(text("127.0.0.1"), "x.yaml", Path()).connection.parsed_proxy is not None
    with pytest.raises(ConfigInvalid, match=r"connection\.proxy: is on another machine"):
        load_text(text("proxy.example"), "x.yaml", Path())


def test_credentials_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PROXY_PASSWORD", CANARY)
    (tmp_path / "tellwire.yaml").write_text("connection: {proxy: 'http://ann:${PROXY_PASSWORD}@h:3128'}\n")
    config = load(tmp_path / "tellwire.yaml")
    assert config.connection.parsed_proxy == Proxy("http", "h", 3128, Secret("ann"), Secret(CANARY))
    settings = connection_settings(config, None)
    shown = [repr(config), str(config.connection), effective_yaml(config), config.model_dump_json()]
    shown += [repr(settings), repr(config.connection.parsed_proxy), str(config.connection.parsed_proxy)]
    assert [text for text in shown if CANARY in text] == []
    assert "proxy: http://***@h:3128" in effective_yaml(config)
    assert CANARY in config.unlogged
    assert "ann" not in config.connection.credentials  # a user's name is in paths, too
    assert "token" in read("proxy: http://token@h:1").credentials


def test_only_the_configured_account_goes_through_the_proxy() -> None:
    """The embedded practice exchange is in this process, where the proxy does not reach it."""
    session = '42["auth",{"session":"abcdefghijklmnop","isDemo":1,"uid":1,"platform":2}]'
    config = Config.model_validate(
        {
            "account": {"session": session},
            "regions": {"demo": [{"name": "a", "url": "wss://a.example"}]},
            "connection": {"proxy": "socks5://h:1"},
        }
    )
    login = config.account.login
    assert login is not None
    assert connection_settings(config, login).proxy == Proxy("socks5", "h", 1)
    assert connection_settings(Config(connection=config.connection), login).proxy is None
    assert connection_settings(config, None).proxy is None


@pytest.fixture(scope="module")
def pems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with files, good ones and bad ones."""
    folder = tmp_path_factory.mktemp("pems")
    authority = trustme.CA()
    ours, other = authority.issue_cert("client.example"), authority.issue_cert("other.example")
    authority.cert_pem.write_to_path(str(folder / "ca.pem"))
    ours.private_key_and_cert_chain_pem.write_to_path(str(folder / "both.pem"))
    ours.cert_chain_pems[0].write_to_path(str(folder / "cert.pem"))
    ours.private_key_pem.write_to_path(str(folder / "key.pem"))
    other.private_key_pem.write_to_path(str(folder / "other.pem"))
    key = serialization.load_pem_private_key(ours.private_key_pem.bytes(), None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(PASSWORD.encode()),
    )
    (folder / "locked.pem").write_bytes(locked)
    (folder / "empty.pem").write_bytes(b"")
    (folder / "binary.pem").write_bytes(b"\x30\x82\xff\xfe")
    (folder / "cut.pem").write_bytes(authority.cert_pem.bytes()[:300])
    (folder / "cut-key.pem").write_bytes(ours.private_key_pem.bytes()[:100])
    (folder / "folder.pem").mkdir()
    return folder


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("ca_file: nowhere.pem", "2:12: connection.ca_file: does not exist"),
        ("ca_file: folder.pem", "2:12: connection.ca_file: is a directory"),
        ("ca_file: empty.pem", "2:12: connection.ca_file: has no certificate in PEM form"),
        ("ca_file: binary.pem", "2:12: connection.ca_file: is not in PEM form"),
        ("ca_file: key.pem", "2:12: connection.ca_file: has no certificate in PEM form"),
        ("ca_file: cut.pem", "2:12: connection.ca_file: has a damaged certificate"),
        (
            "{ca_file: ca.pem, ssl_verify: false}",
            "2:13: connection.ca_file: counts for nothing while ssl_verif",
        ),
        ("ssl_minimum: '1.1'", "2:16: connection.ssl_minimum: must be one of 1.2, 1.3"),
        ("client_cert: nowhere.pem", "2:16: connection.client_cert: does not exist"),
        ("client_cert: key.pem", "2:16: connection.client_cert: has no certificate in PEM form"),
        ("client_cert: cert.pem", "2:16: connection.client_cert: has no private key in PEM form"),
        ("{client_cert: cert.pem, client_key: no.pem}", "2:39: connection.client_key: does not exist"),
        ("{client_cert: cert.pem, client_key: ca.pem}", "2:39: connection.client_key: has no private key"),
        ("{client_cert: cert.pem, client_key: cut-key.pem}", "2:39: connection.client_key: has a damaged"),
        (
            "{client_cert: cert.pem, client_key: other.pem}",
            "2:39: connection.client_key: is not the key of clie",
        ),
        (
            "{client_cert: cert.pem, client_key: locked.pem}",
            "2:39: connection.client_key: is encrypted (add ",
        ),
        (
            f"{{client_cert: cert.pem, client_key: locked.pem, client_key_password: {CANARY}}}",
            "2:72: connection.client_key_password: does not open the key",
        ),
        ("client_key: key.pem", "2:15: connection.client_key: counts for nothing without client_cert"),
        (
            f"client_key_password: {CANARY}",
            "2:24: connection.client_key_password: counts for nothing without",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(pems: Path, text: str, problem: str) -> None:
    (only,) = problems(text, pems)
    assert only.startswith(f"tellwire.yaml:{problem}")


@pytest.mark.parametrize(
    "text",
    [
        "ca_file: ca.pem",
        "{ca_file: ca.pem, ssl_minimum: '1.3'}",
        "{ca_file: ca.pem, ssl_minimum: 1.3}",
        "client_cert: both.pem",
        "{client_cert: cert.pem, client_key: key.pem}",
        f"{{client_cert: cert.pem, client_key: locked.pem, client_key_password: {PASSWORD}}}",
    ],
)
def test_files_are_found_from_the_configurations_folder(
    pems: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (pems / "tellwire.yaml").write_text(f"connection:\n  {text}\n")
    config = load(pems / "tellwire.yaml")
    tls = connection_settings(config, None).tls
    for name, path in (("ca_file", tls.ca_file), ("client_cert", tls.certificate), ("client_key", tls.key)):
        written = getattr(config.connection, name)
        assert path == (str(pems / written) if written else "")
    assert PASSWORD not in repr(config) + repr(tls) + effective_yaml(config)
