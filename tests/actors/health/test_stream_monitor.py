"""Which streams and connections the monitor finds stale or suspect, and what it has done about them."""

import itertools

import pytest

from actors.health.stream_monitor import HOUR, REPORT_TIMEOUT
from actors.messages.events import ConnectionSuspect, StreamConfirmed, StreamStale
from actors.values import Life
from tests.doubles.stream_monitor_simulation import (
    FLOOR,
    NOTHING_FOUND,
    STALE_AFTER,
    START,
    StreamMonitorSimulation,
    actions_of,
    asset,
    pool_of,
    streaming,
)


def test_a_stream_that_ticks_needs_no_recovery() -> None:
    assert streaming(200).check(200) == NOTHING_FOUND


def test_a_lone_stale_stream_is_subscribed_again_then_its_connection_is_replaced() -> None:
    simulation = streaming(until=1)  # the last tick came at 0
    assert simulation.pass_time(1, 400) == [
        (11, "A", "resubscribe"),
        (32, "c1", "replace"),  # there is no other connection to move it to
        (73, "A", "resubscribe"),
        (154, "c1", "replace"),
        (315, "A", "resubscribe"),
    ]


def test_with_another_connection_it_is_moved_there_before_its_own_is_replaced() -> None:
    simulation = streaming(until=1)
    simulation.up(0, "c2")
    assert [(subject, action) for _, subject, action in simulation.pass_time(1, 80)] == [
        ("A", "resubscribe"),
        ("A", "move"),
        ("c1", "replace"),
    ]


def test_a_stale_stream_is_announced_with_its_silence_the_action_and_the_reason() -> None:
    simulation = streaming(until=1)
    simulation.report(11)
    (stale,) = simulation.check(11).events
    assert stale == StreamStale("A", 11.0, "resubscribe", "no tick for longer than usual")
    simulation.report(32)
    events = simulation.check(32).events
    assert events == [
        StreamStale("A", 32.0, "reconnect", "no tick for longer than usual"),
        ConnectionSuspect("c1", 1, "A: no tick for longer than usual"),
    ]


def test_exactly_at_the_limit_a_stream_is_not_stale() -> None:
    simulation = streaming(until=1)
    simulation.report(10)
    assert simulation.check(STALE_AFTER) == NOTHING_FOUND
    simulation.report(STALE_AFTER + 0.001)
    assert actions_of(simulation.check(STALE_AFTER + 0.001)) == [("A", "resubscribe")]


def test_the_time_between_recovery_actions_grows_to_ten_minutes_and_no_further() -> None:
    simulation = streaming(until=1, reconnects_per_hour=1)
    moments = [now for now, _, _ in simulation.pass_time(1, 4 * 3600)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert pauses[:5] == [21, 41, 81, 161, 321]
    assert set(pauses[5:]) == {601}


# -- which streams are stale ----------------------------------------------------------------------------


def test_the_silence_of_a_stream_that_never_ticked_counts_from_its_placing_and_the_reason_says_so() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.placed(3)
    simulation.report(13)
    assert simulation.check(13) == NOTHING_FOUND
    simulation.report(13.5)
    (stale,) = simulation.check(13.5).events
    assert stale == StreamStale("A", 10.5, "resubscribe", "the venue has not confirmed it")


def test_the_reason_says_when_a_stream_was_confirmed_and_never_ticked() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.placed(3)
    simulation.confirmed(4)
    simulation.report(13.5)
    (stale,) = simulation.check(13.5).events
    assert stale == StreamStale("A", 10.5, "resubscribe", "no tick since it was confirmed")


def test_an_unconfirmed_stream_gets_the_same_actions_in_the_same_order() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.up(0, "c2")
    simulation.placed(0)
    assert simulation.pass_time(0, 80) == [(11, "A", "resubscribe"), (32, "A", "move"), (73, "c1", "replace")]


def test_an_asset_that_the_venue_does_not_list_can_be_stale() -> None:
    simulation = streaming()
    simulation.listed(5, asset("B", tradable=False))
    assert simulation.pass_time(5, 30) == [(15, "A", "resubscribe")]


def test_a_dropped_stream_is_not_monitored() -> None:
    simulation = streaming()
    simulation.monitor.on_dropped("A")
    simulation.monitor.on_dropped("unknown")
    assert simulation.pass_time(5, 500) == []


def test_a_late_confirmation_does_not_bring_a_dropped_stream_back() -> None:
    simulation = streaming()
    simulation.monitor.on_dropped("A")
    simulation.monitor.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 5)
    assert simulation.pass_time(5, 500) == []


