# SPDX-License-Identifier: MIT
"""A real Debian 12 with systemd, by the command that the README shows.

scripts/boot --check judges by itself: multi-user reached, no failed unit, and
a closing record on the second serial port. Here it only has to say so.
"""
import re
import subprocess

import images
import vm
from scenario import Row

BOOT = images.TOP / 'scripts' / 'boot'


class Debian(Row):
    """Not a machine of ours: a script that has one."""

    def run(self, directory, accel):
        words = [str(BOOT), '--check', '--kernel', self.kernel]
        done = subprocess.run(words, text=True, check=False, errors='replace',
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL)
        result = vm.Result()
        result.kind = 'landed' if done.returncode == 0 else 'powered-off'
        result.console = done.stdout
        result.command = words
        result.directory = directory
        return list(self.complaints(done)), result

    def complaints(self, done):
        """What is wrong, one sentence each."""
        if done.returncode:
            yield f'scripts/boot --check ended with status {done.returncode}'
        way = 'direct' if self.kernel.startswith('7') else 'anchored'
        if not re.search(rf'^switch +{way}, init /sbin/init$', done.stdout,
                         re.MULTILINE):
            yield f'the report does not say: switch {way}, init /sbin/init'
        if not re.search('^root checked before: fsck-root, again: no$',
                         done.stdout, re.MULTILINE):
            yield 'the root was not checked once, and before the switch'


def root():
    """What scripts/boot boots."""
    images.run([images.TOP / 'scripts' / 'debian-root'])


def rows():
    """Every kernel."""
    for series in images.KERNELS:
        yield Debian(f'vm/{series}/debian', series, weight=60,
                     fetches=(root,))
