"""What is found silent, and what is done about it."""

import itertools

import pytest

from actors.health.stream_monitor import HOUR, REPORTS_MISSED
from actors.messages.events import ConnectionSuspect, StreamConfirmed, StreamStale
from tests.doubles.stream_monitor_simulation import (
    FLOOR,
    QUIET,
    STALE,
    VENUE,
    Scene,
    acts,
    asset,
    pool_of,
    streaming,
)


def test_a_stream_that_ticks_is_left_in_peace() -> None:
    assert streaming(200).check(200) == QUIET


def test_a_lone_silent_stream_is_subscribed_again_then_its_connection_is_replaced() -> None:
    scene = streaming(until=1)  # the last progress is at 0
    assert scene.pass_time(1, 400) == [
        (11, "A", "resubscribe"),
        (32, "c1", "replace"),  # there is no other connection to move it to
        (73, "A", "resubscribe"),
        (154, "c1", "replace"),
        (315, "A", "resubscribe"),
    ]


def test_with_another_connection_it_is_moved_there_before_its_own_is_replaced() -> None:
    scene = streaming(until=1)
    scene.up(0, "c2")
    assert [(subject, act) for _, subject, act in scene.pass_time(1, 80)] == [
        ("A", "resubscribe"),
        ("A", "move"),
        ("c1", "replace"),
    ]


def test_a_stale_stream_is_announced_with_its_silence_the_cure_and_what_speaks_for_a_fault() -> None:
    scene = streaming(until=1)
    scene.report(11)
    (stale,) = scene.check(11).news
    assert stale == StreamStale("A", 11.0, "resubscribe", "no tick for longer than usual")
    scene.report(32)
    news = scene.check(32).news
    assert news == [
        StreamStale("A", 32.0, "reconnect", "no tick for longer than usual"),
        ConnectionSuspect("c1", 1, "A: no tick for longer than usual"),
    ]


def test_exactly_at_the_limit_nothing_is_said() -> None:
    scene = streaming(until=1)
    scene.report(10)
    assert scene.check(STALE) == QUIET
    scene.report(STALE + 0.001)
    assert acts(scene.check(STALE + 0.001)) == [("A", "resubscribe")]


def test_patience_grows_to_ten_minutes_and_no_further() -> None:
    scene = streaming(until=1, reconnects_per_hour=1)
    moments = [now for now, _, _ in scene.pass_time(1, 4 * 3600)]
    pauses = [later - earlier for earlier, later in itertools.pairwise(moments)]
    assert pauses[:5] == [21, 41, 81, 161, 321]
    assert set(pauses[5:]) == {601}


# -- which streams are silent ---------------------------------------------------------------------------


def test_a_stream_that_never_ticked_is_silent_since_it_was_placed_and_the_reason_says_so() -> None:
    scene = Scene()
    scene.up(0)
    scene.placed(3)
    scene.report(13)
    assert scene.check(13) == QUIET
    scene.report(13.5)
    (stale,) = scene.check(13.5).news
    assert stale == StreamStale("A", 10.5, "resubscribe", "the venue has not confirmed it")


def test_a_stream_that_was_confirmed_and_never_ticked_says_that() -> None:
    scene = Scene()
    scene.up(0)
    scene.placed(3)
    scene.confirmed(4)
    scene.report(13.5)
    (stale,) = scene.check(13.5).news
    assert stale == StreamStale("A", 10.5, "resubscribe", "no tick since it was confirmed")


def test_an_unconfirmed_stream_climbs_the_same_ladder() -> None:
    scene = Scene()
    scene.up(0)
    scene.up(0, "c2")
    scene.placed(0)
    assert scene.pass_time(0, 80) == [(11, "A", "resubscribe"), (32, "A", "move"), (73, "c1", "replace")]


def test_an_asset_the_venue_does_not_list_is_judged() -> None:
    scene = streaming()
    scene.listed(5, asset("B", tradable=False))
    assert scene.pass_time(5, 30) == [(15, "A", "resubscribe")]


