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
PING = rb"""#!/bin/busybox sh
/usr/bin/plymouth --ping
echo "ping $?" >/run/asked
/bin/busybox grep -o '/plymouth/[a-z]*[.]so' \
	/proc/$(/bin/busybox cat /run/plymouth/pid)/maps |
	/bin/busybox sort -u >/run/theme
exec /sbin/landing
"""
ALIVE = tuple(c for c in checks.ARRIVED if c is not checks.nothing_else_runs)


def rows():
    """Plymouth on every kernel, the rest on the oldest and the newest."""
    for series in images.KERNELS:
        yield plymouth(series, 'plymouth', disks=[ask_disk()])
    for series in images.ENDS:
        yield plymouth(series, 'plymouth-waits', disks=[],
                       plug=(SPLASH_WAITS, ask_disk()))
        # With no pivot_root that moves who stands at /: its own request alone.
        yield plymouth(series, 'plymouth-move', words=' pintle.switch=move',
                       disks=[ask_disk()])
        yield plymouth(series, 'plymouth-copy', theme='details,copy',
                       disks=[ask_disk()], also=(from_run('plymouthd'),))
        yield fuse_root(series, 'fuse2fs-copy', ext4,
                        '/usr/bin/fuse2fs /dev/vda /sysroot -f -o ro',
                        fate='keep,copy', also=(from_run('fuse2fs'),))
        yield fuse_root(series, 'fuse2fs', ext4,
                        '/usr/bin/fuse2fs /dev/vda /sysroot -f -o ro')
        yield fuse_root(series, 'squashfuse', squashfs,
                        '/usr/bin/squashfuse -f /dev/vda /sysroot')
        yield Row(f'vm/{series}/fuse-root-nobody', series,
                  'root=helper rd.timeout=1', kind='reset', weight=3,
                  says=("pintle: device: wait for a mount on '/sysroot': no "
                        'helper made one in time',))
    # Serial consoles make it take details; without one it has a VT.
    yield plymouth('6.12', 'plymouth-text', theme='text',
                   words=' splash plymouth.ignore-serial-consoles '
                   'console=tty0',
                   disks=[ask_disk()])
    # It loads text.so by its path, long after its start.
    yield plymouth('6.12', 'plymouth-text-copy', theme='text,copy',
                   words=' splash plymouth.ignore-serial-consoles '
                   'console=tty0',
                   disks=[ask_disk()], also=(from_run('plymouthd'),))
    yield Row('vm/6.12/plymouth-hangs', '6.12', 'root=/dev/vda', weight=6,
              initramfs=dict(programs=('--helper', HANGS),
                             add=((images.busybox(), '/bin/busybox'),)),
              says=("pintle: splash: start the helper 'plymouthd': it did "
                    'not become a daemon',),
              checks=ALIVE + (moved('busybox', 'kernel'), in_time))
    # As a daemon it is found by its name.
    yield fuse_root('6.12', 'daemon', ext4,
                    '/usr/bin/fuse2fs /dev/vda /sysroot -o ro')
    # Nobody can move it then: it must be left in peace, and the boot go on.
    yield fuse_root('6.12', 'move', ext4,
                    '/usr/bin/fuse2fs /dev/vda /sysroot -f -o ro',
                    words=' pintle.switch=move', outcome=('none', 'stayed'))


HANGS = 'plymouthd plymouth 1s keep /bin/busybox sleep 1000'


# What the splash says of it, before or after pintle's own line.
SPLASH_WAITS = r"(?<!device: )waiting for '/dev/vda', up to 30 s"