def test_a_first_tick_confirms_a_stream_whose_confirmation_came_before_its_placing() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.monitor.on_confirmed(StreamConfirmed("A", 60, "c1", 1), 0)
    simulation.placed(0)
    assert simulation.pass_time(0, 60, ["A"]) == []
    simulation.report(70)
    (stale,) = simulation.check(70).events
    assert stale == StreamStale("A", 11.0, "resubscribe", "no tick for longer than usual")


def test_while_no_connection_is_up_no_stream_is_stale() -> None:
    simulation = streaming()
    simulation.down()
    assert simulation.check(500) == NOTHING_FOUND
    simulation.up(501, epoch=2)
    assert simulation.pass_time(501, 510) == []


def test_a_stream_that_no_new_life_carries_is_subscribed_again() -> None:
    simulation = streaming()
    simulation.down()
    simulation.up(6, epoch=2)
    simulation.report(17, epoch=2)
    (stale,) = simulation.check(17).events
    assert stale == StreamStale("A", 11.0, "resubscribe", "no connection carries it")


# FAULT: a new life of the old connection became suspect, although the stream was sent to another one.
def test_a_life_that_never_confirmed_a_stream_is_not_replaced_for_it() -> None:
    simulation = streaming()
    simulation.up(5, connection="c2")
    simulation.down(connection="c1")
    simulation.up(6, connection="c1", epoch=2)
    assert {action for _, _, action in simulation.pass_time(6, 1000)} == {"resubscribe"}


def test_a_healthy_stream_stays_on_its_life_until_another_one_confirms_it() -> None:
    simulation = streaming()
    simulation.up(5, "c2")
    simulation.placed(5, connection="c2")
    assert simulation.pass_time(5, 60, ["A"]) == []
    assert simulation.monitor.streams["A"].life == ("c1", 1)
    simulation.confirmed(60, connection="c2")
    assert simulation.monitor.streams["A"].life == ("c2", 1)
    assert simulation.pass_time(60, 90, ["A"]) == []


# FAULT: a wall clock set back an hour made the last tick look an hour too young, and a stale stream fresh.
@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_wall_clock_that_is_set_makes_no_stream_fresh_or_stale(step: float) -> None:
    simulation = streaming(until=20)
    for now in range(20, 30):
        simulation.tick(now)
        simulation.report(now, made_at=START + now + step)  # the tick was stamped before the step
        assert simulation.check(now) == NOTHING_FOUND
    found = []
    for now in range(30, 45):
        simulation.report(now, made_at=START + now + step)
        found += [(now, *action) for action in actions_of(simulation.check(now))]
    assert found[0] in {(39, "A", "resubscribe"), (40, "A", "resubscribe")}  # ages are known to the second


# -- tick rate ------------------------------------------------------------------------------------------


def test_a_stream_whose_rate_is_known_is_stale_sooner() -> None:
    simulation = pool_of(1, 1, until=40)  # two ticks a second: ten intervals are 5 s
    assert simulation.pass_time(40, 50)[0] == (45, "S1", "resubscribe")


def test_before_its_rate_is_known_it_has_the_whole_time() -> None:
    simulation = pool_of(1, 1, until=4)
    assert simulation.pass_time(4, 20)[0] == (14, "S1", "resubscribe")


def test_a_slow_stream_has_the_whole_time_although_its_rate_is_known() -> None:
    simulation = StreamMonitorSimulation(floor=FLOOR)
    simulation.up(0)
    simulation.confirmed(0)
    for now in range(0, 300, 9):
        assert simulation.pass_time(now, now + 1, ["A"], rate=1) == []
        assert simulation.pass_time(now + 1, now + 9) == []
    rate = simulation.monitor.streams["A"].tick_rate.rate
    assert rate == pytest.approx(1 / 9)
    assert simulation.pass_time(306, 320) == [(308, "A", "resubscribe")]  # the last tick came at 297


