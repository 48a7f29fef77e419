"""The cluster's side of Taskyard: the controller that runs TaskRuns, and the HTTP gateway before them."""
