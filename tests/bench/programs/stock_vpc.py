"""One VPC with the bindings as they come."""

from cdktf import App, TerraformStack
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.vpc import Vpc

app = App()
stack = TerraformStack(app, "stock")
AwsProvider(stack, "aws", region="eu-west-1")
Vpc(stack, "vpc", cidr_block="10.0.0.0/16")
app.synth()
