# SPDX-License-Identifier: MIT
"""The clock by which a machine is said to be silent, or late.

On a busy host a machine may say nothing because it does not run. The kernel
counts for each thread how long it was ready and had no CPU: the second number of
/proc/PID/task/TID/schedstat, in nanoseconds (Documentation/scheduler/
sched-stats.rst). While the thread that waited longest did so, the clock stands.
"""
import pathlib

# It stands for at most this many times the limit: a machine that never stops
# computing, and says nothing, is hung as well.
MOST = 4
# Times that differ by less are one: the caller's come from two clocks.
SAME = 0.05


def waited(pid):
    """Seconds for which each thread of a process has waited for a CPU; nothing
    where the kernel does not count it."""
    seconds = {}
    for path in pathlib.Path(f'/proc/{pid}/task').glob('*/schedstat'):
        try:
            seconds[path.parent.name] = int(path.read_text().split()[1]) / 1e9
        except (OSError, ValueError, IndexError):
            pass                # it has ended, or nothing is counted
    return seconds


class Limit:
    """How long the process `pid` may say nothing, or take for everything."""

    def __init__(self, pid, limit):
        self.pid, self.limit = pid, limit
        self.since, self.before = -1, {}

    def end(self, since):
        """The time at which the limit is over for a machine whose clock began
        at `since`, when it was last heard. To be asked often: what was waited
        for before the first question after `since` does not count."""
        now = waited(self.pid)
        if abs(since - self.since) > SAME:
            self.since, self.before = since, now
        lost = max((seconds - self.before.get(thread, 0)
                    for thread, seconds in now.items()), default=0)
        return self.since + self.limit + min(lost, MOST * self.limit)
