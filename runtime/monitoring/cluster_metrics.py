"""The metrics of a host about its cluster. Needs prometheus-client."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.metrics_core import Metric

from runtime.monitoring.cluster_picture import ClusterPicture, TenureStatus
from runtime.monitoring.metrics import Figure, family_of, labelled

OF_A_CLUSTER: Final[tuple[Figure[ClusterPicture], ...]] = (
    Figure("cluster_hosts", "Hosts that are there, with this one.", lambda c: c.hosts),
    Figure("cluster_maintenance", "1 if this host is in maintenance.", lambda c: c.in_maintenance),
    Figure("cluster_engine_up", "1 if the engine answers.", lambda c: c.engine_answers_in is not None),
    Figure("cluster_engine_answer_seconds", "Of the last renewal.", lambda c: c.engine_answers_in),
)
OF_A_TENURE: Final[tuple[Figure[TenureStatus], ...]] = (
    Figure("cluster_owned", "1 if this host has the account or the feed.", lambda t: t.epoch is not None),
    Figure("cluster_standby", "1 if this host stands by for the feed.", lambda t: t.stands_by),
    Figure("cluster_epoch", "How often it was taken over, by any host.", lambda t: t.epoch),
    Figure("cluster_lease_left_seconds", "Of its lease, unless it is renewed.", lambda t: t.lease_left),
)


def cluster_families(picture: ClusterPicture) -> Iterator[Metric]:
    for figure in OF_A_CLUSTER:
        yield family_of(figure, {"": picture})
    yield from labelled(OF_A_TENURE, "account", {each.name: each for each in picture.duties})