def plymouth(series, name, theme='details', words='', also=(), **options):
    """plymouthd, started by the image, asked by its client on the root."""
    # Its details for a serial console are built in (plugins/splash/details).
    shown = theme.partition(',')[0]
    plugin = '' if shown == 'details' else f'/plymouth/{shown}.so\n'
    options.setdefault('checks', ALIVE + (
        answered, loaded(plugin), moved('plymouthd', 'plymouth')) + also)
    return Row(f'vm/{series}/{name}', series,
               f'root=/dev/vda rd.timeout=30 landing.cat=/run/asked,/run/theme{words}',
               initramfs=dict(programs=(f'--with-plymouth={theme}',)),
               weight=12, fetches=(images.debian,),
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


def text_of(boot, path):
    """What landing read there."""
    return next(f['text'] for f in boot.facts['files'] if f['path'] == path)


def loaded(plugin):
    """plymouthd has loaded the theme's plugin, and left its pid file."""
    def theme(boot):
        said = text_of(boot, '/run/theme')
        if said != plugin:
            yield f'plymouthd has loaded {said!r}'
    return theme


def answered(boot):
    """plymouth --ping succeeded on the real root."""
    said = text_of(boot, '/run/asked')
    if said != 'ping 0\n':
        yield f'plymouth --ping: {said!r}'


def in_time(boot):
    """It cost its deadline and not much more, emulated as the machine is."""
    stage = next(s for s in boot.report()['stages'] if s['stage'] == 'switch')
    took_us = stage['end_us'] - stage['begin_us']
    if took_us > 2500000:
        yield f'the switch took {took_us} us'


def moved(name, mover, outcome='moved'):
    """Where the daemon stands is what the report says of it."""
    def observed(boot):
        found = [p for p in boot.facts['processes'] if p['comm'] == name]
        if len(found) != 1:
            yield f'{len(found)} processes are called {name}'
        for process in found:
            for end in ('root', 'cwd'):
                if checks.same(process[end], boot.facts['root']) != (
                        outcome == 'moved'):
                    yield (f'the {end} of {name} is '
                           f'{checks.show(process[end])}')
        said = [(h['mover'], h['outcome']) for h in boot.report()['helpers']
                if h['name'] == name]
        if said != [(mover, outcome)]:
            yield f'the report says {said}'
    return observed


def from_run(name):
    """What it executes and maps is all in /run, and pins nothing."""
    def runs(boot):
        process = next(p for p in boot.facts['processes'] if p['comm'] == name)
        run = next(m['dev'] for m in boot.mounts() if m['point'] == '/run')
        files = process['maps']
        # Its program, its loader, the C library: at least these.
        if len(files) < 3 or process['exe']['dev'] != run:
            yield f'{name} runs from {process["exe"]} and maps {files}'
        for mapped in files:
            if mapped['dev'] != run:
                yield f'{name} maps {mapped}, /run is {run}'
        said = [(h['holds'], h['bytes']) for h in boot.report()['helpers']
                if h['name'] == name]
        if said != [([], 0)]:
            yield f'the report says that {name} holds {said}'
        yield from checks.nothing_pinned(boot)
    return runs


# --- a root file system that a daemon serves ------------------------------

def fuse_root(series, name, image, command, words='', fate='keep',
              outcome=('kernel', 'moved'), also=()):
    """A helper mounts the root, lives on, and the system runs on it."""
    program = command.split()[0]
    helper = f'rootfs auto 5s {fate} {command}'
    return Row(f'vm/{series}/fuse-root-{name}', series,
               f'root=helper landing.cat=/etc/served{words}', weight=12,
               disks=[disk(image=image)], fetches=(images.debian,),
               initramfs=dict(modules=('fuse', 'virtio_pci', 'virtio_blk'),
                              programs=('--program', program,
                                        '--helper', helper)),
               checks=ALIVE + (
                   read_after,
                   moved(program.rpartition('/')[2], *outcome)) + also)


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
    text = text_of(boot, '/etc/served')
    if text != SERVED['/etc/served'].decode():
        yield f'/etc/served is {text!r:.40}'
    mount = next(m for m in boot.mounts() if m['point'] == '/')
    if not mount['type'].startswith('fuse'):
        yield f'the root is not FUSE: {mount["line"]}'
