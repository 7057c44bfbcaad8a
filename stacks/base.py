"""AppStack: what every stack has: backend, providers, tags, and addresses that people can read."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import jsii
from cdktf import (
    App,
    LocalBackend,
    S3Backend,
    S3BackendAssumeRoleConfig,
    TerraformElement,
    TerraformResource,
    TerraformStack,
)
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from constructs import Node

from modules.common.addresses import address_of, terraform_type_of
from stacks.local_states import local_state_file
from stacks.moves import Move

# Write-only arguments and native S3 locking (https://developer.hashicorp.com/terraform/language/backend/s3).
TERRAFORM_VERSION = ">= 1.11.0"
# What is known to be right (docs/adr/0009-aws-provider-5.md). 5.100 is the last 5.x.
AWS_PROVIDER_VERSION = ">= 5.100.0, < 6.0.0"
# 4.x builds with BuildKit; the bindings were made for 3.6.
DOCKER_PROVIDER_VERSION = "~> 4.5"
# The id of a construct's main resource: it takes its parent's name.
MAIN_CHILD = "resource"


class DuplicateAddressError(RuntimeError):
    """Two elements of a stack would have the same address: CDKTF would merge them without a word.

    Raised within a call from jsii, which hands it on as a plain RuntimeError with the same message.
    """


class AppStack(TerraformStack):
    """A stack with an S3 backend or a local state file, pinned providers, default tags and readable addresses.

    An element's name is its path in the construct tree, joined by underscores. A construct's main child has the id
    `resource`, which is left out, as is every id that only says what the resource type says:
    `database/resource` is `aws_db_instance.database`, `database/security_group/resource` is
    `aws_security_group.database`, `service/to_database/egress` is
    `aws_vpc_security_group_egress_rule.service_to_database`.

    Args:
        region: where the AWS provider works.
        tags: on everything that takes tags.

    Raises:
        DuplicateAddressError: at synthesis, when two elements of a kind come to the same address.
    """

    def __init__(self, scope: App, id: str, *, region: str, tags: Mapping[str, str]) -> None:
        super().__init__(scope, id)
        self._addresses: dict[tuple[str, str], str] = {}
        self._resources: dict[str, TerraformResource] = {}
        AwsProvider(self, "aws", region=region, default_tags=[AwsProviderDefaultTags(tags=dict(tags))])
        self.add_override("terraform.required_version", TERRAFORM_VERSION)
        self.add_override("terraform.required_providers.aws.version", AWS_PROVIDER_VERSION)

    def keep_state_in_file(self) -> None:
        """Keeps the state beside `cdktf.json`, for one person on one machine."""
        # Relative to where Terraform runs, cdktf.out/stacks/<stack>: the same JSON on every machine.
        LocalBackend(self, path=f"../../../{local_state_file(self.node.id)}")

    def keep_state_in_bucket(
        self,
        *,
        bucket: str,
        key: str,
        region: str,
        kms_key_id: str | None,
        role_arn: str | None,
        account_id: str | None = None,
    ) -> None:
        """Keeps the state in S3, with S3's native lock file
        (https://developer.hashicorp.com/terraform/language/backend/s3#state-locking).

        Args:
            bucket, key, region: where the state lies.
            kms_key_id: encrypts the state with this key; without one, S3's own keys do.
            role_arn: the role to assume for the state.
            account_id: with credentials of any other account, Terraform stops before it reads anything.
        """
        S3Backend(
            self,
            bucket=bucket,
            key=key,
            region=region,
            encrypt=True,
            kms_key_id=kms_key_id,
            assume_role=S3BackendAssumeRoleConfig(role_arn=role_arn) if role_arn else None,
            allowed_account_ids=[account_id] if account_id else None,
        )
        # The bindings' class does not know it.
        self.add_override("terraform.backend.s3.use_lockfile", True)

    def moved(self, moves: Sequence[Move]) -> None:
        """Lets Terraform rename resources in the state that were released under other addresses."""
        if moves:
            self.add_override("moved", [{"from": move.old, "to": move.new} for move in moves])

    def import_existing(self, names: Mapping[TerraformResource, str]) -> None:
        """Lets Terraform take into its state what exists already
        (https://developer.hashicorp.com/terraform/language/block/import).

        For what the state has already, an import does nothing: the next plan is empty.

        Args:
            names: resource → what the provider finds it by.
        """
        # The resource's own `import_from` runs `terraform version` in every synthesis.
        blocks = [{"to": address_of(resource), "id": name} for resource, name in names.items()]
        if blocks:
            self.add_override("import", blocks)

    def forget(self, *addresses: str) -> None:
        """Lets Terraform drop resources from the state without destroying them, where the state still has them
        (https://developer.hashicorp.com/terraform/language/block/removed).

        Terraform neither refreshes these resources nor asks for their provider's configuration, and such a block
        alone does not make it install the provider.

        Args:
            addresses: of resources that the stack does not have.
        """
        self.add_override("removed", [{"from": one, "lifecycle": {"destroy": False}} for one in addresses])

    def pin_docker_provider(self) -> None:
        """For a stack whose plan has the Docker provider."""
        self.add_override("terraform.required_providers.docker.version", DOCKER_PROVIDER_VERSION)

    @jsii.member(jsii_name="allocateLogicalId")
    def _allocate_logical_id(self, tf_element: Node | TerraformElement) -> str:
        # Each read is a call into Node.js; a construct's string is its path, without a call for its node.
        path = tf_element.path if isinstance(tf_element, Node) else tf_element.to_string()
        kind = kind_of(tf_element)
        name = _name(path, kind)
        taken = self._addresses.setdefault((kind, name), path)
        if taken != path:
            raise DuplicateAddressError(
                f"{taken} and {path} both come to the address {kind}.{name}. Give one of them another construct id."
            )
        if isinstance(tf_element, TerraformResource):
            self._resources[f"{kind}.{name}"] = tf_element
        return name

    def resource(self, address: str) -> TerraformResource:
        """The resource of an address that has been used, as all have in the synthesized JSON."""
        return self._resources[address]


def _name(path: str, kind: str) -> str:
    """The name of the element at `path`, as `AppStack` describes it."""
    first, *rest = path.split("/")[1:]
    told = [part for part in rest if part != MAIN_CHILD and f"_{part}_" not in f"_{kind}_"]
    return re.sub(r"[^A-Za-z0-9_]", "_", "_".join([first, *told]))


def kind_of(tf_element: Node | TerraformElement) -> str:
    """What tells addresses apart besides the name: `aws_vpc`, `data.aws_partition`, `output`."""
    if isinstance(tf_element, Node):
        return "asset"
    terraform_type = terraform_type_of(tf_element)
    return f"data.{terraform_type}" if type(tf_element).__name__.startswith("Data") else terraform_type
