"""The order in which hosts try for a duty."""

from hypothesis import given, strategies as st

from actors.tenancy.rank import fair_share, rank, ranking

HOSTS = st.sets(st.text("abc123", min_size=1, max_size=4), min_size=1, max_size=8)
DUTIES = st.text("xyz:", max_size=6)


@given(hosts=HOSTS, duty=DUTIES)
def test_all_hosts_see_the_same_line(hosts: set[str], duty: str) -> None:
    line = ranking(duty, hosts)
    assert sorted(line) == sorted(hosts)
    assert [rank(duty, host, hosts - {host}) for host in line] == list(range(len(hosts)))


@given(hosts=HOSTS, duty=DUTIES, gone=st.data())
def test_if_a_host_leaves_the_others_keep_their_order(
    hosts: set[str], duty: str, gone: st.DataObject
) -> None:
    left = gone.draw(st.sampled_from(sorted(hosts)))
    assert ranking(duty, hosts - {left}) == [host for host in ranking(duty, hosts) if host != left]


def test_duties_are_spread_over_hosts() -> None:
    firsts = [ranking(f"account:{number}", ["h1", "h2", "h3"])[0] for number in range(300)]
    assert all(70 < firsts.count(host) < 130 for host in ("h1", "h2", "h3"))


def test_a_fair_share() -> None:
    assert [fair_share(5, hosts) for hosts in (0, 1, 2, 5, 9)] == [5, 5, 3, 1, 1]
