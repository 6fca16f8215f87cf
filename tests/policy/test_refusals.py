from actors.policy.refusals import Refusals


def test_a_session_refused_twice_is_given_up() -> None:
    refusals = Refusals()
    assert not refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=2.0, now=3.0)


def test_it_does_not_matter_which_connection_was_refused() -> None:
    refusals = Refusals()
    refusals.refused(began_at=0.0, now=1.0)
    assert refusals.refused(began_at=1.5, now=2.0)
    assert refusals.refused(began_at=0.5, now=3.0)


def test_logins_refused_in_one_go_count_as_one() -> None:
    refusals = Refusals()
    assert not any(refusals.refused(began_at=0.0, now=1.0 + late / 10) for late in range(5))
    assert refusals.refused(began_at=1.5, now=2.0)


def test_a_login_in_between_makes_it_count_anew() -> None:
    refusals = Refusals()
    refusals.refused(began_at=0.0, now=1.0)
    refusals.forget()
    assert not refusals.refused(began_at=2.0, now=3.0)
    assert refusals.refused(began_at=4.0, now=5.0)
