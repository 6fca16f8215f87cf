from hypothesis import given
from hypothesis import strategies as st

from actors.policy.selection import least_loaded


def test_the_least_loaded_of_the_ready_is_chosen() -> None:
    assert least_loaded({"a": 2, "b": 1, "c": 0}, ["a", "b"]) == "b"


def test_among_equals_the_first_by_name_is_chosen() -> None:
    assert least_loaded({}, ["c", "a", "b"]) == "a"


def test_a_full_one_is_not_chosen() -> None:
    assert least_loaded({"a": 2}, ["a", "b"], 2) == "b"
    assert least_loaded({"a": 2, "b": 2}, ["a", "b"], 2) is None


def test_without_anyone_ready_nobody_is_chosen() -> None:
    assert least_loaded({"a": 0}, []) is None


@given(
    loads=st.dictionaries(st.sampled_from("abcdef"), st.integers(0, 5)),
    ready=st.sets(st.sampled_from("abcdef")),
    limit=st.none() | st.integers(0, 5),
)
def test_nobody_ready_and_below_the_limit_has_less(
    loads: dict[str, int], ready: set[str], limit: int | None
) -> None:
    chosen = least_loaded(loads, ready, limit)
    able = [name for name in ready if limit is None or loads.get(name, 0) < limit]
    if chosen is None:
        assert not able
    else:
        assert chosen in able
        assert all(loads.get(chosen, 0) <= loads.get(name, 0) for name in able)
