"""What the processes tell Prometheus. Nothing else here knows of it; docs/metrics.md has them all."""
