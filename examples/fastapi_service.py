"""A web service with one runtime behind all its requests. Run it: ``uvicorn fastapi_service:app``."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from decimal import Decimal

from fastapi import FastAPI, HTTPException
from tellwire import (
    AsyncRuntime,
    Direction,
    GetBalance,
    NotSent,
    OrderUnknown,
    PlaceOrder,
    RequestRefused,
)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    async with AsyncRuntime.from_yaml("tellwire.yaml") as rt:
        app.state.rt = rt
        yield


app = FastAPI(lifespan=lifespan)


def runtime() -> AsyncRuntime:
    rt = app.state.rt
    assert isinstance(rt, AsyncRuntime)
    return rt


@app.get("/balance")
async def balance() -> dict[str, Decimal]:
    return {"amount": (await runtime().ask(GetBalance(), timeout=10)).amount}


@app.put("/orders/{id}")
async def order(id: str, asset: str, amount: Decimal, direction: Direction, seconds: int) -> dict[str, str]:
    """PUT with an id may be repeated, and so may the order: the same id is sent once."""
    try:
        deal = await runtime().ask(PlaceOrder(asset, amount, direction, seconds, id=id), timeout=10)
    except RequestRefused as error:
        raise HTTPException(422, str(error)) from error
    except NotSent as error:
        raise HTTPException(503, str(error)) from error
    except OrderUnknown as error:
        raise HTTPException(504, str(error)) from error
    return {"deal": deal.id}
