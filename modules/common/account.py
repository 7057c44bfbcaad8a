"""What the deployment has to know of the account it lands in: its number, its partition, its zones."""

from __future__ import annotations

from cdktf_cdktf_provider_aws.data_aws_availability_zones import (
    DataAwsAvailabilityZones,
    DataAwsAvailabilityZonesFilter,
)
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.data_aws_partition import DataAwsPartition
from constructs import Construct


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
        """The region's first `count` zones by name, without Local and Wavelength Zones (RDS and ALB are not in these).

        https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/using-regions-availability-zones.html
        """
        zones = DataAwsAvailabilityZones(
            self,
            "availability_zones",
            state="available",
            filter=[DataAwsAvailabilityZonesFilter(name="opt-in-status", values=["opt-in-not-required"])],
        )
        return tuple(f"${{{zones.fqn}.names[{index}]}}" for index in range(count))
