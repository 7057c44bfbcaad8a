"""Names: a zone of our own, kept where it has to last, and the records for the load balancer."""

from __future__ import annotations

from modules.edge.dns import Alias, HostedZone
from stacks.base import AppStack
from tests.synthesis import Json, load_balancer_in, resource, synthesize


def alias(*, dual_stack: bool) -> Json:
    def build(stack: AppStack) -> None:
        balancer = load_balancer_in(stack, dual_stack=dual_stack)
        Alias(stack, "alias", name="mlflow.example.com", hosted_zone_id="Z1", load_balancer=balancer)

    return synthesize(build)


def test_a_name_leads_to_the_load_balancer() -> None:
    records = alias(dual_stack=False)["resource"]["aws_route53_record"]

    (record,) = records.values()
    assert (record["zone_id"], record["name"], record["type"]) == ("Z1", "mlflow.example.com", "A")
    assert record["alias"] == {
        "name": "${aws_lb.load_balancer.dns_name}",
        "zone_id": "${aws_lb.load_balancer.zone_id}",
        "evaluate_target_health": True,
    }
    # An existing record of that name is somebody's.
    assert "allow_overwrite" not in record


def test_a_dual_stack_load_balancer_has_a_record_for_each() -> None:
    records = alias(dual_stack=True)["resource"]["aws_route53_record"]

    assert {address: record["type"] for address, record in records.items()} == {
        "alias_a": "A",
        "alias_aaaa": "AAAA",
    }
    assert records["alias_a"]["alias"] == records["alias_aaaa"]["alias"]


def test_a_zone_that_others_delegate_to_is_kept() -> None:
    def zone(**options: bool) -> Json:
        synthesized = synthesize(
            lambda stack: HostedZone(stack, "hosted_zone", name="mlflow.example.com", **options)
        )
        return resource(synthesized, "aws_route53_zone.hosted_zone")

    assert zone()["name"] == "mlflow.example.com"
    assert "lifecycle" not in zone()
    assert zone(prevent_destroy=True)["lifecycle"] == {"prevent_destroy": True}