# -- one of many, all of one ----------------------------------------------------------------------------


def test_one_stale_stream_of_forty_is_found_in_time_and_recovered_without_touching_the_others() -> None:
    simulation = pool_of(10, 4)
    others = set(simulation.monitor.streams) - {"S17"}
    done = simulation.pass_time(40, 600, others)
    assert {subject for _, subject, _ in done} == {"S17"}
    assert {action for _, _, action in done} == {"resubscribe", "move"}
    assert done[0] == (45, "S17", "resubscribe")
    assert all(simulation.monitor.streams[symbol].gaps == 0 for symbol in others)


def test_a_moved_stream_that_ticks_again_has_recovered() -> None:
    simulation = pool_of(2, 2)
    assert simulation.pass_time(40, 57, {"S2", "S3", "S4"}) == [(45, "S1", "resubscribe"), (56, "S1", "move")]
    simulation.placed(57, "S1", "c2")
    simulation.confirmed(57, "S1", "c2")
    assert simulation.pass_time(57, 200, simulation.monitor.streams) == []
    assert simulation.monitor.streams["S1"].action is None


def test_a_connection_whose_streams_are_all_stale_is_replaced_once_and_nothing_is_subscribed_again() -> None:
    simulation = pool_of(2, 4)
    stale = {"S1", "S2", "S3", "S4"}
    others = set(simulation.monitor.streams) - stale
    assert simulation.pass_time(40, 46, others) == [(45, "c1", "replace")]
    simulation.down("c1", now=46.0)
    simulation.up(47, "c1", epoch=2)
    for symbol in stale:
        simulation.placed(47, symbol, "c1", epoch=2)
        simulation.confirmed(47, symbol, "c1", epoch=2)
    assert simulation.pass_time(47, 400, simulation.monitor.streams) == []


def test_every_stream_of_a_replaced_connection_is_announced_as_stale() -> None:
    simulation = pool_of(1, 3)
    simulation.report(46)
    events = simulation.check(46).events
    assert [(event.asset, event.cure) for event in events if isinstance(event, StreamStale)] == [
        ("S1", "reconnect"),
        ("S2", "reconnect"),
        ("S3", "reconnect"),
    ]
    assert events[-1] == ConnectionSuspect("c1", 1, "S1: all 3 streams of its connection are stale")


def test_nothing_is_done_before_it_is_clear_whether_one_stream_is_stale_or_all_are() -> None:
    simulation = pool_of(1, 1)
    simulation.placed(40, "slow")
    simulation.confirmed(40, "slow")
    for now in range(40, 100, 8):
        simulation.pass_time(now, now + 1, ["S1", "slow"], rate=1)
        simulation.pass_time(now + 1, now + 8, ["S1"])
    simulation.pass_time(104, 105, ["S1", "slow"], rate=1)
    # S1 is stale at 110, when the slow one is not yet.
    assert simulation.pass_time(105, 120) == [(115, "c1", "replace")]


def test_a_connection_is_replaced_for_stale_streams_so_many_times_an_hour_and_no_more() -> None:
    simulation = pool_of(1, 2, reconnects_per_hour=3)
    replaced, epoch = [], 1
    for now in range(40, 3 * 3600):
        simulation.report(now, epoch=epoch)
        for _, action in actions_of(simulation.check(now)):
            if action == "replace":
                replaced.append(now)
                simulation.down("c1", epoch, now=now)
                epoch += 1
                simulation.up(now, "c1", epoch)
                for symbol in ("S1", "S2"):
                    simulation.placed(now, symbol, "c1", epoch)
                    simulation.confirmed(now, symbol, "c1", epoch)
                    simulation.tick(now, symbol, "c1", epoch)  # each new life delivers one tick
    in_any_hour = [sum(1 for at in replaced if start <= at < start + HOUR) for start in replaced]
    assert max(in_any_hour) == 3
    assert len(replaced) == 9


