"""The steps of `reconcile`: each looks at a view, and has an answer or leaves it to the next one."""
