"""What runs in the pod of one attempt: `python -m taskyard_runtime`.

A small supervisor keeps the promises (input fetched and checked, log, result and report stored,
the end reported whatever happens), and one worker process runs user code.

Reading order: `supervisor` and `attempt` (the whole story), `worker_process` (the worker as its supervisor sees
it), `worker` (the worker itself), `loading`, `inputs` and `execution` (what it does), and around
them `transfer`, `progress`, `outputs`, `log`, `memory`, `reports`. `protocol` is what the two processes say.
"""
