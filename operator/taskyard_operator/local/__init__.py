"""The ports on one machine: a SQLite file, a folder, and processes in place of Jobs."""
