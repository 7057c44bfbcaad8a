"""Where a service's tasks run: on Fargate, and a share of them on Fargate Spot."""

from __future__ import annotations

from math import gcd

from cdktf_cdktf_provider_aws.ecs_service import EcsServiceCapacityProviderStrategy

ON_DEMAND = "FARGATE"
SPOT = "FARGATE_SPOT"


def capacity_provider_strategy(
    *, on_demand_count: int, spot_percent: int
) -> list[EcsServiceCapacityProviderStrategy]:
    """The capacity providers of a service
    (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-capacity-providers.html).

    A service with a launch type instead could not get a share of Spot later: Terraform would replace it, and the server
    would be away for minutes. From one strategy to another it only changes.

    Args:
        on_demand_count: how many tasks run on demand before any runs on Spot.
        spot_percent: 0 to 90, the share of Spot among the tasks beyond these.
    """
    if spot_percent == 0:
        return [EcsServiceCapacityProviderStrategy(capacity_provider=ON_DEMAND, weight=1)]
    on_demand_percent = 100 - spot_percent
    # In the smallest numbers, as ECS fills one provider's weight after the other's.
    unit = gcd(on_demand_percent, spot_percent)
    return [
        EcsServiceCapacityProviderStrategy(
            capacity_provider=ON_DEMAND, base=on_demand_count, weight=on_demand_percent // unit
        ),
        EcsServiceCapacityProviderStrategy(capacity_provider=SPOT, base=0, weight=spot_percent // unit),
    ]
