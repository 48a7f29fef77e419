"""What a user, the owner of the service and others who have rights may do at any time."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from taskyard.api.names import LABEL_ATTEMPT
from tests.core.builders import a_run

from .pods import finished
from .world import World, much_has_happened


class PeopleRules(World):
    """People's rules."""

    @precondition(lambda self: self.truth.run is not None and not self.truth.run.spec.cancel)
    @rule()
    def the_user_cancels(self) -> None:
        assert self.truth.run
        self.truth.put_run(self.truth.run.cancelled())

    @precondition(much_has_happened)
    @rule(foreground=st.booleans())
    def the_user_deletes_the_run(self, foreground: bool) -> None:
        assert self.truth.run
        if foreground:
            self.truth.put_run(self.truth.run.being_deleted())
        else:
            self.truth.remove_run()

    @precondition(lambda self: self.truth.run is None)
    @rule()
    def the_user_creates_the_run_anew(self) -> None:
        """Under its name, which Jobs and pods of the one before may still have."""
        run = a_run().with_uid(f"run-{self.truth.versions}").made(self.truth.now)
        self.truth.put_run(run)

    @rule()
    def the_service_comes_or_goes(self) -> None:
        self.truth.service = not self.truth.service
        for leader in self.both:
            leader.changes += 1

    @rule()
    def the_owner_edits_the_service_or_takes_it_back(self) -> None:
        """While runs of it wait and run: what was promised to them before may be less now."""
        self.truth.edited = not self.truth.edited
        self.truth.history.edited = True
        for leader in self.both:
            leader.changes += 1

    @rule()
    def a_quota_refuses_jobs_or_lets_them_pass(self) -> None:
        self.truth.quota = not self.truth.quota
        for leader in self.both:
            leader.changes += 1

    @rule()
    def the_owner_suspends_the_service_or_resumes_it(self) -> None:
        self.truth.suspended = not self.truth.suspended
        for leader in self.both:
            leader.changes += 1

    @rule()
    def others_take_all_places_or_leave_them(self) -> None:
        self.truth.crowded = not self.truth.crowded
        for leader in self.both:
            leader.changes += 1

    @rule()
    def the_store_comes_or_goes(self) -> None:
        self.truth.store = not self.truth.store

    @precondition(lambda self: self.truth.jobs)
    @rule(foreground=st.booleans())
    def somebody_deletes_the_job(self, foreground: bool) -> None:
        """In the background only where no pod of a first attempt is left to live on without it.

        Deletion in the background frees the Job's name while its pod lives; a leader that has heard
        of neither would start the first attempt again beside it. Nothing in Taskyard guards against
        that: it never deletes so itself, and the window is the lag of a watch.
        """
        name, job = next(iter(self.truth.jobs.items()))
        first = job["metadata"]["labels"][LABEL_ATTEMPT] == "1"
        alive = first and not all(map(finished, self.truth.pods_of_job(job)))
        self.truth.delete_job(name, foreground=foreground or alive)
        self.truth.collect_garbage()
