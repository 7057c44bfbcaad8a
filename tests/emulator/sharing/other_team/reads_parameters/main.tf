# Our network may reach the server.
resource "aws_vpc_security_group_ingress_rule" "training" {
  security_group_id = local.mlflow.load_balancer_security_group_id
  description       = "Training jobs"
  ip_protocol       = "tcp"
  from_port         = 80
  to_port           = 80
  cidr_ipv4         = "10.20.0.0/16"
}

# The server may read what we train on.
resource "aws_s3_bucket" "datasets" {
  bucket = "example-datasets"
}

resource "aws_s3_bucket_policy" "datasets" {
  bucket = aws_s3_bucket.datasets.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { AWS = local.mlflow.task_role_arn }
      Action    = "s3:GetObject"
      Resource  = "${aws_s3_bucket.datasets.arn}/*"
    }]
  })
}
