# A team in the same account and Region reaches the internal load balancer by VPC peering.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "environment" {
  description = "The environment, as its file in environments/ is named"
  default     = "production"
}

data "aws_ssm_parameter" "mlflow" {
  for_each = toset(["vpc_id"])
  name     = "/mlflow/${var.environment}/${each.key}"
}

locals {
  mlflow = { for name, parameter in data.aws_ssm_parameter.mlflow : name => parameter.insecure_value }
}

variable "mlflow_cidr" {
  description = "network.vpc_cidr of the environment"
  default     = "10.0.0.0/16"
}

variable "vpc_id" {
  description = "The team's VPC"
}

variable "route_table_id" {
  description = "The route table of the team's clients"
}

data "aws_vpc" "team" {
  id = var.vpc_id
}

data "aws_route_tables" "mlflow" {
  vpc_id = local.mlflow.vpc_id
}

resource "aws_vpc_peering_connection" "mlflow" {
  vpc_id      = data.aws_vpc.team.id
  peer_vpc_id = local.mlflow.vpc_id
  auto_accept = true # both in one account and region
}

resource "aws_route" "team_to_mlflow" {
  route_table_id            = var.route_table_id
  destination_cidr_block    = var.mlflow_cidr
  vpc_peering_connection_id = aws_vpc_peering_connection.mlflow.id
}

resource "aws_route" "mlflow_to_team" {
  for_each                  = toset(data.aws_route_tables.mlflow.ids)
  route_table_id            = each.value
  destination_cidr_block    = data.aws_vpc.team.cidr_block
  vpc_peering_connection_id = aws_vpc_peering_connection.mlflow.id
}