def test_once_the_reconnects_are_used_up_streams_are_still_subscribed_again() -> None:
    simulation = pool_of(1, 2, reconnects_per_hour=1)
    done = simulation.pass_time(40, 400)
    assert [action for _, _, action in done].count("replace") == 1
    assert done[1:3] == [(56, "S1", "resubscribe"), (56, "S2", "resubscribe")]


# -- closed markets -------------------------------------------------------------------------------------


def test_a_market_that_is_closed_for_an_hour_causes_no_action() -> None:
    simulation = pool_of(2, 4)
    simulation.listed(40, *(asset(symbol, tradable=False) for symbol in simulation.monitor.streams))
    assert simulation.pass_time(40, 40 + 3600) == []
    assert {stream.state.value for stream in simulation.monitor.streams.values()} == {"closed"}


def test_when_a_market_opens_the_silence_counts_from_then() -> None:
    simulation = pool_of(1, 1)
    simulation.listed(40, asset("S1", tradable=False))
    assert simulation.pass_time(40, 3640) == []
    simulation.listed(3640, asset("S1", tradable=True))
    assert simulation.pass_time(3640, 3650) == [(3645, "S1", "resubscribe")]


def test_a_stream_that_ticks_when_its_market_opens_has_no_gap() -> None:
    simulation = pool_of(1, 1)
    simulation.listed(40, asset("S1", tradable=False))
    assert simulation.pass_time(40, 3640) == []
    simulation.listed(3640, asset("S1", tradable=True))
    assert simulation.pass_time(3640, 3700, ["S1"]) == []
    assert simulation.monitor.streams["S1"].gaps == 0


def test_a_market_opens_and_closes_at_the_times_in_the_asset_table() -> None:
    simulation = pool_of(1, 1)
    simulation.listed(40, asset("S1", tradable=False, opens_at=int(START) + 1000))
    assert simulation.pass_time(40, 1000) == []
    assert simulation.pass_time(1000, 1010)[0] == (1005, "S1", "resubscribe")
    simulation.listed(1010, asset("S1", tradable=True, closes_at=int(START) + 2000))
    simulation.pass_time(1010, 2000, ["S1"])
    assert simulation.pass_time(2000, 9000) == []


def test_a_stream_of_a_closed_market_does_not_count_among_the_stale_ones() -> None:
    simulation = pool_of(1, 2)
    simulation.listed(40, asset("S2", tradable=False))
    assert simulation.pass_time(40, 50)[0] == (45, "S1", "resubscribe")


# -- connections ----------------------------------------------------------------------------------------


def test_a_connection_that_stops_reporting_is_suspect_at_intervals_until_it_is_down() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0, epoch=3)
    simulation.report(2, epoch=3)
    assert simulation.check(2 + REPORT_TIMEOUT) == NOTHING_FOUND
    found = [(now, event) for now in range(13, 30) for event in simulation.check(now).events]
    assert [now for now, _ in found] == [13, 24]
    for _, event in found:
        assert isinstance(event, ConnectionSuspect)
        assert (event.connection, event.epoch) == ("c1", 3)
    simulation.down(epoch=3)
    assert simulation.check(100) == NOTHING_FOUND


def test_a_connection_that_never_reported_is_suspect_too() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    (suspect,) = simulation.check(REPORT_TIMEOUT + 1).events
    assert isinstance(suspect, ConnectionSuspect)


def test_the_message_rate_is_taken_since_the_last_report() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.messages = 100
    simulation.report(1)
    assert simulation.monitor.connections[Life("c1", 1)].rate == 100
    simulation.messages = 150
    simulation.report(3)
    assert simulation.monitor.connections[Life("c1", 1)].rate == 25


def test_the_message_rate_after_a_pause_is_taken_over_the_whole_pause() -> None:
    simulation = StreamMonitorSimulation()
    simulation.up(0)
    simulation.report(1)
    assert simulation.check(REPORT_TIMEOUT + 2).events != []
    simulation.messages = 10 * int(REPORT_TIMEOUT + 2)
    simulation.report(REPORT_TIMEOUT + 3)
    assert simulation.monitor.connections[Life("c1", 1)].rate == 10
