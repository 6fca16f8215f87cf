"""Messages as text, on the practice exchange."""

import asyncio
import gc
import json
import uuid
from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from typing import Any

import pytest

from runtime.compat.binaryoptionstools import (
    NotAllowedError,
    PocketOption,
    PocketOptionAsync,
    PocketOptionError,
    PocketOptionTimeout,
    RawHandle,
    RawValidator,
    UninitializedError,
    Validator,
)
from runtime.practice import PracticeExchange
from tests.runtime.compat.binaryoptionstools.waiting import until

ASSET = "EURUSD_otc"
ASK, ANSWER = '42["favorite/load"]', Validator.contains("favorites")
NOTHING = Validator.contains("never said")
SECOND = timedelta(seconds=1)
SOON = timedelta(seconds=0.2)
UseClient = Callable[..., None]


def deprecated(name: str) -> Any:
    return pytest.warns(DeprecationWarning, match=rf"^{name}\(\) is deprecated")


def test_a_text_is_sent(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        await client.send_raw(ASK)
        with deprecated("send_raw_message"):
            await client.send_raw_message(ASK)
        await until(lambda: len(exchange.ledger.received("favorite/load")) == 2)
        with pytest.raises(PocketOptionError):
            await client.send_raw("no message of the venue")

    use_client(use)


def test_messages_come_as_header_and_body(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        messages = await client.subscribe_raw()
        ticks = await client.subscribe_symbol(ASSET)
        await anext(ticks)
        seen: list[str] = []
        async for message in messages:
            seen.append(message)
            if len(seen) > 1 and seen[-2].startswith('451-["updateStream"'):
                break
        [[symbol, time, price]] = json.loads(seen[-1])
        sent = [(tick.asset, tick.price) for tick in exchange.ledger.ticks(ASSET)]
        assert (symbol, price) in sent
        assert time > 0

    use_client(use)


def test_a_request_is_answered_by_the_message_that_the_validator_holds_for(use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        answer = await client.raw_request(ASK, ANSWER)
        assert "favorites" in answer
        assert await client.raw_request(ASK, ANSWER, timeout=5 * SECOND, retry=True) == answer
        with deprecated("create_raw_order"):
            assert await client.create_raw_order(ASK, ANSWER) == answer
        with deprecated("create_raw_order_with_timeout"):
            assert await client.create_raw_order_with_timeout(ASK, ANSWER, 5 * SECOND) == answer
        with deprecated("create_raw_order_with_timeout_and_retry"):
            assert await client.create_raw_order_with_timeout_and_retry(ASK, ANSWER, 5 * SECOND) == answer
        assert await client.client.create_raw_order(ASK, ANSWER.raw_validator) == answer

    use_client(use)


def test_a_request_without_an_answer_has_a_limit(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        with pytest.raises(PocketOptionTimeout, match=r"within 0\.2 s"):
            await client.raw_request(ASK, NOTHING, SOON)
        with pytest.raises(TimeoutError, match="within 1 s"):
            await client.raw_request(ASK, NOTHING)  # the configured one
        asked = len(exchange.ledger.received("favorite/load"))
        with pytest.raises(TimeoutError):
            await client.raw_request(ASK, NOTHING, timeout=SOON, retry=True)
        assert len(exchange.ledger.received("favorite/load")) == asked + 3
        with pytest.raises(ValueError, match="explicit timeout"):
            await client.raw_request(ASK, NOTHING, retry=True)

    use_client(use, config={"timeout_secs": 1})


def test_a_stream_of_messages_ends_with_its_timeout(use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        messages = await client.raw_stream(ASK, ANSWER, SECOND)
        assert len([message async for message in messages]) == 1
        with deprecated("create_raw_iterator"):
            again = await client.create_raw_iterator(ASK, ANSWER, timeout=SECOND)
        assert "favorites" in await asyncio.to_thread(next, again)
        assert [message async for message in again] == []

    use_client(use)


def test_a_handler_sends_and_receives(exchange: PracticeExchange, use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        handler = await client.raw_handler(ANSWER)
        assert uuid.UUID(handler.id())
        await handler.send_text(ASK)
        first = await handler.wait_next()
        assert await handler.send_and_wait(ASK) == first
        stream, awaited = handler.subscribe(), await handler.subscribe()
        await handler.send_text(ASK)
        assert await anext(stream) == first  # the answer to send_and_wait
        assert await asyncio.wait_for(anext(awaited), 5) == first
        with pytest.raises(NotAllowedError, match="send_text"):
            await handler.send_binary(b"\x00")
        await handler.close()
        await handler.close()
        for call in (handler.wait_next, handler.subscribe):
            with pytest.raises(UninitializedError, match="closed"):
                await call()
        with deprecated("create_raw_handler"):
            other = await client.create_raw_handler(ANSWER, None)
        assert other.id() != handler.id()

    use_client(use)


def test_a_handler_sends_its_keep_alive_after_each_login(
    exchange: PracticeExchange, use_client: UseClient
) -> None:
    def asked() -> int:
        return len(exchange.ledger.received("favorite/load"))

    async def use(client: PocketOptionAsync) -> None:
        handler = await client.raw_handler(ANSWER, keep_alive=ASK)
        await until(lambda: asked() == 1)
        await client.reconnect()
        await until(lambda: asked() == 2)
        await handler.close()
        await client.reconnect()
        await client.raw_request('42["indicator/load"]', Validator.contains("indicator"))
        assert asked() == 2

    use_client(use)


def test_handlers_are_closed_by_id_and_with_their_last_reference(use_client: UseClient) -> None:
    async def use(client: PocketOptionAsync) -> None:
        tasks = len(asyncio.all_tasks())
        handle = RawHandle(client.client.messages)
        handler = await handle.create(RawValidator())
        assert await handle.remove(handler.id())
        assert not await handle.remove(handler.id())
        other = await handle.create(RawValidator())
        assert len(asyncio.all_tasks()) > tasks
        del other
        gc.collect()
        await until(lambda: len(asyncio.all_tasks()) == tasks)

    use_client(use)


def test_the_client_that_blocks_does_the_same(client: PocketOption) -> None:
    client.send_raw(ASK)
    client.raw_send(ASK)
    with deprecated("send_raw_message"):
        client.send_raw_message(ASK)
    answer = client.raw_request(ASK, ANSWER, timeout=5 * SECOND, retry=False)
    assert "favorites" in answer
    with deprecated("create_raw_order"):
        assert client.create_raw_order(ASK, ANSWER) == answer
    with deprecated("create_raw_order_with_timeout"):
        assert client.create_raw_order_with_timeout(ASK, ANSWER, timeout=5 * SECOND) == answer
    with deprecated("create_raw_order_with_timeout_and_retry"):
        assert client.create_raw_order_with_timeout_and_retry(ASK, ANSWER, 5 * SECOND) == answer
    assert list(client.raw_stream(ASK, ANSWER, SECOND)) == [answer]
    with deprecated("create_raw_iterator"):
        assert list(client.create_raw_iterator(ASK, ANSWER, timeout=SECOND)) == [answer]
    ticks = client.subscribe_symbol(ASSET)
    assert all(isinstance(message, str) for message in islice(client.subscribe_raw(), 4))
    next(ticks)
    handler = client.raw_handler(ANSWER)
    assert uuid.UUID(handler.id())
    handler.send_text(ASK)
    assert handler.wait_next() == answer
    assert handler.send_and_wait(ASK) == answer
    assert list(islice(handler.subscribe(), 1)) == [answer]
    with pytest.raises(NotAllowedError, match="send_text"):
        handler.send_binary(b"\x00")
    handler.close()
    with deprecated("create_raw_handler"):
        client.create_raw_handler(ANSWER).close()
