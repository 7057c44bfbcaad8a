data "aws_ssm_parameter" "mlflow" {
  for_each = toset(["vpc_id", "load_balancer_security_group_id", "task_role_arn"])
  name     = "/mlflow/demo/${each.key}"
}

locals {
  mlflow = { for name, parameter in data.aws_ssm_parameter.mlflow : name => parameter.insecure_value }
}
