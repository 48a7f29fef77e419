"""BentoML itself beside our gateway: its unmodified clients against ours, and its server next to it."""
