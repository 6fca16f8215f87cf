"""Answers over HTTP."""

from typing import Any

import msgspec
from aiohttp import web


def json_answer(answer: Any, *, status: int = 200) -> web.Response:
    body = msgspec.json.encode(answer, order="deterministic")
    return web.Response(status=status, body=body, content_type="application/json")