def test_what_nobody_desires_any_more_is_not_judged() -> None:
    scene = streaming()
    scene.liveness.dropped("A")
    scene.liveness.dropped("never heard of")
    assert scene.pass_time(5, 500) == []


def test_a_late_confirmation_of_what_nobody_desires_any_more_does_not_bring_it_back() -> None:
    scene = streaming()
    scene.liveness.dropped("A")
    scene.liveness.confirmed(StreamConfirmed("A", 60, "c1", 1), 5)
    assert scene.pass_time(5, 500) == []


def test_a_confirmation_that_overtakes_the_news_of_its_placing_is_made_good_by_the_first_tick() -> None:
    scene = Scene()
    scene.up(0)
    scene.liveness.confirmed(StreamConfirmed("A", 60, "c1", 1), 0)
    scene.placed(0)
    assert scene.pass_time(0, 60, ["A"]) == []
    scene.report(70)
    (stale,) = scene.check(70).news
    assert stale == StreamStale("A", 11.0, "resubscribe", "no tick for longer than usual")


def test_while_no_connection_is_up_no_stream_is_judged() -> None:
    scene = streaming()
    scene.down()
    assert scene.check(500) == QUIET
    scene.up(501, epoch=2)
    assert scene.pass_time(501, 510) == []


def test_a_stream_whose_new_life_never_carries_it_is_subscribed_again() -> None:
    scene = streaming()
    scene.down()
    scene.up(6, epoch=2)
    scene.report(17, epoch=2)
    (stale,) = scene.check(17).news
    assert stale == StreamStale("A", 11.0, "resubscribe", "no connection carries it")


# FAULT: a new life of the old connection is accused, although the stream was sent to another one.
def test_a_life_that_never_confirmed_a_stream_is_not_to_blame_for_its_silence() -> None:
    scene = streaming()
    scene.up(5, connection="c2")
    scene.down(connection="c1")
    scene.up(6, connection="c1", epoch=2)
    assert {act for _, _, act in scene.pass_time(6, 1000)} == {"resubscribe"}


def test_a_healthy_stream_stays_where_it_is_until_its_new_place_is_confirmed() -> None:
    scene = streaming()
    scene.up(5, "c2")
    scene.placed(5, connection="c2")
    assert scene.pass_time(5, 60, ["A"]) == []
    assert scene.liveness.streams["A"].carrier == ("c1", 1)
    scene.confirmed(60, connection="c2")
    assert scene.liveness.streams["A"].carrier == ("c2", 1)
    assert scene.pass_time(60, 90, ["A"]) == []


# FAULT: a wall clock set back an hour made the last tick look an hour too young, and a mute stream fresh.
@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_a_wall_clock_that_is_set_neither_hides_silence_nor_invents_it(step: float) -> None:
    scene = streaming(until=20)
    for now in range(20, 30):
        scene.tick(now)
        scene.report(now, made_at=VENUE + now + step)  # the tick was stamped before the step
        assert scene.check(now) == QUIET
    found = []
    for now in range(30, 45):
        scene.report(now, made_at=VENUE + now + step)
        found += [(now, *act) for act in acts(scene.check(now))]
    assert found[0] in {(39, "A", "resubscribe"), (40, "A", "resubscribe")}  # ages are known to the second


# -- pace -----------------------------------------------------------------------------------------------


def test_a_stream_whose_pace_is_known_is_found_silent_sooner() -> None:
    scene = pool_of(1, 1, until=40)  # two ticks a second: ten gaps are 5 s
    assert scene.pass_time(40, 50)[0] == (45, "S1", "resubscribe")


def test_before_its_pace_is_known_it_has_the_whole_time() -> None:
    scene = pool_of(1, 1, until=4)
    assert scene.pass_time(4, 20)[0] == (14, "S1", "resubscribe")


