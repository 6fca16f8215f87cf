"""A connection that was replaced and whose venue does not take its goodbye ends after its successor is up."""

from actors.messages import ConnectionDown, ConnectionUp, Subscribe, SubscribeTicks
from runtime import Runtime
from runtime.config import Config
from tests.journeys.journey import ASSETS, AT_ONCE, Notebook, ask, quotes, towards
from tests.journeys.streams.test_pool import CAP, eventually, is_gathered, is_spread, suspect
from tests.journeys.trader import venue


def test_a_move_to_the_successor_doubles_nothing() -> None:
    with venue(tick_rate=400.0) as exchange:
        settings = towards(
            exchange.session,
            [exchange.regions[0].url],
            0,
            pool={"connections": 3, "streams_per_connection": CAP},
            reconnect=AT_ONCE,
            connection={"close_timeout": 1.0},
            limits={"messages": ["1000/s"], "connects": ["1000/s"], "max_concurrent_operations": 100},
        )
        with Runtime(Config.model_validate(settings)) as runtime:
            notebook = Notebook()
            runtime.router.tell(Subscribe("", to=notebook))
            assert notebook.wait(lambda book: len(book.all(ConnectionUp)) == 3)
            for asset in ASSETS:
                ask(runtime, SubscribeTicks(asset))
            status = eventually(runtime, notebook, is_spread)
            victim = status.streams[0].placed.connection
            exchange.fault("stall")
            suspect(runtime, victim)
            notebook.first(ConnectionUp, connection=victim, epoch=2)
            late = 1.3  # its own last word comes after ``close_timeout``, and nobody is told of it
            assert not notebook.wait(lambda book: len(book.all(ConnectionDown)) > 1, late)
            exchange.calm()
            eventually(runtime, notebook, is_gathered)
            assert notebook.wait(lambda book: len(book.all(ConnectionUp)) >= 4)
            since = len(notebook.ticks())
            eventually(runtime, notebook, is_spread)
            here = len(notebook.ticks())
            assert notebook.wait(lambda book: len(book.ticks()) > here + 100)
            for asset in ASSETS:
                got = quotes([tick for tick in notebook.ticks()[since:] if tick.asset == asset])
                assert len(got) == len(set(got)), f"{len(got) - len(set(got))} ticks of {asset} came twice"
