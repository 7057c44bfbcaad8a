# Another account connects to the endpoint service, under the server's own name.
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

variable "endpoint_service_name" {
  description = "Output of privatelink-service"
}

variable "mlflow_host" {
  description = "domain.name of the environment, the host of MLFLOW_TRACKING_URI"
}

variable "vpc_id" {
  description = "The consumer's VPC"
}

variable "subnet_ids" {
  description = "Subnets of the endpoint, one in each zone"
  type        = list(string)
}

variable "security_group_id" {
  description = "Lets the clients in on port 443"
}

resource "aws_vpc_endpoint" "mlflow" {
  vpc_endpoint_type  = "Interface"
  vpc_id             = var.vpc_id
  service_name       = var.endpoint_service_name
  subnet_ids         = var.subnet_ids
  security_group_ids = [var.security_group_id]
}

resource "aws_route53_zone" "mlflow" {
  name = var.mlflow_host
  vpc {
    vpc_id = var.vpc_id
  }
}

resource "aws_route53_record" "mlflow" {
  zone_id = aws_route53_zone.mlflow.zone_id
  name    = var.mlflow_host
  type    = "A"
  alias {
    name                   = aws_vpc_endpoint.mlflow.dns_entry[0].dns_name
    zone_id                = aws_vpc_endpoint.mlflow.dns_entry[0].hosted_zone_id
    evaluate_target_health = true
  }
}
