# SPDX-License-Identifier: MIT
"""The clock of a machine's silence.

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


class Silence:
    """How long the process `pid` may still say nothing."""

    def __init__(self, pid, limit):
        self.pid, self.limit = pid, limit
        self.heard, self.before = -1, {}

    def end(self, heard):
        """The time at which a machine that was last heard at `heard` has been
        silent for the limit. To be asked often: what was waited for before the
        first question after `heard` does not count."""
        now = waited(self.pid)
        if abs(heard - self.heard) > SAME:
            self.heard, self.before = heard, now
        lost = max((seconds - self.before.get(thread, 0)
                    for thread, seconds in now.items()), default=0)
        return self.heard + self.limit + min(lost, MOST * self.limit)
