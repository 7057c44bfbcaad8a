data "terraform_remote_state" "mlflow" {
  backend = "s3"
  config = {
    bucket = "example-terraform-state"
    key    = "mlflow/demo/terraform.tfstate"
    region = "us-east-1"
  }
}

locals {
  mlflow = data.terraform_remote_state.mlflow.outputs
}
