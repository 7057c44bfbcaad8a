"""What stands in for AWS, RDS and a registry on a machine without an account: for the demo and for the tests."""
