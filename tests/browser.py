"""A headless browser that a test drives over the DevTools protocol."""

import json
import os
import subprocess
import tempfile
import threading
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import websocket

from tests.system_programs import program

LIMIT = 15.0
"""Seconds for whatever a test waits for."""

STARTS_WITHIN = 40.0
"""Seconds for the start of a browser: on a busy machine it took more than 15."""


class Tab:
    """One page of the browser, and what it has said of itself so far."""

    def __init__(self, address: str) -> None:
        self._socket = websocket.create_connection(address, timeout=LIMIT, suppress_origin=True)
        self._last = 0
        self.events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        self._socket.close()

    def be_patient(self, seconds: float) -> None:
        """Wait so long for an answer of the browser, instead of ``LIMIT``."""
        self._socket.settimeout(seconds)

    def call(self, method: str, **parameters: Any) -> Any:
        """The result of a method of the protocol; its events meanwhile are kept."""
        self._last += 1
        self._socket.send(json.dumps({"id": self._last, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == self._last:
                assert "error" not in message, message
                return message["result"]
            self.events.append(message)

    def open(self, url: str) -> None:
        self.call("Page.navigate", url=url)

    def value(self, expression: str) -> Any:
        """What JavaScript makes of ``expression``, awaited."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str) -> Any:
        """The first value of ``expression`` that is true."""
        due = time.monotonic() + LIMIT
        while not (value := self.value(expression)):
            assert time.monotonic() < due, (expression, self.text("body"), self.complaints)
            threading.Event().wait(0.05)
        return value

    def text(self, selector: str) -> str:
        """What is written in the first element that fits."""
        return str(self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def click(self, selector: str) -> None:
        self.until(f"!!document.querySelector({json.dumps(selector)})")
        self.value(f"document.querySelector({json.dumps(selector)}).click()")

    def resize(self, width: int, height: int, *, dark: bool = False, phone: bool = False) -> None:
        scheme = "dark" if dark else "light"
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def picture(self, path: Path, *, whole: bool = False) -> None:
        """Write a picture (PNG) of what can be seen, or of the ``whole`` page."""
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(b64decode(answer["data"]))

    @property
    def requests(self) -> list[str]:
        """The addresses of everything that was asked for."""
        return [
            event["params"]["request"]["url"]
            for event in self.events
            if event["method"] == "Network.requestWillBeSent"
        ]

    @property
    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and what the policy of the page forbade."""
        found = []
        for event in self.events:
            match event:
                case {"method": "Runtime.exceptionThrown", "params": details}:
                    found.append(json.dumps(details["exceptionDetails"]))
                case {
                    "method": "Runtime.consoleAPICalled",
                    "params": {"type": "error" | "warning", "args": said},
                }:
                    found.append(json.dumps(said))
                case {
                    "method": "Log.entryAdded",
                    "params": {"entry": {"level": "error" | "warning"} as entry},
                }:
                    found.append(json.dumps(entry))
        return found


@contextmanager
def browser() -> Iterator[Tab]:
    """A tab of a browser that ends with the test."""
    path = program("chromium", "chromium-browser", "google-chrome")
    with tempfile.TemporaryDirectory(prefix="tellwire-browser-", ignore_cleanup_errors=True) as folder:
        options = [
            "--headless=new",
            "--remote-debugging-port=0",
            f"--user-data-dir={folder}",
            "--disable-gpu",
        ]
        options += ["--no-first-run", "--disable-background-networking", "--disable-dev-shm-usage"]
        if hasattr(os, "geteuid") and os.geteuid() == 0:  # which its sandbox refuses
            options.append("--no-sandbox")
        process = subprocess.Popen(
            [path, *options, "about:blank"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            tab = Tab(_address(Path(folder), process))
            try:
                yield tab
            finally:
                tab.close()
        finally:
            process.terminate()
            process.wait(LIMIT)


def _address(folder: Path, process: "subprocess.Popen[bytes]") -> str:
    """Of a new tab."""
    due = time.monotonic() + STARTS_WITHIN
    written = folder / "DevToolsActivePort"
    while not (written.exists() and (lines := written.read_text().splitlines())):
        assert process.poll() is None, "the browser has ended"
        assert time.monotonic() < due, "the browser does not listen"
        threading.Event().wait(0.05)
    with urlopen(
        Request(f"http://127.0.0.1:{lines[0]}/json/new", method="PUT"), timeout=STARTS_WITHIN
    ) as answer:
        address = str(json.load(answer)["webSocketDebuggerUrl"])
    assert urlsplit(address).hostname == "127.0.0.1"
    return address
