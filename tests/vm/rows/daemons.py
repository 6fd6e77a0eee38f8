# SPDX-License-Identifier: MIT
"""Real daemons of Debian 12 that cross to the real root alive.

landing looks from the real root at where each process stands; the daemons are
asked too, by their own clients.
"""
import re

import checks
import images
from scenario import Row, disk

# plymouth itself says whether its daemon answers.
PING = b"""#!/bin/busybox sh
/usr/bin/plymouth --ping
echo "ping $?" >/run/asked
exec /sbin/landing
"""
ALIVE = tuple(c for c in checks.ARRIVED if c is not checks.nothing_else_runs)


def rows():
    """Every kernel."""
    for series in images.KERNELS:
        yield plymouth(series, 'plymouth', disks=[ask_disk()])
        yield plymouth(series, 'plymouth-waits', disks=[],
                       plug=(SPLASH_WAITS, ask_disk()),
                       checks=ALIVE + (answered, moved('plymouthd',
                                                       'plymouth')))


# On the console itself only the splash says this, `quiet` hides pintle's own.
SPLASH_WAITS = r"(?m)^waiting for '/dev/vda', up to 30 s"


def plymouth(series, name, **options):
    """plymouthd, started by the image, asked by its client on the root."""
    options.setdefault('checks', ALIVE + (answered,
                                          moved('plymouthd', 'plymouth')))
    return Row(f'vm/{series}/{name}', series,
               'root=/dev/vda rd.timeout=30 landing.cat=/run/asked',
               initramfs=dict(programs=('--with-plymouth',)), weight=12,
               **options)


def ask_disk():
    """A root whose init asks plymouthd, then is landing."""
    def make():
        files = images.with_libraries('/usr/bin/plymouth')
        files['/sbin/landing'] = images.program('landing')
        files['/bin/busybox'] = images.busybox()
        files['/sbin/init'] = PING
        return images.root(init=None, files=files)
    return disk(image=make)


def answered(boot):
    """plymouth --ping succeeded on the real root."""
    said = next(f['text'] for f in boot.facts['files']
                if f['path'] == '/run/asked')
    if said != 'ping 0\n':
        yield f'plymouth --ping: {said!r}'


def moved(name, mover):
    """The daemon stands in the new root, and the report says who did it."""
    def observed(boot):
        found = [p for p in boot.facts['processes'] if p['comm'] == name]
        if len(found) != 1:
            yield f'{len(found)} processes are called {name}'
        for process in found:
            for end in ('root', 'cwd'):
                if not checks.same(process[end], boot.facts['root']):
                    yield (f'the {end} of {name} is '
                           f'{checks.show(process[end])}')
        said = [(h['mover'], h['outcome']) for h in boot.report()['helpers']
                if h['name'] == name]
        if said != [(mover, 'moved')]:
            yield f'the report says {said}'
    return observed
