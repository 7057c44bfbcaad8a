"""The address of a resource, as people and Terraform's `depends_on` write it."""

from __future__ import annotations

from cdktf import TerraformElement, TerraformResource

# The generated class of a resource or data source → its type. Reading the type calls Node.js each time. None for the
# classes of cdktf itself.
_TYPES: dict[type, str | None] = {}


def terraform_type_of(element: TerraformElement) -> str:
    """The type as in an address: `aws_vpc`, `aws_partition` of a data source, and `TerraformOutput` of an output."""
    generated = type(element)
    if generated not in _TYPES:
        _TYPES[generated] = getattr(generated, "TF_RESOURCE_TYPE", None)
    return _TYPES[generated] or str(getattr(element, "terraform_resource_type", generated.__name__))


def address_of(resource: TerraformResource) -> str:
    """Such as `aws_vpc.network`."""
    return f"{terraform_type_of(resource)}.{resource.friendly_unique_id}"
