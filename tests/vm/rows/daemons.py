# SPDX-License-Identifier: MIT
"""Real daemons of Debian 12 that cross to the real root alive.

landing looks from the real root at where each process stands; the daemons are
asked too, by their own clients.
"""
import os
import pathlib
import tempfile

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
        yield fuse_root(series, 'fuse2fs', ext4,
                        '/usr/bin/fuse2fs /dev/vda /sysroot -f -o ro')
        yield fuse_root(series, 'squashfuse', squashfs,
                        '/usr/bin/squashfuse -f /dev/vda /sysroot')
        yield Row(f'vm/{series}/fuse-root-nobody', series,
                  'root=helper rd.timeout=1', kind='reset', weight=3,
                  says=("pintle: device: wait for a mount on '/sysroot': no "
                        'helper made one in time',))


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


# --- a root file system that a daemon serves ------------------------------

def fuse_root(series, name, image, command):
    """A helper mounts the root, lives on, and the system runs on it."""
    program = command.split()[0]
    helper = f'rootfs auto 5s keep {command}'
    return Row(f'vm/{series}/fuse-root-{name}', series,
               'root=helper landing.cat=/etc/served', weight=12,
               disks=[disk(image=image)],
               initramfs=dict(modules=('fuse', 'virtio_pci', 'virtio_blk'),
                              programs=('--program', program,
                                        '--helper', helper)),
               checks=ALIVE + (
                   read_after,
                   moved(program.rpartition('/')[2], 'kernel')))


SERVED = {'/etc/served': b'by a daemon' * 500}


def ext4():
    """Read by fuse2fs."""
    return images.root(files=SERVED)


def squashfs():
    """Read by squashfuse, which can uncompress what the kernel might not."""
    mksquashfs = images.need('mksquashfs', 'squashfs-tools')
    tree = {name: None for name in images.DIRECTORIES}
    tree['/sbin/init'] = landing = images.program('landing')
    tree.update(SERVED)

    def make(path):
        with tempfile.TemporaryDirectory() as top:
            images.lay_out(pathlib.Path(top), tree)
            os.chmod(top, 0o755)
            images.run([mksquashfs, top, path, '-all-root', '-noappend'])
    return images.cached('.squashfs', make, 'served 1', landing,
                         *SERVED.values())


def read_after(boot):
    """A file nobody had read before came from the daemon after the switch."""
    text = next(f['text'] for f in boot.facts['files']
                if f['path'] == '/etc/served')
    if text != SERVED['/etc/served'].decode():
        yield f'/etc/served is {text!r:.40}'
    mount = next(m for m in boot.mounts() if m['point'] == '/')
    if not mount['type'].startswith('fuse'):
        yield f'the root is not FUSE: {mount["line"]}'
