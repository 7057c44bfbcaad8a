"""The address of a resource, as people and Terraform's `depends_on` write it."""

from __future__ import annotations

from cdktf import TerraformResource


def address_of(resource: TerraformResource) -> str:
    """Such as `aws_vpc.network`."""
    return f"{resource.terraform_resource_type}.{resource.friendly_unique_id}"
