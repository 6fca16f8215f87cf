from actors.supervision.login_refusals import LoginRefusals


def test_a_session_refused_twice_is_given_up() -> None:
    refusals = LoginRefusals(0.0, 2)
    assert not refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=2.0, now=3.0)


def test_it_does_not_matter_which_connection_was_refused() -> None:
    refusals = LoginRefusals(0.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=1.5, now=2.0)
    assert refusals.refused(began_at=0.5, now=3.0)


def test_logins_refused_in_one_go_count_as_one() -> None:
    refusals = LoginRefusals(0.0, 2)
    assert not any(refusals.refused(began_at=0.0, now=1.0 + late / 10) for late in range(5))
    assert refusals.refused(began_at=1.5, now=2.0)


def test_a_login_in_between_makes_it_count_anew() -> None:
    refusals = LoginRefusals(0.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    refusals.forget()
    assert not refusals.refused(began_at=2.0, now=3.0)
    assert refusals.refused(began_at=4.0, now=5.0)


def test_after_a_refusal_nobody_logs_in_for_a_while() -> None:
    refusals = LoginRefusals(5.0, 2)
    assert refusals.wait(now=0.0) == 0.0
    refusals.refused(began_at=0.0, now=1.0)
    refusals.refused(began_at=0.5, now=2.0)  # in one go with the first, so it lengthens nothing
    assert refusals.wait(now=2.0) == 4.0
    assert refusals.wait(now=6.0) == 0.0


def test_whoever_was_let_in_or_asks_for_another_try_ends_the_pause() -> None:
    refusals = LoginRefusals(5.0, 2)
    refusals.refused(began_at=0.0, now=1.0)
    refusals.forget()
    assert refusals.wait(now=1.0) == 0.0
