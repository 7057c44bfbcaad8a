"""What is deployed together: settings in, outputs out.

Importing `modules` first makes the provider bindings lazy before anything imports `cdktf` (see
`modules.common.bindings`).
"""

import modules as modules
