# SPDX-License-Identifier: MIT
"""One measured machine, and many of them in turns.

The clock is virtual: QEMU counts instructions, one a nanosecond, and when
nobody has anything to do it leaps to the next timer. What takes so many
nanoseconds takes them again, however busy the host is; it is the time of a
processor that does one instruction after another at 1 GHz. It knows no caches,
and nothing of a disk but what the processor has to do for it.
"""
import concurrent.futures
import dataclasses
import functools
import hashlib
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import threading
import time
import typing

import images
import vm

OUT = images.BUILD / 'bench' / 'machines'
KEPT = images.downloads() / 'bench-kept'
KEPT_DAYS = 30
KEPT_RUNS = 20

# sleep=off: what is waited for is over at once, for the guest.
VIRTUAL = ['-icount', 'shift=0,sleep=off', '-rtc', 'clock=vm']
# With a disk: at once could be before the disk has answered. A processor that
# waits by counting (idle=poll) lets it take the host's time instead.
POLLING = 'idle=poll'
ALWAYS = vm.KERNEL_ARGUMENTS + ' nokaslr mitigations=off'
RESTARTS = 2

# {name: sentence} of what could not be measured. It is told, and then nothing
# that needs it is a figure, but the others are measured all the same.
failed = {}
# How many figures there are, and how many are of an earlier run.
counted = {'all': 0, 'kept': 0}
# Take figures of virtual time from an earlier run of the very same bytes?
reuse = False


@functools.cache
def qemu():
    """Which one this is."""
    return subprocess.run(
        ['qemu-system-x86_64', '--version'], check=True, text=True,
        stdout=subprocess.PIPE).stdout.split('\n')[0].partition(' (')[0]


@functools.cache
def bytes_of(path):
    """A hash of what is in a file."""
    with open(path, 'rb') as source:
        return hashlib.file_digest(source, 'sha256').hexdigest()


@dataclasses.dataclass
class Machine:
    """What is booted to measure one thing once."""
    kernel: str
    image: pathlib.Path
    cmdline: str = ''
    disks: tuple = ()
    memory: int = 512
    cpus: int = 1
    virtual: bool = True
    extra: tuple = ()
    total: float = 200
    # of the facts: yields what shows that it was not what was to be measured
    check: typing.Callable = lambda facts: ()

    @functools.cached_property
    def kept_at(self):
        """Where its facts are kept."""
        return KEPT / f'{self.key()}.json'

    def key(self):
        """What it is to the byte, but for who checks it."""
        return hashlib.sha256(json.dumps([
            qemu(), repr(vm.BOARDS['amd64']), vm.ACCELERATORS, vm.BUSES,
            ALWAYS, VIRTUAL, POLLING, self.cmdline, self.memory,
            self.cpus, self.virtual, self.extra,
            bytes_of(images.kernel(self.kernel).vmlinux), bytes_of(self.image),
            [[disk['bus'], bytes_of(disk['image'])] for disk in self.disks]
            ]).encode()).hexdigest()[:20]

    def kept(self):
        """Facts of earlier runs of the same."""
        if not self.virtual or not self.kept_at.exists():
            return []
        found = json.loads(self.kept_at.read_text())
        return [facts for facts in found if not [*self.check(facts)]]

    def keep(self, found):
        """For another time."""
        if self.virtual:
            KEPT.mkdir(parents=True, exist_ok=True)
            for path in KEPT.iterdir():
                if time.time() - path.stat().st_mtime > KEPT_DAYS * 86400:
                    path.unlink(missing_ok=True)
            self.kept_at.write_text(json.dumps(found[:KEPT_RUNS]))

    def run(self, name):
        """Its facts, numbers and lists; images.Failed if it is no measurement."""
        kernel = images.kernel(self.kernel)
        tries = 0
        while True:
            machine = vm.Machine(
                OUT / name, kernel.vmlinux, self.image,
                f'{POLLING} {self.cmdline}' if self.virtual and self.disks
                else self.cmdline, memory=self.memory, cpus=self.cpus,
                disks=self.disks, accel='tcg', silence=self.total,
                total=self.total, always=ALWAYS,
                extra=[*(VIRTUAL if self.virtual else ()), *self.extra])
            if self.cpus > 1:
                # at the same time; the kernel must not patch itself then
                machine.words = [word.replace('thread=single', 'thread=multi')
                                 for word in machine.words]
            result = machine.run()
            tries += 1
            if tries > RESTARTS or not vm.died_of_itself(result.kind,
                                                         result.console):
                break
        if result.kind != 'landed':
            raise images.Failed(f'measure {name}: {result.verdict()}; see '
                                f'{result.directory}')
        wrong = [*self.check(result.facts)]
        if 'since_init' not in result.facts:
            wrong.append("the kernel's log does not say when it ran /init")
        if result.facts['pid'] != 1:
            wrong.append('the real init is not process 1')
        if wrong:
            raise images.Failed(f'measure {name}: {"; ".join(wrong)}; see '
                                f'{result.directory}')
        result.facts['host_seconds'] = result.seconds
        shutil.rmtree(result.directory)
        return result.facts


def in_turns(machines, runs, alone=False):
    """{name: Machine} -> {name: [facts of each run]}, without who failed.

    A, B, C, A, B, C, ... so that whatever changes on the host while this goes
    on changes for all of them. alone: no two of them at a time, as it is the
    host's time that counts.
    """
    before = {name: machine.kept() for name, machine in machines.items()}
    found = {name: facts[:runs] if reuse else []
             for name, facts in before.items()}
    counted['all'] += runs * len(machines)
    counted['kept'] += sum(map(len, found.values()))
    lock = threading.Lock()

    def one(job):
        name, number = job
        if name in failed:
            return
        try:
            facts = machines[name].run(f'{name}-{number}')
        except images.Failed as why:
            with lock:
                failed[name] = str(why)
            say(why)
            return
        with lock:
            found[name].append(facts)
            machines[name].keep([*found[name],
                                 *before[name][runs if reuse else 0:]])

    jobs = [(name, number) for number in range(runs) for name in machines
            if number >= len(found[name])]
    with concurrent.futures.ThreadPoolExecutor(
            1 if alone else int(os.environ.get('PINTLE_VMS', '2'))) as pool:
        for done in concurrent.futures.as_completed(
                [pool.submit(one, job) for job in jobs]):
            done.result()
    for name in [name for name in found if name in failed]:
        del found[name]
    return found


@dataclasses.dataclass(frozen=True)
class Figure:
    """A median and how far the runs lie apart."""
    median: float
    low: float
    high: float
    runs: int

    @classmethod
    def of(cls, values):
        """Of these numbers."""
        values = list(values)
        return cls(statistics.median(values), min(values), max(values),
                   len(values))

    @property
    def spread(self):
        """Between the extremes, in percent of the median."""
        return 100 * (self.high - self.low) / self.median if self.median else 0


def say(*words):
    """To a person."""
    print('bench:', *words, file=sys.stderr, flush=True)
