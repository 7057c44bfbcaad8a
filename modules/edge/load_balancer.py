"""The edge: an Application Load Balancer and the target group the tasks register with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cdktf_cdktf_provider_aws.lb import Lb
from cdktf_cdktf_provider_aws.lb_target_group import LbTargetGroup, LbTargetGroupHealthCheck
from cdktf_cdktf_provider_aws.vpc_security_group_ingress_rule import VpcSecurityGroupIngressRule
from constructs import Construct

from modules.common import task_life
from modules.common.addresses import address_of
from modules.common.security_groups import Connection, SecurityGroup
from modules.edge.listeners import HTTP_PORT, HTTPS_PORT, Https, hide_metrics, plain_http, redirected_https
from modules.edge.settings import LoadBalancerSettings
from modules.service.container import CONTAINER_NAME, CONTAINER_PORT
from modules.service.service import Service
from modules.storage.log_bucket import LogBucket


class LoadBalancer(Construct):
    """An ALB that forwards to the tasks what it gets by HTTPS, or by plain HTTP where it has no name of its own
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/).

    Requests that are not exactly as RFC 7230 has them are refused: two readers could take them for different ones
    (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#desync-mitigation-mode).

    While the server passes an uploaded artifact on to S3, nothing is sent to the client: an idle timeout shorter than
    that is a 504.

    Args:
        settings: the table `load_balancer`.
        name: lower-case, at most 32 characters: MLflow compares the `Host` header, which clients send in lower case,
            letter by letter with the ALB's name.
        vpc_id, subnet_ids: where it is; private subnets if `settings.internal`, else public ones.
        https: the name and the certificate; None is plain HTTP under the load balancer's own name.
        path_prefix: what every path begins with, such as `/mlflow` (MLflow's `--static-prefix`).
        log_bucket: gets a line for each request and each connection
            (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-access-logs.html); None
            logs nothing.
        dual_stack: IPv6 addresses beside the IPv4 ones; its subnets have to have IPv6 networks
            (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-ip-address-type.html).

    Attributes:
        arn, dns_name, zone_id: of the load balancer.
        arn_suffix, target_group_arn_suffix: what CloudWatch and Application Auto Scaling know the two by.
        host: the name that clients use.
        hosts, origins: of all names that clients may use.
        url: where clients reach the server: their `MLFLOW_TRACKING_URI`.
        origin: what browsers send as `Origin`.
        path_prefix, dual_stack: as given.
        has_https: clients come by HTTPS.
        listener: the listener that forwards to the tasks.
        target_group, target_group_arn: what the tasks register with.
        idle_timeout_seconds: the server's keep-alive has to be longer.
        security_group: the load balancer's own.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        settings: LoadBalancerSettings,
        name: str,
        vpc_id: str,
        subnet_ids: Sequence[str],
        https: Https | None = None,
        path_prefix: str = "",
        log_bucket: LogBucket | None = None,
        dual_stack: bool = False,
    ) -> None:
        super().__init__(scope, id)
        self.security_group = SecurityGroup(
            self,
            "security_group",
            name=f"{name}-load-balancer",
            description="MLflow load balancer",
            vpc_id=vpc_id,
        )
        self._clients: list[VpcSecurityGroupIngressRule] = []
        for cidr in settings.allowed_cidrs:
            for port in (HTTP_PORT, HTTPS_PORT) if https else (HTTP_PORT,):
                self._clients.append(
                    self.security_group.allow_from_cidr(cidr, port=port, description="Clients")
                )
        logs = _logs_to(log_bucket) if log_bucket else None
        balancer = Lb(
            self,
            "resource",
            name=name,
            load_balancer_type="application",
            internal=settings.internal,
            ip_address_type="dualstack" if dual_stack else None,
            subnets=list(subnet_ids),
            security_groups=[self.security_group.security_group_id],
            idle_timeout=settings.idle_timeout_seconds,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="strictest",
            # The client's address comes last in X-Forwarded-For, also if the client sent that header itself.
            xff_header_processing_mode="append",
            enable_deletion_protection=settings.deletion_protection,
            access_logs=logs,
            connection_logs=logs,
            # Elastic Load Balancing tests its write access when logging is switched on.
            depends_on=[log_bucket.policy] if log_bucket else None,
        )
        self.target_group = LbTargetGroup(
            self,
            "target_group",
            name=name,
            vpc_id=vpc_id,
            target_type="ip",
            protocol="HTTP",
            port=CONTAINER_PORT,
            deregistration_delay=str(task_life.DEREGISTRATION_DELAY_SECONDS),
            health_check=LbTargetGroupHealthCheck(
                path=f"{path_prefix}{task_life.HEALTH_PATH}",
                protocol="HTTP",
                matcher="200",
                interval=task_life.HEALTH_INTERVAL_SECONDS,
                timeout=task_life.HEALTH_TIMEOUT_SECONDS,
                healthy_threshold=task_life.HEALTHY_THRESHOLD,
                unhealthy_threshold=task_life.UNHEALTHY_THRESHOLD,
            ),
        )
        arns = {"load_balancer_arn": balancer.arn, "target_group_arn": self.target_group.arn}
        self.listener = redirected_https(self, https, **arns) if https else plain_http(self, **arns)
        # No task answers before the rule is there.
        self._before_tasks = hide_metrics(self, self.listener, path_prefix=path_prefix)
        self.idle_timeout_seconds = settings.idle_timeout_seconds
        self.path_prefix = path_prefix
        self.dual_stack = dual_stack
        self.has_https = https is not None
        self.arn: str = balancer.arn
        self.arn_suffix: str = balancer.arn_suffix
        self.dns_name: str = balancer.dns_name
        self.zone_id: str = balancer.zone_id
        self.target_group_arn: str = self.target_group.arn
        self.target_group_arn_suffix: str = self.target_group.arn_suffix
        self.host = https.domain_name if https else self.dns_name
        self.origin = f"https://{self.host}" if https else f"http://{self.host}"
        self.url = f"{self.origin}{path_prefix}"
        further = https.additional_names if https else ()
        self.hosts = (self.host, *further)
        self.origins = (self.origin, *(f"https://{name}" for name in further))

    def open_after(self, service: Service) -> None:
        """Networks are opened to clients only when the service's new tasks run, and no other: an apply that switches
        sign-in on and opens a network leaves no moment in which a task without sign-in answers the network."""
        for rule in self._clients:
            rule.depends_on = [address_of(service.service)]

    def forward_to(self, service: Service) -> None:
        """Sends requests to the service's tasks, which nobody else may reach."""
        connection = Connection(
            service,
            "from_load_balancer",
            source=self.security_group,
            target=service.security_group,
            port=CONTAINER_PORT,
            description="Load balancer to the MLflow server",
        )
        # ECS refuses a service whose target group no listener uses yet.
        service.start_after(self.listener, self._before_tasks, *connection.rules)
        service.register_with(
            target_group_arn=self.target_group_arn,
            container_name=CONTAINER_NAME,
            container_port=CONTAINER_PORT,
        )


def _logs_to(log_bucket: LogBucket) -> dict[str, Any]:
    prefix = log_bucket.allow_load_balancer_logs()
    return {"bucket": log_bucket.bucket_name, "prefix": prefix, "enabled": True}
