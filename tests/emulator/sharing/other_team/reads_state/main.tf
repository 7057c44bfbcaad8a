# Our network may reach the server.
resource "aws_vpc_security_group_ingress_rule" "dashboards" {
  security_group_id = local.mlflow.load_balancer_security_group_id
  description       = "Dashboards"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "10.30.0.0/16"
}

# The server may read our reports.
resource "aws_s3_bucket" "reports" {
  bucket = "example-reports"
}

resource "aws_s3_bucket_policy" "reports" {
  bucket = aws_s3_bucket.reports.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = local.mlflow.task_role_arn }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.reports.arn}/*"
    }]
  })
}
