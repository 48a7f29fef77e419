"""Services as users write them; the runner is started in this folder and imports them from there."""
