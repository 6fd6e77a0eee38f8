# SPDX-License-Identifier: MIT
"""fsck before the mounts: what it is asked, what its answers mean.

Some rows have the real e2fsck and real damage, the others one that only says
how it was called and ends as the row wants it to.
"""
import re

import checks
import images
from scenario import Row, disk

VIRTIO = ('virtio_pci', 'virtio_blk')
STACKED = tuple(c for c in checks.ARRIVED if c is not checks.api_mounts)

# --- one that says how it was called --------------------------------------


def fsck(root, usr_too=0):
    """An image whose fsck.ext4 says how it was called, and ends so, or does
    this: for the root, and for its /usr."""
    def image():
        script = (b'#!/bin/busybox sh\n'
                  b'echo "fsck got $*" >/dev/kmsg\n'
                  b'case $* in *vdb) exit %d ;; *) %s ;; esac\n'
                  % (usr_too, (root if isinstance(root, str)
                               else f'exit {root}').encode()))
        return dict(modules=VIRTIO,
                    add=[(images.busybox(), '/bin/busybox'),
                         (script, '/sbin/fsck.ext4')])
    return image


# as a check repeats the names of a file system
RAW = r"printf 'raw\033[2J\342\200\256end\n'; exit 3"
# What is written stays in memory as long as somebody has the device open.
DYING = ('/bin/busybox sleep 999 </dev/vda & '
         '/bin/busybox dd if=/dev/zero of=/dev/vda bs=4k count=1 conv=notrunc; ')
MARKS = ('/run/initramfs/fsck-root', '/run/initramfs/fsck-usr')

# name: kernel parameters, fsck's statuses, line of /usr, what it got, marks left
CHECKED = {
    'clean': ('', (0, 0), '/dev/vdb /usr ext4 ro 0 2',
              ('-a /dev/vda', '-a /dev/vdb'), MARKS),
    'pass-0': ('fsck.mode=force', (1, 0), '/dev/vdb /usr ext4 ro 0 0',
               ('-a -f /dev/vda',), MARKS[:1]),
    # it is not there, or is of no use
    'none': ('', (127, 8), '/dev/vdb /usr ext4 ro 0 2',
             ('-a /dev/vda', '-a /dev/vdb'), ()),
}


UNCHECKED = (
    r"run '/sbin/fsck.ext4 -a /dev/vda': it cannot be started, going on unchecked",
    r"check '/dev/vdb': fsck.ext4 failed \(status 8\), going on unchecked")


def fsck_got(*wanted):
    """These calls in this order, and no other."""
    def got(boot):
        said = re.findall(r'fsck got (.*?)\s*$',
                          '\n'.join(k['text'] for k in boot.facts['kmsg']),
                          re.M)
        if said != list(wanted):
            yield f'{said}, expected {list(wanted)}'
    return got


def marked(*wanted):
    """What the real init is told."""
    def marks(boot):
        there = [p['path'] for p in boot.facts['paths'] if 'mode' in p]
        if there != list(wanted):
            yield f'{there}, expected {list(wanted)}'
    return marks


def with_usr(line):
    """A root that is nothing without its /usr."""
    return disk(init=None, files={
        '/sbin/init': ('link', '../usr/sbin/init'), '/usr': None,
        '/etc/fstab': (0o644, f'{line}\n'.encode())})


def usr():
    """What belongs below it."""
    return disk(fs_uuid='77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902')


# --- the real one ---------------------------------------------------------

BROKEN = {'/etc/broken': (0o644, b'a file'), '/usr': None,
          '/sbin/init': ('link', '../usr/sbin/init'),
          '/etc/fstab': (0o644, b'/dev/vdb /usr ext4 ro 0 2\n')}
# what fsck mends by itself: a directory whose inode is gone
LIGHT = ('ssv state 2', 'clri /tmp')
# what it asks a person about: an inode that is of no kind
GRAVE = ('ssv state 2', 'sif /etc/broken mode 0')


