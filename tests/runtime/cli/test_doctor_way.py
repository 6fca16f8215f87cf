"""What the doctor says about proxies and certificate authorities."""

from pathlib import Path
from typing import Any

import pytest
import trustme

from runtime.cli.doctor_way import way_findings
from runtime.config import Config

SESSION = '42["auth",{"session":"abcdefghijklmnop","isDemo":1,"uid":1,"platform":2}]'
REGIONS = {"demo": [{"name": "a", "url": "wss://a.example"}]}


def findings(
    variables: dict[str, str] | None = None, session: str = SESSION, **connection: Any
) -> dict[str, tuple[str, str]]:
    settings = {"account": {"session": session}, "regions": REGIONS, "connection": connection}
    found = way_findings(Config.model_validate(settings), variables or {})
    return {each.subject: (each.level.value, each.text) for each in found}


def test_the_configured_proxy_is_named_without_credentials() -> None:
    found = findings({"HTTPS_PROXY": "http://other:1"}, proxy="http://ann:canary@h:3128")
    assert found["proxy"] == ("OK", "http://h:3128, of connection.proxy, is used for the venue")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_environment_is_not_used_and_that_is_said(name: str) -> None:
    text = f"none; the environment's {name} is not used (set connection.proxy)"
    assert findings({name: "http://ann:canary@h:1"})["proxy"] == ("WARN", text)
    assert findings({name: ""})["proxy"][0] == "OK"


def test_the_authorities_are_the_systems_or_those_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
        monkeypatch.delenv(name, raising=False)
    assert findings()["certificate authorities"][1].startswith(("the system's: ", "there are none at "))
    file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(file))
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    named = f"SSL_CERT_FILE={file}"
    subject = "certificate authorities"
    assert findings({"SSL_CERT_FILE": str(file)})[subject] == ("OK", f"of the environment: {named}")
    own = findings({"SSL_CERT_FILE": str(file)}, ca_file=str(file))[subject]
    assert own == ("OK", f"those of {file} alone (SSL_CERT_FILE not used)")


def test_authorities_that_are_not_there_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = {"SSL_CERT_FILE": "/nowhere/ca.pem", "SSL_CERT_DIR": "/nowhere"}
    for name, path in missing.items():
        monkeypatch.setenv(name, path)
    level, text = findings(missing)["certificate authorities"]
    assert level == "FAIL"
    assert findings(missing, session="")["certificate authorities"] == ("WARN", text)  # nothing needs them
    assert text.startswith("there are none as SSL_CERT_FILE=/nowhere/ca.pem, SSL_CERT_DIR=/nowhere says")


def test_certificates_that_are_not_checked_are_a_warning() -> None:
    text = "not checked: connection.ssl_verify is false"
    assert findings(ssl_verify=False)["certificates"] == ("WARN", text)
