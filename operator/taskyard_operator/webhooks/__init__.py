"""Webhooks: where they may go, by which keys they are signed, and how they get there."""
