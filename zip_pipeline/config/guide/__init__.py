"""What the command line and the docs tell people of the config: its keys, a template, where a value is from."""