def damaged(*commands):
    """A root with this done to it by debugfs; its /usr is elsewhere."""
    return disk(image=lambda: images.changed(images.root(init=None, files=BROKEN),
                                             *commands))


def e2fsck():
    """An image with it."""
    return dict(modules=VIRTIO, options=('--with-fsck',))


FORCED = '/dev/vda contains a file system with errors, check forced'
# name: parameters, damage, kind, what it says, what nobody may, marks
REAL = {
    'mended': ('rw', LIGHT, 'landed',
               (FORCED, r"Entry 'tmp' .*CLEARED",
                r'/dev/vdb: clean, \d+/\d+ files'),
               ('e2fsck is recommended',), MARKS),
    'skip': ('rw fsck.mode=skip', LIGHT, 'landed',
             ('EXT4-fs.* running e2fsck is recommended',),
             (FORCED, 'vdb: clean'), ()),
    'grave': ('', GRAVE, 'reset', (
        'RUN fsck MANUALLY',
        r"pintle: check: check '/dev/vda': fsck.ext4 left errors in it "
        r'\(status 4\)', 'fsck.repair=yes says yes to all',
        'wanted: /dev/vda', 'seen: /dev/vda .* ext4'), (), None),
    'grave-yes': ('rw fsck.repair=yes', GRAVE, 'landed',
                  (r'Clear\? yes', 'FILE SYSTEM WAS MODIFIED'),
                  ('e2fsck is recommended',), MARKS),
    'grave-no': ('fsck.repair=no', GRAVE, 'reset',
                 (r'Clear\? no', r'left errors in it \(status 4\)'), (), None),
}
# It is a program that is asked, not the kernel: on the newest are those that
# show the most.
ON_NEWEST = ('pass-0', 'mended', 'skip')


def rows():
    """On the oldest kernel and, of each kind, on the newest."""
    for series in ('6.1', '7'):
        for name, (words, statuses, line, got, marks) in CHECKED.items():
            if series == '6.1' or name in ON_NEWEST:
                yield Row(
                    f'vm/{series}/fsck-{name}', series,
                    f'root=/dev/vda {words} landing.stat={",".join(MARKS)}',
                    disks=[with_usr(line), usr()], initramfs=fsck(*statuses),
                    weight=4, says=() if marks else UNCHECKED,
                    checks=STACKED + (fsck_got(*got), marked(*marks)))
        # On 6.1 there is something to write, and the disk takes nothing for
        # longer than it is waited for. (For ever, QEMU could not end.)
        dead = series == '6.1'
        yield Row(f'vm/{series}/fsck-restart', series, 'root=/dev/vda',
                  disks=[dict(disk(), hangs_at=None, hangs_for=14, kept=True)
                         if dead else disk()],
                  kind='reset', initramfs=fsck(DYING * dead + RAW), weight=3,
                  silence=20, total=30, says=(
                      r'raw\?\[2J\?\?\?end',
                      "pintle: check: check '/dev/vda': fsck.ext4 asks for a "
                      'restart',
                      *(('write what is in memory to the disks: it takes too '
                         'long, going on without',) if dead else ())), never=('raw\x1b', '\u202e'))
        # in the middle of a repair, as where memory is short
        yield Row(f'vm/{series}/fsck-killed', series, 'root=/dev/vda rw',
                  kind='reset', initramfs=fsck('kill -9 $$'), weight=3,
                  total=20, never=('EXT4-fs',), says=(
                      "pintle: check: run '/sbin/fsck.ext4 -a /dev/vda': signal "
                      '9 ended it', 'fsck.mode=skip goes without'))
        for name, (words, damage, kind, says, never, marks) in REAL.items():
            if series == '6.1' or name in ON_NEWEST:
                yield Row(
                    f'vm/{series}/e2fsck-{name}', series,
                    f'root=/dev/vda {words} landing.stat={",".join(MARKS)}',
                    disks=[damaged(*damage), usr()], initramfs=e2fsck, kind=kind,
                    weight=4, says=says, never=never, alarms=kind == 'reset',
                    checks=() if marks is None else STACKED + (marked(*marks),))
