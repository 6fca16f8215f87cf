"""Choose the pauses between attempts to connect: two quick ones, then patience, longer by night."""

import time

from tellwire import GetStatus, Runtime, load
from tenacity import RetryCallState

QUICK, PATIENT, BY_NIGHT = 0.5, 20.0, 120.0


def pauses(retry_state: RetryCallState) -> float:
    """Seconds before the next attempt; the first one after a loss is made at once."""
    if retry_state.attempt_number <= 2:
        return QUICK
    return BY_NIGHT if time.gmtime().tm_hour < 5 else PATIENT


def main() -> None:
    config = load("tellwire.yaml")
    # In a file:  reconnect: {strategy: 'custom:custom_backoff:pauses'}
    reconnect = type(config.reconnect)(strategy="custom:custom_backoff:pauses")
    with Runtime(config.model_copy(update={"reconnect": reconnect})) as rt:
        for connection in rt.router.ask(GetStatus(), timeout=10).connections:
            print(connection.child.name, connection.child.state)


if __name__ == "__main__":
    main()
