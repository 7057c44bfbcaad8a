"""Another team's Terraform state, read for its outputs."""

from __future__ import annotations

from collections.abc import Mapping

from cdktf import DataTerraformRemoteStateS3, S3BackendAssumeRoleConfig
from constructs import Construct


class RemoteState(Construct):
    """A state in S3 that others apply
    (https://developer.hashicorp.com/terraform/language/state/remote-state-data).

    It is read in every plan. An output that it does not have, or that is of another type, stops the plan with its name
    and those that there are.

    Args:
        bucket, key, region: where the state lies.
        role_arn: the role to assume to read it; None reads it with the credentials of everything else.
        texts: name of a value here → the output that holds it, a text.
        lists: the same for lists of texts.

    Attributes:
        outputs: both together.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        bucket: str,
        key: str,
        region: str,
        role_arn: str | None,
        texts: Mapping[str, str],
        lists: Mapping[str, str],
    ) -> None:
        super().__init__(scope, id)
        self.outputs: Mapping[str, str] = {**texts, **lists}
        place = f"s3://{bucket}/{key}"
        state = DataTerraformRemoteStateS3(
            self,
            "resource",
            bucket=bucket,
            key=key,
            region=region,
            assume_role=S3BackendAssumeRoleConfig(role_arn=role_arn) if role_arn else None,
        )
        conditions = [_has(name, output, place) for name, output in self.outputs.items()]
        conditions += [
            _is(name, output, place, kind="text", check="tostring") for name, output in texts.items()
        ]
        conditions += [
            _is(name, output, place, kind="list", check="tolist") for name, output in lists.items()
        ]
        # The bindings' class does not know it.
        state.add_override("lifecycle", {"postcondition": conditions})
        self._state = state

    def text(self, name: str) -> str:
        """The value `name`, a text."""
        return str(self._state.get_string(self.outputs[name]))

    def texts(self, name: str) -> list[str]:
        """The value `name`, a list of texts; how many is known when Terraform runs."""
        return list(self._state.get_list(self.outputs[name]))


def _has(name: str, output: str, place: str) -> dict[str, str]:
    return {
        "condition": f'${{contains(keys(self.outputs), "{output}")}}',
        "error_message": (
            f'{name} is to come from the output "{output}" of {place}, which has none of that name. '
            'It has: ${join(", ", keys(self.outputs))}. '
            f"Fix: name one of these for {name} in remote_state.outputs, or have the output added and applied there."
        ),
    }


def _is(name: str, output: str, place: str, *, kind: str, check: str) -> dict[str, str]:
    # A missing output is reported by its own condition.
    return {
        "condition": f'${{can({check}(try(self.outputs["{output}"], null)))}}',
        "error_message": (
            f'{name} is to come from the output "{output}" of {place}, which is no {kind}. '
            f"Fix: name an output that is a {kind}."
        ),
    }
