"""The decorators and the values, without a runner."""
