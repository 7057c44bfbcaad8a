"""Compares the Terraform of many environments between two commits: what a change of the code changes in no plan."""
