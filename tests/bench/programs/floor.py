"""cdktf's own floor: an App with one output."""

from cdktf import App, TerraformOutput, TerraformStack

app = App()
stack = TerraformStack(app, "floor")
TerraformOutput(stack, "answer", value="42")
app.synth()
