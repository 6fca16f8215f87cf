from actors.supervision.login_refusals import LoginRefusals


def test_a_session_refused_twice_is_given_up() -> None:
    refusals = LoginRefusals(0.0, 2)
    assert not refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=2.0, now=3.0)


def test_the_refusals_of_all_connections_count() -> None:
    refusals = LoginRefusals(0.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=1.5, now=2.0)
    assert refusals.refused(began_at=0.5, now=3.0)


def test_logins_in_flight_together_count_as_one_refusal() -> None:
    refusals = LoginRefusals(0.0, 2)
    assert not any(refusals.refused(began_at=0.0, now=1.0 + late / 10) for late in range(5))
    assert refusals.refused(began_at=1.5, now=2.0)


def test_a_login_in_between_resets_the_count() -> None:
    refusals = LoginRefusals(0.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    refusals.accepted(now=1.5)
    assert not refusals.refused(began_at=2.0, now=3.0)
    assert refusals.refused(began_at=4.0, now=5.0)


def test_after_a_refusal_no_login_begins_before_the_pause_is_over() -> None:
    refusals = LoginRefusals(5.0, 2)
    assert refusals.wait(now=0.0) == 0.0
    refusals.refused(began_at=0.0, now=1.0)
    refusals.refused(began_at=0.5, now=2.0)  # in flight with the first, so the pause is not longer
    assert refusals.wait(now=2.0) == 4.0
    assert refusals.wait(now=6.0) == 0.0


def test_a_reset_ends_the_pause() -> None:
    refusals = LoginRefusals(5.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    refusals.reset()
    assert refusals.wait(now=1.0) == 0.0


def test_a_refusal_that_was_in_flight_with_an_accepted_login_neither_counts_nor_pauses() -> None:
    refusals = LoginRefusals(5.0, 1)
    refusals.accepted(now=1.0)
    assert not refusals.refused(began_at=0.5, now=1.1)
    assert refusals.wait(now=1.1) == 0.0
    assert refusals.refused(began_at=1.2, now=1.3)
