"""What of an engine of several servers loses something."""

from runtime.cluster.address import Place
from runtime.cluster.connections import SentinelReport
from runtime.cluster.facts import EngineFacts
from runtime.cluster.fitness import disagreement, hindrance_of, weaknesses

GOOD = EngineFacts("8.0", "", keeps_on_disk=True, replicas=2, is_replica=False, needs_replicas=True)
ONE, OTHER = (SentinelReport(Place("a", 1), "", primary, 1.0) for primary in ("a:6379", "b:6379"))
SILENT = SentinelReport(Place("c", 1), "no connection")


def test_three_servers_with_a_lease_of_two_failovers_have_no_weakness() -> None:
    assert not [*weaknesses(GOOD, [ONE, ONE], 6.0)]
    assert not hindrance_of(GOOD)


def test_one_server_has_none_either() -> None:
    assert not [*weaknesses(GOOD._replace(replicas=0, needs_replicas=False), [], 1.0)]


def test_each_weakness_is_told() -> None:
    poor = GOOD._replace(keeps_on_disk=False, replicas=1, needs_replicas=False)
    told = [*weaknesses(poor, [ONE, SILENT], 5.9)]
    words = ("nothing on its disk", "two servers", "min-replicas-to-write", "1 of 2 sentinels", "to 6 s")
    assert [word in line for word, line in zip(words, told, strict=True)] == [True] * 5


def test_sentinels_that_disagree_are_told_with_what_they_say() -> None:
    assert not disagreement([ONE, ONE, SILENT])
    assert disagreement([ONE, OTHER]).endswith("(a:6379, b:6379)")
