# SPDX-License-Identifier: MIT
"""Processes of the initramfs that live on: who moves them, and how far.

tests/vm/helper.c is all of them: it takes a place, becomes of a kind, and says
when it is ready; the switch waits for that. What came of it is judged by what
landing sees, root and cwd of every thread by device, inode and mount; what the
report says must be the same.
"""
import checks
import images
from scenario import Row

HELPER = '/bin/helper'
POLICY = '/etc/pintle/helpers'
DEADLINE_MS = 500

# A mover: what its helper is, and the line that declares it.
#   mover, kind, options of helper, who it runs under
MOVERS = {
    'kernel': ('kernel', 'plain', '', ''),
    'signal': ('signal', 'handler', '', ''),
    'guardian': ('signal', 'plain', '', '/bin/pintle helper -- '),
    'plymouth': ('plymouth', 'plymouth', '', ''),
    'inject': ('inject', 'plain', '', ''),
    'stop': ('stop', 'plain', '', ''),
}
# With switch-root there is no policy: a helper is known by what it shows, and
# nobody is stopped. `kernel` is a stranger there.
DROPIN = {
    'kernel': ('plain', '', ''),
    'signal': ('handler', '', ''),
    'guardian': ('plain', '', '/bin/pintle helper --mark -- '),
    'plymouth': ('plymouth', '', ''),
    'inject': ('plain', '-m ', ''),
}

# Where a helper stands, by what helper.c does for it:
#   root        root and cwd are /
#   sub         cwd is /sub
#   chroot      root and cwd are /sub; no /proc, no /run there
#   namespace   a mount namespace of its own, else as root
#   thread      a second thread has an fs_struct of its own, its cwd is /sub
#   descriptor  as root, and a file of the initramfs is open
PLACES = ('root', 'sub', 'chroot', 'namespace', 'thread', 'descriptor')

# What must come of it: moved (root and cwd of every thread), stopped, or what
# of it moved all the same when the helper as a whole stayed:
#   'root'  its root, and its cwd is where it was
#   '-'     neither
# Threads that differ are joined with '+'.
# Why:
#   kernel    pivot_root replaces each root and each cwd that is exactly "/" of
#             the caller's mount (fs/fs_struct.c: chroot_fs_refs)
#   signal    a handler runs in one thread, and finds the new root by /proc
#   guardian  shares its fs_struct with its program; a program that leaves it
#             (unshare(CLONE_NEWNS) does) is moved as anybody is
#   plymouth  as signal
EXPECTED = {
    #              root     sub      chroot   namespace thread  descriptor
    'kernel':   ('moved', 'root',  '-',     '-',     'moved+root', 'moved'),
    'signal':   ('moved', 'moved', '-',     'moved', 'moved+root', 'moved'),
    'guardian': ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
    'plymouth': ('moved', 'moved', '-',     'moved', 'moved+root', 'moved'),
    'inject':   ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
    'stop':     ('stopped',) * 6,
}
# switch-root, where / has a parent: Linux 7.0.
EXPECTED_DROPIN = {
    'kernel':   ('moved', 'root',  '-',     '-',     'moved+root', 'moved'),
    'signal':   ('moved', 'moved', '-',     'moved', 'moved+root', 'moved'),
    'guardian': ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
    'plymouth': ('moved', 'moved', '-',     'moved', 'moved+root', 'moved'),
    'inject':   ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
}
# Before, switch-root has to anchor / when everybody stands below the anchor
# already: pivot_root moves nobody.
EXPECTED_LATE = {
    'kernel':   ('-',     '-',     '-',     '-',     '-',     '-'),
    'signal':   ('moved', 'moved', '-',     'moved', 'moved+-', 'moved'),
    'guardian': ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
    'plymouth': ('moved', 'moved', '-',     'moved', 'moved+-', 'moved'),
    'inject':   ('moved', 'moved', 'moved', 'moved', 'moved', 'moved'),
}

ENDED = 'No such file or directory'

# Before the switch everybody has to be where they will be found.
AWAIT = '#!/bin/helper await {}\n'

# What a shell of an initramfs does until it calls switch_root.
SHELL_INIT = '''#!/bin/busybox sh
busybox() {{ /bin/busybox "$@"; }}
busybox mkdir -p /proc /sys /dev /run /sysroot
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
busybox mount -t tmpfs tmpfs /run
while read -r module parameters; do
	busybox insmod "$module" $parameters
done </etc/pintle/modules
until [ -b /dev/vda ]; do busybox usleep 10000; done
busybox mount -o ro -t ext4 /dev/vda /sysroot
{helpers}
/bin/helper await {count}
exec /bin/pintle switch-root /sysroot /sbin/init
'''

