"""Webhooks on their way: real receivers, who verify with the library of Standard Webhooks."""
