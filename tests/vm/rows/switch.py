# SPDX-License-Identifier: MIT
"""The switch itself: every way to make it, on every kind of initramfs.

The kernel makes the initramfs a ramfs when its command line has root=, else a
tmpfs; 7.0 to 7.2 hold it once more per CPU. Hence the matrix. 64 MB of
ballast make what is not freed impossible to overlook.
"""
import checks
import images
from scenario import Row

BALLAST_MB = 64
SECONDS = 5


def expected(series, forced):
    """Which way pintle should go; see design: 7.0 has a nullfs beneath."""
    if forced:
        return 'move'
    return 'direct' if int(series.split('.')[0]) >= 7 else 'anchored'


def rows():
    """Two file systems, one CPU and two, pivot and move.

    The klibc build does the same calls; once is enough to see that it can. The
    kernel between is asked once for each way.
    """
    yield row('6.12', False, 'ramfs', 1)
    yield row('6.12', True, 'tmpfs', 2)
    for series in images.ENDS:
        yield row(series, False, 'ramfs', 1, libc='klibc')
        for forced in (False, True):
            for filesystem in ('ramfs', 'tmpfs'):
                for cpus in (1, 2):
                    yield row(series, forced, filesystem, cpus)


def by_a_child(boot):
    """The real init did not wait for any of it."""
    switch = boot.report()['switch']
    if switch['freed']['files'] or not switch['left']['why']:
        yield f'the report says: {switch}'


def row(series, forced, filesystem, cpus, libc='musl'):
    """One cell of the matrix."""
    words = ['single', 'foo', 'myvar=hello',
             f'landing.wait={SECONDS},{checks.LEFT_KB}']
    image = dict(ballast_mb=BALLAST_MB, libc=libc)
    if filesystem == 'ramfs':
        words.append('root=/dev/vda')
    else:
        image['cmdline'] = 'root=/dev/vda'
    if forced:
        words.append('pintle.switch=move')
    way = 'move' if forced else 'pivot'
    name = f'{way}-{filesystem}-{cpus}cpu'
    if libc != 'musl':
        name += f'-{libc}'
    return Row(
        f'vm/{series}/{name}', series, ' '.join(words),
        initramfs=image, cpus=cpus, memory=512,
        quick=name == 'pivot-ramfs-1cpu',
        checks=checks.ARRIVED + (
            checks.strategy_is(expected(series, forced)),
            checks.memory_freed, by_a_child,
            checks.argv_is('/sbin/init', 'single', 'foo'),
            checks.environ_is('HOME=/', 'TERM=linux', 'myvar=hello')))
