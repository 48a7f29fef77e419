"""Tasks that run until they are told to end, and what they make of it."""

import asyncio
import time

import taskyard


@taskyard.service
class Patient:
    @taskyard.task
    def clean_up(self) -> str:
        task = taskyard.current_task()
        task.progress(0.5, "half way")
        try:
            print("waiting", flush=True)
            time.sleep(600)
        except taskyard.TaskCancelled:
            print(f"cleaned up, cancelled={task.cancelled}")
            raise
        return "never"

    @taskyard.task
    def answer_all_the_same(self) -> str:
        try:
            print("waiting", flush=True)
            time.sleep(600)
        except taskyard.TaskCancelled:
            pass
        return "partial"

    @taskyard.task
    def break_while_cleaning_up(self) -> str:
        try:
            print("waiting", flush=True)
            time.sleep(600)
        finally:
            raise OSError("disk full")

    @taskyard.task
    def swallow_exceptions(self) -> str:
        try:
            print("waiting", flush=True)
            time.sleep(600)
        except Exception:
            return "swallowed"
        return "never"

    @taskyard.task
    def ignore(self) -> str:
        print("waiting", flush=True)
        while True:
            try:
                time.sleep(600)
            except taskyard.TaskCancelled:
                print("ignored", flush=True)

    @taskyard.task
    async def clean_up_later(self) -> str:
        try:
            print("waiting", flush=True)
            await asyncio.sleep(600)
        except asyncio.CancelledError:
            print(f"cleaned up, cancelled={taskyard.current_task().cancelled}")
            raise
        return "never"

    @taskyard.task
    def report_steps(self, steps: int) -> str:
        task = taskyard.current_task()
        for step in range(steps):
            task.progress((step + 1) / steps, f"step {step + 1} of {steps}")
        return "done"

    @taskyard.task
    def report_calmly(self, fractions: list[float]) -> str:
        for fraction in fractions:
            taskyard.current_task().progress(fraction, f"at {fraction}")
            time.sleep(0.15)  # what comes faster is thinned out on its way
        return "done"

    @taskyard.task
    def report_and_wait(self) -> str:
        taskyard.current_task().progress(0.25, "first")
        print("waiting", flush=True)
        time.sleep(600)
        return "never"

    @taskyard.task
    def count_slowly(self, seconds: float) -> str:
        started = time.monotonic()
        number = 0
        while time.monotonic() - started < seconds:
            print(f"line {number}", flush=True)
            number += 1
            time.sleep(0.05)
        print("the last line")
        return "done"

    @taskyard.task
    def print_much_and_wait(self) -> str:
        print("\n".join(f"line {number}" for number in range(5000)))
        print("waiting", flush=True)
        time.sleep(600)
        return "never"

    @taskyard.task
    def report_nonsense(self) -> str:
        taskyard.current_task().progress(7)
        return "never"


@taskyard.service
class SlowToBuild:
    def __init__(self) -> None:
        print("loading", flush=True)
        time.sleep(600)

    @taskyard.task
    def run(self) -> str:
        return "never"
