"""Join a runtime that another program runs, for example ``tellwire run tellwire.yaml``."""

from tellwire import GetBalance, GetStatus, NoRuntime, Subscribe, attach

SECONDS = 10

try:
    with attach("tellwire.yaml") as running:
        status = running.router.ask(GetStatus(), timeout=5)
        for connection in status.connections:
            print(connection.child.name, connection.child.state, connection.child.region)
        print("balance", running.router.ask(GetBalance(), timeout=5).amount)
        running.router.ask(Subscribe("order.>", to=print), timeout=5)  # the orders of all programs
        running.ended.wait(SECONDS)
except NoRuntime as error:
    print(error)
