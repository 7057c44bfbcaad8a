"""Overrides of moto's ECS: Container Insights writes to a log group, and makes it where there is none."""

from __future__ import annotations

from typing import Any

from moto.ecs.models import Cluster, EC2ContainerServiceBackend, Service
from moto.logs.models import logs_backends

COLLECTING = ("enabled", "enhanced")


def apply() -> None:
    """Patches moto.

    `CreateCluster`, `UpdateCluster`, `CreateService`. moto: keeps the setting `containerInsights` and does nothing.
    AWS: sends the cluster's performance events to a log group that it makes by itself
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference.html), named after the
    cluster
    (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/Container-Insights-reference-performance-logs-ECS.html).
    Here the group is made as soon as the setting asks for it, and again with each service."""
    create: Any = EC2ContainerServiceBackend.create_cluster
    update: Any = EC2ContainerServiceBackend.update_cluster
    create_service: Any = EC2ContainerServiceBackend.create_service

    def create_cluster(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> Cluster:
        return _collected(self, create(self, *args, **kwargs))

    def update_cluster(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> Cluster:
        return _collected(self, update(self, *args, **kwargs))

    def service_of_cluster(self: EC2ContainerServiceBackend, *args: Any, **kwargs: Any) -> Service:
        service: Service = create_service(self, *args, **kwargs)
        _collected(self, self.clusters[service.cluster_name])
        return service

    EC2ContainerServiceBackend.create_cluster = create_cluster  # type: ignore[method-assign]
    EC2ContainerServiceBackend.update_cluster = update_cluster  # type: ignore[method-assign]
    EC2ContainerServiceBackend.create_service = service_of_cluster  # type: ignore[method-assign]


def _collected(backend: EC2ContainerServiceBackend, cluster: Cluster) -> Cluster:
    settings = {one["name"]: one["value"] for one in cluster.settings}
    if settings.get("containerInsights") in COLLECTING:
        logs = logs_backends[backend.account_id][backend.region_name]
        logs.ensure_log_group(f"/aws/ecs/containerinsights/{cluster.name}/performance")
    return cluster
