"""Rules on networks, buckets, logs, containers, and on what holds data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modules.service.values import SECRET_VALUE, looks_secret
from settings.language.errors import Refusal
from stacks.validations.elements import Document, Element, Elements, Finding, listed, names, parsed

EVERYBODY = ("0.0.0.0/0", "::/0")
BLOCKS = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
PLAIN_HTTP = {"Bool": {"aws:SecureTransport": "false"}}
# Resource type → argument → the value it must have if data must not be lost.
KEPT: dict[str, dict[str, Any]] = {
    "aws_db_instance": {"deletion_protection": True, "skip_final_snapshot": False},
    "aws_ecr_repository": {"force_delete": False},
    "aws_lb": {"enable_deletion_protection": True},
    "aws_s3_bucket": {"force_destroy": False},
}
# What nothing brings back as it was.
NEVER_DELETED = ("aws_db_instance.database", "aws_s3_bucket.artifact_store")


def only_listeners_are_open(elements: Elements) -> Iterator[Finding]:
    """The internet may reach the load balancer's listeners, if anything."""
    ports = {listener.body["port"] for listener in elements.of("aws_lb_listener")}
    balancers = [group for one in elements.of("aws_lb") for group in listed(one.body.get("security_groups"))]
    rules = [
        (element, element.body, element.body["security_group_id"])
        for element in elements.of("aws_vpc_security_group_ingress_rule")
    ]
    for element in elements.of("aws_security_group"):
        rules += [
            (element, rule, f"${{{element.address}.id}}") for rule in listed(element.body.get("ingress"))
        ]
    for element, rule, group in rules:
        cidrs = [
            cidr
            for name in ("cidr_ipv4", "cidr_ipv6", "cidr_blocks", "ipv6_cidr_blocks")
            for cidr in listed(rule.get(name))
        ]
        listens = rule.get("from_port") == rule.get("to_port") and rule.get("from_port") in ports
        if set(cidrs) & set(EVERYBODY) and not (listens and group in balancers):
            yield Finding(
                element=element,
                given={"cidrs": cidrs, "ports": [rule.get("from_port"), rule.get("to_port")]},
                refusal=Refusal(
                    "It lets the whole internet in where no listener of the load balancer is.",
                    f"of the load balancer's own group, one of the listeners' ports: {sorted(ports)}",
                    "name the security group that has to come in (Connection), or a narrower range.",
                ),
            )


def buckets_are_closed(elements: Elements) -> Iterator[Finding]:
    """No bucket is public, and none is read over plain HTTP."""
    blocks = list(elements.of("aws_s3_bucket_public_access_block"))
    policies = list(elements.of("aws_s3_bucket_policy"))
    for bucket in elements.of("aws_s3_bucket"):
        block = _of_bucket(blocks, bucket)
        given = {name: block.get(name) for name in BLOCKS} if block else None
        if given is None or not all(given.values()):
            yield Finding(
                element=bucket,
                given=given,
                refusal=Refusal(
                    "A policy or an ACL could make it public.",
                    f"an aws_s3_bucket_public_access_block with {', '.join(BLOCKS)}",
                    "make the bucket as a PrivateBucket (modules/common/private_bucket.py).",
                ),
            )
        policy = _of_bucket(policies, bucket)
        document = parsed(policy["policy"]) if policy else None
        if not any(_refuses_plain_http(one, bucket) for one in (document or {}).get("Statement", [])):
            yield Finding(
                element=bucket,
                given=policy and policy["policy"],
                refusal=Refusal(
                    "It answers over plain HTTP.",
                    "an aws_s3_bucket_policy that denies s3:* to all where aws:SecureTransport is false",
                    "make the bucket as a PrivateBucket (modules/common/private_bucket.py).",
                ),
            )


def _of_bucket(elements: list[Element], bucket: Element) -> Document | None:
    return next((one.body for one in elements if names(one.body["bucket"], bucket.address)), None)


def _refuses_plain_http(statement: Document, bucket: Element) -> bool:
    everything = f"${{{bucket.address}.arn}}", f"${{{bucket.address}.arn}}/*"
    return (
        statement["Effect"] == "Deny"
        and statement["Principal"] in ("*", {"AWS": "*"})
        and listed(statement["Action"]) == ["s3:*"]
        and set(everything) <= set(listed(statement["Resource"]))
        and statement.get("Condition") == PLAIN_HTTP
    )


def logs_expire(elements: Elements) -> Iterator[Finding]:
    """A log group without a retention keeps all it ever got, and costs more each month."""
    for group in elements.of("aws_cloudwatch_log_group"):
        if not group.body.get("retention_in_days"):
            yield Finding(
                element=group,
                given=group.body.get("retention_in_days"),
                refusal=Refusal(
                    "Its events never expire.",
                    "retention_in_days, one of those that CloudWatch Logs has",
                    "pass on logs.retention_days of the settings.",
                ),
            )


def no_secret_in_plain_text(elements: Elements) -> Iterator[Finding]:
    """A container's variables are visible in the plan, in the state, and to anyone who may describe ECS tasks."""
    for task in elements.of("aws_ecs_task_definition"):
        containers = parsed(task.body["container_definitions"])
        if containers is None:
            yield Finding(
                element=task,
                given=task.body["container_definitions"],
                refusal=Refusal(
                    "Its container definitions can be read by Terraform only.",
                    "JSON",
                    "write them with json.dumps.",
                ),
            )
        for container in containers or []:
            for variable in container.get("environment", []):
                if looks_secret(variable["name"]) or SECRET_VALUE.search(str(variable.get("value"))):
                    yield Finding(
                        element=task,
                        given=variable["name"],
                        refusal=Refusal(
                            "A variable of the container looks like a secret in plain text.",
                            "where a secret is: a variable that ends in _ARN; or an entry of `secrets`",
                            "keep it in AWS Secrets Manager, and let the server read it there.",
                        ),
                    )


def nothing_kept_is_deleted(elements: Elements) -> Iterator[Finding]:
    """In production, until `allow_destroy` is set."""
    for kind, wanted in KEPT.items():
        for element in elements.of(kind):
            for argument, value in wanted.items():
                # An argument that is left out is false.
                if bool(element.body.get(argument)) is not value:
                    yield Finding(
                        element=element,
                        given=element.body.get(argument),
                        refusal=Refusal(
                            f"{argument} lets a plan delete what production keeps.",
                            f"{argument} = {str(value).lower()}, until allow_destroy = true",
                            "pass on the setting of the profile, and give it up in WITH_ALLOW_DESTROY only.",
                        ),
                    )
            never = element.address in NEVER_DELETED
            if never and not element.body.get("lifecycle", {}).get("prevent_destroy"):
                yield Finding(
                    element=element,
                    given=element.body.get("lifecycle"),
                    refusal=Refusal(
                        "Terraform would delete it with its data.",
                        "lifecycle.prevent_destroy = true, until allow_destroy = true",
                        "pass on prevent_destroy=settings.protected.",
                    ),
                )
