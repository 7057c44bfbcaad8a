terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100.0, < 7.0.0"
    }
  }
  backend "s3" {
    bucket       = "example-terraform-state"
    key          = "network/terraform.tfstate"
    region       = "us-east-1"
    use_lockfile = true
  }
}

provider "aws" {
  region = "us-east-1"
}

locals {
  zones = { a = 0, b = 1 }
}

resource "aws_vpc" "company" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_internet_gateway" "company" {
  vpc_id = aws_vpc.company.id
}

resource "aws_route_table" "front" {
  vpc_id = aws_vpc.company.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.company.id
  }
}

resource "aws_subnet" "front" {
  for_each          = local.zones
  vpc_id            = aws_vpc.company.id
  availability_zone = "us-east-1${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.company.cidr_block, 8, each.value)
}

resource "aws_route_table_association" "front" {
  for_each       = aws_subnet.front
  subnet_id      = each.value.id
  route_table_id = aws_route_table.front.id
}

resource "aws_subnet" "back" {
  for_each          = local.zones
  vpc_id            = aws_vpc.company.id
  availability_zone = "us-east-1${each.key}"
  cidr_block        = cidrsubnet(aws_vpc.company.cidr_block, 8, 10 + each.value)
}

# Their workloads in the back call AWS by these.
resource "aws_security_group" "endpoints" {
  name   = "company-endpoints"
  vpc_id = aws_vpc.company.id
  ingress {
    protocol    = "tcp"
    from_port   = 443
    to_port     = 443
    cidr_blocks = [aws_vpc.company.cidr_block]
  }
}

resource "aws_vpc_endpoint" "interface" {
  for_each            = toset(["ecr.api", "ecr.dkr", "logs", "secretsmanager"])
  vpc_endpoint_type   = "Interface"
  vpc_id              = aws_vpc.company.id
  service_name        = "com.amazonaws.us-east-1.${each.key}"
  subnet_ids          = values(aws_subnet.back)[*].id
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
}

resource "aws_vpc_endpoint" "s3" {
  vpc_endpoint_type = "Gateway"
  vpc_id            = aws_vpc.company.id
  service_name      = "com.amazonaws.us-east-1.s3"
  route_table_ids   = [aws_vpc.company.main_route_table_id]
}

resource "aws_iam_policy" "boundary" {
  name = "boundary"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect   = "Allow"
      Action   = ["logs:*", "s3:*", "ecr:*", "secretsmanager:*", "ssmmessages:*"]
      Resource = "*"
    }]
  })
}

resource "aws_sns_topic" "pager" {
  name = "pager"
}

output "pager_topic_arn" {
  value = aws_sns_topic.pager.arn
}

resource "aws_route53_zone" "company" {
  name = "example.com"
}

resource "aws_acm_certificate" "company" {
  domain_name       = "*.example.com"
  validation_method = "DNS"
}

resource "aws_kms_key" "research" {
  description             = "Research data"
  enable_key_rotation     = true
  deletion_window_in_days = 7
}

output "key_arn" {
  value = aws_kms_key.research.arn
}

output "network_vpc_id" {
  value = aws_vpc.company.id
}

output "front_subnet_ids" {
  value = values(aws_subnet.front)[*].id
}

output "back_subnet_ids" {
  value = values(aws_subnet.back)[*].id
}

output "boundary_arn" {
  value = aws_iam_policy.boundary.arn
}

output "zone_id" {
  value = aws_route53_zone.company.zone_id
}

output "wildcard_certificate_arn" {
  value = aws_acm_certificate.company.arn
}
