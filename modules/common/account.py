"""What the deployment has to know of the account it lands in: its number, its partition, its zones."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cdktf import Postcondition, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from constructs import Construct

from modules.common.aws import FARGATE_ZONE_IDS


class Account(Construct):
    """Reads the account, the partition (`aws`, `aws-cn`, `aws-us-gov`, …) and the region's zones at plan time.

    Attributes:
        account_id: 12 digits.
        partition: the second part of an ARN.
        dns_suffix: `amazonaws.com`, or the partition's own.
        reverse_dns_prefix: the same in the names of endpoint services: `com.amazonaws`.
        region: as given.
    """

    def __init__(self, scope: Construct, id: str, *, region: str) -> None:
        super().__init__(scope, id)
        self._partition = DataAwsPartition(self, "partition")
        self.region = region
        self.account_id: str = DataAwsCallerIdentity(self, "caller_identity").account_id
        self.partition: str = self._partition.partition
        self.dns_suffix: str = self._partition.dns_suffix
        self.reverse_dns_prefix: str = self._partition.reverse_dns_prefix

    def first_availability_zones(self, count: int) -> tuple[str, ...]:
        """The first `count` zones by name of those that the service can be in."""
        zones = self._zones([])
        return tuple(f"${{{zones.fqn}.names[{index}]}}" for index in range(count))

    def checked_availability_zones(self, names: Sequence[str]) -> tuple[str, ...]:
        """The zones that the settings name; in a region where some have no Fargate, a plan stops at one of these."""
        if self.region not in FARGATE_ZONE_IDS:
            return tuple(names)
        wanted = json.dumps(list(names))
        self._zones(
            [
                Postcondition(
                    condition=f"${{length(setsubtract({wanted}, self.names)) == 0}}",
                    error_message=(
                        f"network.availability_zones: the account has no "
                        f'${{join(", ", setsubtract({wanted}, self.names))}} in {self.region} that Fargate is in. '
                        'Allowed: ${join(", ", self.names)}. Fix: write some of these, or leave the setting out.'
                    ),
                )
            ]
        )
        return tuple(names)

    def _zones(self, conditions: list[Postcondition]) -> DataAwsAvailabilityZones:
        """Without Local and Wavelength Zones, which RDS and load balancers are not in
        (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html)."""
        filters = {"opt-in-status": ["opt-in-not-required"]}
        if ids := FARGATE_ZONE_IDS.get(self.region):
            filters["zone-id"] = list(ids)
        return DataAwsAvailabilityZones(
            self,
            "availability_zones",
            state="available",
            filter=[DataAwsAvailabilityZonesFilter(name=name, values=filters[name]) for name in filters],
            lifecycle=TerraformResourceLifecycle(postcondition=conditions) if conditions else None,
        )
