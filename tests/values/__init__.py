"""Every kind of value on its whole way: our clients and plain HTTP, gateway, runner, and back."""