# All who cross keep what they have; nothing else is owed less.
CROSSED = tuple(c for c in checks.ARRIVED
                if c is not checks.nothing_else_runs)


def late(series):
    """Must switch-root make the anchor itself?"""
    return int(series.split('.')[0]) < 7


def image(policy, count, cmdline=None, **more):
    """Image with a policy, and the stop before the switch until all stand."""
    def make():
        return dict(cmdline=cmdline, add=files() + (
            (''.join(f'{line}\n' for line in policy).encode(), POLICY),
            (AWAIT.format(count).encode(), '/bin/sh')), **more)
    return make


def files():
    """What every image has: the helper, its places, pintle as a command."""
    return (('helper', HELPER), (images.pintle(), '/bin/pintle'),
            (images.ballast(1), '/mapped'), (b'', '/sub/file'))


def shell_image(helpers, count):
    """The same under a shell."""
    script = SHELL_INIT.format(
        helpers='\n'.join(f'{line} &' for line in helpers), count=count)

    def make():
        return dict(add=files() + ((images.busybox(), '/bin/busybox'),
                                   (script.encode(), '/shellinit')))
    return make


# --- what landing saw -------------------------------------------------------

def process(boot, name):
    """The process of that name, or None."""
    found = [p for p in boot.facts['processes'] if p['comm'] == name]
    return found[0] if found else None


def came_of(boot, name):
    """What became of a helper: the words of EXPECTED."""
    found = process(boot, name)
    # One that has ended has neither; its init has not waited for it yet.
    if not found or found['root'].get('error') == ENDED:
        return 'stopped'
    words = []
    for thread in found['threads']:
        root, cwd = (checks.same(thread[end], boot.facts['root'])
                     for end in ('root', 'cwd'))
        words.append('moved' if root and cwd else 'root' if root else
                     'cwd' if cwd else '-')
    return '+'.join(dict.fromkeys(words))


def reported(boot, name):
    """The report's entry of a helper, or {}."""
    return next((h for h in boot.report()['helpers'] if h['name'] == name), {})


def cells(place, table, report):
    """A check of one column of a table; each failing cell is named."""
    def cells_of(boot):
        for mover, row in table.items():
            name = f'{mover}-{place}'[:15]
            expected = row[PLACES.index(place)]
            observed = came_of(boot, name)
            if observed != expected:
                yield (f'{mover} x {place}: expected {expected}, landing saw '
                       f'{observed}: {process(boot, name)}')
            if not report:
                continue
            said = reported(boot, name)
            word = said.get('outcome', 'nothing')
            if word != {'moved': 'moved', 'stopped': 'stopped'}.get(
                    observed, 'stayed'):
                yield (f'{mover} x {place}: landing saw {observed}, the report '
                       f'says {word}: {said}')
            if observed == 'moved' and said.get('why'):
                yield (f'{mover} x {place}: it moved, and the report says why '
                       f'it did not: {said}')
            if (place == 'descriptor' and observed == 'moved' and
                    'fd' not in said.get('holds', ())):
                yield f'{mover}: its descriptor is not in the report: {said}'
    cells_of.__name__ = 'cells'
    return cells_of


def matrix(series, place):
    """All movers at one place: as /init, and under a shell."""
    policy = []
    for mover, (how, kind, option, under) in MOVERS.items():
        name = f'{mover}-{place}'[:15]
        policy.append(f'{mover} {how} {DEADLINE_MS}ms '
                      f'{"stop" if mover == "stop" else "keep"} {under}{HELPER} '
                      f'-n {name} {option}{place} {kind}')
    yield Row(f'vm/{series}/helpers-init-{place}', series,
              'root=/dev/vda rd.break=switch',
              initramfs=image(policy, len(MOVERS)),
              checks=CROSSED + (cells(place, EXPECTED, True),))
    helpers = [f'{under}{HELPER} -n {mover}-{place} {option}{place} {kind}'
               for mover, (kind, option, under) in DROPIN.items()]
    yield Row(f'vm/{series}/helpers-dropin-{place}', series,
              'root=/dev/vda rdinit=/shellinit',
              initramfs=shell_image(helpers, len(helpers)),
              checks=tuple(c for c in CROSSED
                           if c is not checks.report_readable) +
              (cells(place, EXPECTED_LATE if late(series) else EXPECTED_DROPIN,
                     False),))


def rows():
    """Three kernels, two ways to get there, six places; then stories."""
    for series in images.KERNELS:
        for place in PLACES:
            yield from matrix(series, place)