def test_a_slow_stream_has_the_whole_time_whatever_its_pace() -> None:
    scene = Scene(floor=FLOOR)
    scene.up(0)
    scene.confirmed(0)
    for now in range(0, 300, 9):
        assert scene.pass_time(now, now + 1, ["A"], rate=1) == []
        assert scene.pass_time(now + 1, now + 9) == []
    rate = scene.liveness.streams["A"].pace.rate
    assert rate == pytest.approx(1 / 9)
    assert scene.pass_time(306, 320) == [(308, "A", "resubscribe")]  # the last tick came at 297


# -- one of many, all of one ----------------------------------------------------------------------------


def test_one_mute_asset_of_forty_is_noticed_in_time_and_cured_without_touching_the_others() -> None:
    scene = pool_of(10, 4)
    others = set(scene.liveness.streams) - {"S17"}
    done = scene.pass_time(40, 600, others)
    assert {subject for _, subject, _ in done} == {"S17"}
    assert {act for _, _, act in done} == {"resubscribe", "move"}
    assert done[0] == (45, "S17", "resubscribe")
    assert all(scene.liveness.streams[symbol].gaps == 0 for symbol in others)


def test_a_moved_stream_that_ticks_again_is_cured() -> None:
    scene = pool_of(2, 2)
    assert scene.pass_time(40, 57, {"S2", "S3", "S4"}) == [(45, "S1", "resubscribe"), (56, "S1", "move")]
    scene.placed(57, "S1", "c2")
    scene.confirmed(57, "S1", "c2")
    assert scene.pass_time(57, 200, scene.liveness.streams) == []
    assert scene.liveness.streams["S1"].cure is None


def test_all_mute_while_pings_go_on_is_cured_by_one_reconnect_and_no_resubscription() -> None:
    scene = pool_of(2, 4)
    silent = {"S1", "S2", "S3", "S4"}
    others = set(scene.liveness.streams) - silent
    assert scene.pass_time(40, 46, others) == [(45, "c1", "replace")]
    scene.down("c1", now=46.0)
    scene.up(47, "c1", epoch=2)
    for symbol in silent:
        scene.placed(47, symbol, "c1", epoch=2)
        scene.confirmed(47, symbol, "c1", epoch=2)
    assert scene.pass_time(47, 400, scene.liveness.streams) == []


def test_every_stream_of_a_replaced_connection_is_announced_as_stale() -> None:
    scene = pool_of(1, 3)
    scene.report(46)
    news = scene.check(46).news
    assert [(event.asset, event.cure) for event in news if isinstance(event, StreamStale)] == [
        ("S1", "reconnect"),
        ("S2", "reconnect"),
        ("S3", "reconnect"),
    ]
    assert news[-1] == ConnectionSuspect("c1", 1, "S1: all 3 streams of its connection are silent")


def test_whether_one_stream_is_mute_or_all_are_is_awaited_where_it_is_not_plain_yet() -> None:
    scene = pool_of(1, 1)
    scene.placed(40, "slow")
    scene.confirmed(40, "slow")
    for now in range(40, 100, 8):
        scene.pass_time(now, now + 1, ["S1", "slow"], rate=1)
        scene.pass_time(now + 1, now + 8, ["S1"])
    scene.pass_time(104, 105, ["S1", "slow"], rate=1)
    # S1 is due at 110, when it is early for the slow one.
    assert scene.pass_time(105, 120) == [(115, "c1", "replace")]


def test_a_connection_is_replaced_for_silence_so_many_times_an_hour_and_no_more() -> None:
    scene = pool_of(1, 2, reconnects_per_hour=3)
    replaced, epoch = [], 1
    for now in range(40, 3 * 3600):
        scene.report(now, epoch=epoch)
        for _, act in acts(scene.check(now)):
            if act == "replace":
                replaced.append(now)
                scene.down("c1", epoch, now=now)
                epoch += 1
                scene.up(now, "c1", epoch)
                for symbol in ("S1", "S2"):
                    scene.placed(now, symbol, "c1", epoch)
                    scene.confirmed(now, symbol, "c1", epoch)
                    scene.tick(now, symbol, "c1", epoch)  # it revives each time, and dies at once
    in_any_hour = [sum(1 for at in replaced if start <= at < start + HOUR) for start in replaced]
    assert max(in_any_hour) == 3
    assert len(replaced) == 9


