# An endpoint service by which other accounts reach this one server, and nothing else of its network.
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
  for_each = toset([
    "load_balancer_arn",
    "load_balancer_security_group_id",
    "private_subnet_ids",
    "vpc_id",
  ])
  name = "/mlflow/${var.environment}/${each.key}"
}

locals {
  mlflow = { for name, parameter in data.aws_ssm_parameter.mlflow : name => parameter.insecure_value }
}

variable "consumer_account_id" {
  description = "The account that may connect"
}

locals {
  port = 443 # the load balancer's, which speaks HTTPS there
}

resource "aws_security_group" "privatelink" {
  name   = "mlflow-privatelink"
  vpc_id = local.mlflow.vpc_id
}

resource "aws_vpc_security_group_egress_rule" "to_mlflow" {
  security_group_id            = aws_security_group.privatelink.id
  referenced_security_group_id = local.mlflow.load_balancer_security_group_id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_vpc_security_group_ingress_rule" "from_privatelink" {
  security_group_id            = local.mlflow.load_balancer_security_group_id
  referenced_security_group_id = aws_security_group.privatelink.id
  ip_protocol                  = "tcp"
  from_port                    = local.port
  to_port                      = local.port
}

resource "aws_lb" "privatelink" {
  name               = "mlflow-privatelink"
  load_balancer_type = "network"
  internal           = true
  subnets            = split(",", local.mlflow.private_subnet_ids)
  security_groups    = [aws_security_group.privatelink.id]
  # Who may connect is the endpoint service's to say.
  enforce_security_group_inbound_rules_on_private_link_traffic = "off"
}

resource "aws_lb_target_group" "mlflow" {
  name        = "mlflow-privatelink"
  target_type = "alb"
  protocol    = "TCP"
  port        = local.port
  vpc_id      = local.mlflow.vpc_id
  health_check {
    protocol = "HTTPS"
    path     = "/health"
    matcher  = "200"
  }
}

resource "aws_lb_listener" "mlflow" {
  load_balancer_arn = aws_lb.privatelink.arn
  protocol          = "TCP"
  port              = local.port
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.mlflow.arn
  }
}

resource "aws_lb_target_group_attachment" "mlflow" {
  target_group_arn = aws_lb_target_group.mlflow.arn
  target_id        = local.mlflow.load_balancer_arn
  port             = local.port
  depends_on       = [aws_lb_listener.mlflow]
}

resource "aws_vpc_endpoint_service" "mlflow" {
  network_load_balancer_arns = [aws_lb.privatelink.arn]
  acceptance_required        = true
  allowed_principals         = ["arn:aws:iam::${var.consumer_account_id}:root"]
}

output "endpoint_service_name" {
  value = aws_vpc_endpoint_service.mlflow.service_name
}
