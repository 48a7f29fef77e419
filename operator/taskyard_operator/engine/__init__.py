"""The moving parts around the core: what was seen, what is due, and the workers that carry plans out."""
