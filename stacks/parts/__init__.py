"""How settings become constructs, a module for each part of the platform; `stacks.tracking` puts them together."""
