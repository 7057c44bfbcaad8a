"""Overrides of moto's Application Auto Scaling: targets have tags."""

from __future__ import annotations

import json
from typing import Any

from moto.applicationautoscaling.models import FakeScalableTarget
from moto.applicationautoscaling.responses import ApplicationAutoScalingResponse


def apply() -> None:
    """Patches moto.

    `TagResource`, `UntagResource`, `ListTagsForResource` and the tags of `RegisterScalableTarget`. moto: has none of
    them. AWS: a scalable target has tags
    (https://docs.aws.amazon.com/autoscaling/application/APIReference/API_TagResource.html)."""
    original = ApplicationAutoScalingResponse.register_scalable_target

    def register_scalable_target(self: ApplicationAutoScalingResponse) -> str:
        answer = original(self)
        if tags := self._get_param("Tags"):
            _tags(_target(self, json.loads(answer)["ScalableTargetARN"])).update(tags)
        return answer

    def tag_resource(self: ApplicationAutoScalingResponse) -> str:
        _tags(_target(self, self._get_param("ResourceARN"))).update(self._get_param("Tags"))
        return "{}"

    def untag_resource(self: ApplicationAutoScalingResponse) -> str:
        tags = _tags(_target(self, self._get_param("ResourceARN")))
        for key in self._get_param("TagKeys"):
            tags.pop(key, None)
        return "{}"

    def list_tags_for_resource(self: ApplicationAutoScalingResponse) -> str:
        return json.dumps({"Tags": _tags(_target(self, self._get_param("ResourceARN")))})

    made: Any = ApplicationAutoScalingResponse
    made.register_scalable_target = register_scalable_target
    made.tag_resource = tag_resource
    made.untag_resource = untag_resource
    made.list_tags_for_resource = list_tags_for_resource


def _target(response: ApplicationAutoScalingResponse, arn: str) -> FakeScalableTarget:
    backend = response.applicationautoscaling_backend
    every = (target for targets in backend.targets.values() for target in targets.values())
    return next(target for target in every if target.arn == arn)


def _tags(target: Any) -> dict[str, str]:
    tags: dict[str, str] = target.__dict__.setdefault("tags", {})
    return tags
