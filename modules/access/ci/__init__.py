"""The roles that plan and apply in continuous integration, and what each may do.

What an apply changes, beyond what it reads, is the environment's own resources, known by whole names, by tags or by
ids: a module for each part of the platform. IAM offers no resource to narrow a few of them by;
`stacks.validations.rules_iam` says which.

Left out on purpose, for a person to do: deleting the VPC, the cluster and what holds data (database, buckets, keys,
repository); making the database, keys, certificates, hosted zones and scalable targets, as who may make one of these
could reach others' too; saying who may assume a role; ending subscriptions; and whatever would make or change the roles
of CI themselves.
"""
