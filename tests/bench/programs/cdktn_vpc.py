"""One VPC with the bindings of CDK Terrain as they come; runs in an environment of its own."""

from cdktn import App, TerraformStack
from cdktn_provider_aws.provider import AwsProvider
from cdktn_provider_aws.vpc import Vpc

app = App()
stack = TerraformStack(app, "stock")
AwsProvider(stack, "aws", region="eu-west-1")
Vpc(stack, "vpc", cidr_block="10.0.0.0/16")
app.synth()
