"""The clients and the command, from the outside: tables for what is pure, real HTTP for the rest."""