def test_where_the_reconnects_are_used_up_streams_are_still_subscribed_again() -> None:
    scene = pool_of(1, 2, reconnects_per_hour=1)
    done = scene.pass_time(40, 400)
    assert [act for _, _, act in done].count("replace") == 1
    assert done[1:3] == [(56, "S1", "resubscribe"), (56, "S2", "resubscribe")]


# -- closed markets -------------------------------------------------------------------------------------


def test_a_closed_market_for_an_hour_causes_nothing_at_all() -> None:
    scene = pool_of(2, 4)
    scene.listed(40, *(asset(symbol, tradable=False) for symbol in scene.liveness.streams))
    assert scene.pass_time(40, 40 + 3600) == []
    assert {stream.state.value for stream in scene.liveness.streams.values()} == {"closed"}


def test_when_a_market_opens_the_silence_counts_from_there() -> None:
    scene = pool_of(1, 1)
    scene.listed(40, asset("S1", tradable=False))
    assert scene.pass_time(40, 3640) == []
    scene.listed(3640, asset("S1", tradable=True))
    assert scene.pass_time(3640, 3650) == [(3645, "S1", "resubscribe")]


def test_a_market_that_opens_and_ticks_has_missed_nothing() -> None:
    scene = pool_of(1, 1)
    scene.listed(40, asset("S1", tradable=False))
    assert scene.pass_time(40, 3640) == []
    scene.listed(3640, asset("S1", tradable=True))
    assert scene.pass_time(3640, 3700, ["S1"]) == []
    assert scene.liveness.streams["S1"].gaps == 0


def test_a_market_opens_and_closes_at_the_times_that_its_row_names() -> None:
    scene = pool_of(1, 1)
    scene.listed(40, asset("S1", tradable=False, opens_at=int(VENUE) + 1000))
    assert scene.pass_time(40, 1000) == []
    assert scene.pass_time(1000, 1010)[0] == (1005, "S1", "resubscribe")
    scene.listed(1010, asset("S1", tradable=True, closes_at=int(VENUE) + 2000))
    scene.pass_time(1010, 2000, ["S1"])
    assert scene.pass_time(2000, 9000) == []


def test_a_closed_neighbour_is_no_silent_one() -> None:
    scene = pool_of(1, 2)
    scene.listed(40, asset("S2", tradable=False))
    assert scene.pass_time(40, 50)[0] == (45, "S1", "resubscribe")


# -- connections ----------------------------------------------------------------------------------------


def test_a_connection_that_stops_reporting_is_suspect_at_intervals_until_it_is_down() -> None:
    scene = Scene()
    scene.up(0, epoch=3)
    scene.report(2, epoch=3)
    assert scene.check(2 + REPORTS_MISSED) == QUIET
    found = [(now, event) for now in range(8, 20) for event in scene.check(now).news]
    assert [now for now, _ in found] == [8, 14]
    for _, event in found:
        assert isinstance(event, ConnectionSuspect)
        assert (event.connection, event.epoch) == ("c1", 3)
    scene.down(epoch=3)
    assert scene.check(100) == QUIET


def test_a_connection_that_never_reported_is_suspect_too() -> None:
    scene = Scene()
    scene.up(0)
    (suspect,) = scene.check(REPORTS_MISSED + 1).news
    assert isinstance(suspect, ConnectionSuspect)


def test_the_rate_is_messages_per_second_since_the_last_report() -> None:
    scene = Scene()
    scene.up(0)
    scene.messages = 100
    scene.report(1)
    assert scene.liveness.connections["c1"].rate == 100
    scene.messages = 150
    scene.report(3)
    assert scene.liveness.connections["c1"].rate == 25


def test_the_rate_after_a_pause_is_reckoned_over_the_whole_pause() -> None:
    scene = Scene()
    scene.up(0)
    scene.report(1)
    assert scene.check(10).news != []
    scene.messages = 100
    scene.report(11)
    assert scene.liveness.connections["c1"].rate == 10
