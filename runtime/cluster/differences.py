"""What two hosts have in their files that should be alike."""

from collections.abc import Iterator, Mapping


def differences(ours: Mapping[str, str], theirs: Mapping[str, str]) -> Iterator[str]:
    """What differs, by name; an account that one of them lacks is named as a whole."""
    owners, others = ({name.rpartition(".")[0] for name in names} for names in (ours, theirs))
    yield from (f"{owner}, which it does not have" for owner in sorted(owners - others))
    yield from (f"{owner}, which only it has" for owner in sorted(others - owners))
    for name in sorted(ours.keys() | theirs.keys()):
        if name.rpartition(".")[0] in owners & others and ours.get(name) != theirs.get(name):
            yield name
