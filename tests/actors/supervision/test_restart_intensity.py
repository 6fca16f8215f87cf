from actors.supervision.restart_intensity import RestartIntensity


def test_as_many_deaths_as_allowed_are_not_too_many() -> None:
    intensity = RestartIntensity(2, 10.0)
    assert [intensity.exceeded(at) for at in (0.0, 1.0, 2.0)] == [False, False, True]


def test_deaths_far_apart_are_never_too_many() -> None:
    intensity = RestartIntensity(2, 10.0)
    assert not any(intensity.exceeded(at) for at in range(0, 600, 6))


def test_the_window_slides() -> None:
    intensity = RestartIntensity(2, 10.0)
    assert [intensity.exceeded(at) for at in (0.0, 9.0, 11.0, 12.0)] == [False, False, False, True]


def test_after_a_reset_as_many_deaths_are_allowed_again() -> None:
    intensity = RestartIntensity(1, 10.0)
    intensity.exceeded(0.0)
    assert intensity.exceeded(1.0)
    intensity.reset()
    assert [intensity.exceeded(at) for at in (2.0, 3.0)] == [False, True]


def test_it_says_before_a_death_whether_that_would_be_one_too_many() -> None:
    intensity = RestartIntensity(2, 10.0)
    before = []
    for at in (0.0, 1.0, 2.0, 13.0):
        before.append(intensity.reached(at))
        intensity.exceeded(at)
    assert before == [False, False, True, False]
