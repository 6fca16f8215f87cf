"""Several hosts that share the accounts."""

import re
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr, ValidationInfo, field_validator

from runtime.config.types.fields import WHOLE_NUMBER, Duration, LeaseTime
from runtime.config.types.section import Section

if TYPE_CHECKING:
    from runtime.cluster.address import EngineAddress


def _engine(secret: SecretStr) -> SecretStr:
    if url := secret.get_secret_value():
        from runtime.cluster.address import parse_address  # noqa: PLC0415  # not everybody has a cluster

        parse_address(url)
    return secret


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,62}", name):
        raise ValueError("is not a name of letters, digits, dots, dashes and underscores")
    return name


HostId = Annotated[str, AfterValidator(_host)]
"""The name of a host of a cluster."""


class ClusterConfig(Section):
    """Several hosts that share the accounts: each account is on one of them at a time."""

    engine: Annotated[SecretStr, AfterValidator(_engine)] = SecretStr("")
    """A Valkey server, or Redis from 7.0 on: valkey://USER:PASSWORD@HOST:6379/0, or its sentinels:
    sentinel://USER:PASSWORD@HOST:26379,HOST:26379,HOST:26379/NAME. valkeys:// and sentinels:// for TLS, with
    ?ssl_ca_certs=FILE for authorities of your own. Empty: this host is alone."""
    host: Annotated[str, AfterValidator(lambda name: name and _host(name))] = ""
    """The name of this host, unique; empty: that of the machine."""
    lease: LeaseTime = 5.0
    """A host that is dead or cut off is replaced after this."""
    renew: Duration = 1.0
    """Between renewals of the leases; a third of lease at most."""
    margin: Duration = 0.5
    """No order leaves in this last part of a lease; at least the longest stall of the machine."""
    replicas: Annotated[int, Field(ge=0, le=5, validate_default=True), WHOLE_NUMBER] = 0
    """So many replicas of the engine must have an order before it is sent; with sentinels at least 1."""
    isolated: Literal["close", "keep"] = "close"
    """Accounts while the engine does not answer for longer than a lease. close: the connection closes before
    the lease ends, since another host may log in then. keep: it stays, for balance and results, without
    orders; for those with one host."""

    @property
    def address(self) -> "EngineAddress | None":
        """That of the engine; ``None`` without one."""
        if not (url := self.engine.get_secret_value()):
            return None
        from runtime.cluster.address import parse_address  # noqa: PLC0415  # as above

        return parse_address(url)

    @property
    def credentials(self) -> frozenset[str]:
        """What the URL of the engine has that is a secret by itself."""
        return frozenset() if self.address is None else self.address.credentials

    @field_validator("renew")
    @classmethod
    def _must_leave_two_more_tries(cls, renew: float, info: ValidationInfo) -> float:
        if (lease := info.data.get("lease")) is not None and renew > lease / 3:
            raise ValueError("must be a third of cluster.lease at most (or one lost answer ends the lease)")
        return renew

    @field_validator("replicas")
    @classmethod
    def _must_outlive_a_failover(cls, replicas: int, info: ValidationInfo) -> int:
        engine: SecretStr | None = info.data.get("engine")
        if not replicas and engine and engine.get_secret_value().startswith("sentinel"):
            raise ValueError("must be 1 or more with sentinels (or a failover loses orders that were sent)")
        return replicas

    @field_validator("margin")
    @classmethod
    def _must_leave_most_of_the_lease(cls, margin: float, info: ValidationInfo) -> float:
        if (lease := info.data.get("lease")) is not None and margin >= lease / 2:
            raise ValueError("must be below a half of cluster.lease")
        return margin
