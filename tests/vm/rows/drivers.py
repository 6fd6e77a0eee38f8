# SPDX-License-Identifier: MIT
"""Drivers by modalias: one and the same image, whatever the disk hangs on."""
import os
import pathlib
import tempfile

import checks
import images
from scenario import Row, disk

# Nothing is named: what a device asks for is loaded, and nothing else.
GENERIC = dict(modules=(), kind='generic', compress='zstd')

# Bus: the root's device there.
BUSES = {'virtio': '/dev/vda', 'scsi': '/dev/sda', 'nvme': '/dev/nvme0n1',
         'ahci': '/dev/sda', 'ide': '/dev/sda', 'usb': '/dev/sda',
         'sd': '/dev/mmcblk0'}
UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'


def rows():
    """Every bus by a tag, since the names are the kernel's; on the kernels
    for real machines, as the cloud kernels have no USB and no SD host. On 6.1
    two roots of Debian have the others (embed.py)."""
    for series, buses in (('6.1', ('ide',)), ('7', BUSES)):
        for bus in buses:
            device = BUSES[bus]
            yield Row(f'vm/{series}/drivers-on-{bus}', f'{series}-full',
                      f'root=UUID={UUID} pintle.free=all',
                      disks=[disk(bus)],
                      initramfs=GENERIC, memory=512, weight=8, total=60,
                      checks=checks.ARRIVED + (
                          checks.root_mount('ext4', device, ('ro',)),))
        # ext4, loop, squashfs, overlay: each loaded when its turn comes.
        yield Row(f'vm/{series}/drivers-of-layers', f'{series}-full',
                  'root=/dev/vda loop=/images/root.squashfs rd.overlay '
                  'landing.cat=/proc/modules',
                  disks=[disk(image=host)], initramfs=GENERIC, memory=512,
                  weight=8, total=60, checks=tuple(
                      c for c in checks.ARRIVED if c is not checks.api_mounts
                  ) + (checks.root_mount('overlay'), wanted_alone))
    for series in images.KERNELS:
        yield Row(f'vm/{series}/drivers-in-the-cloud', series,
                  f'root=UUID={UUID} pintle.free=all',
                  initramfs=GENERIC, weight=5,
                  checks=checks.ARRIVED + (
                      checks.root_mount('ext4', '/dev/vda', ('ro',)),))


def host():
    """A disk that holds a squashfs root as a file."""
    mksquashfs = images.need('mksquashfs', 'squashfs-tools')
    landing = images.program('landing')
    tree = {name: None for name in images.DIRECTORIES}
    tree['/sbin/init'] = landing

    def make(path):
        with tempfile.TemporaryDirectory() as top:
            images.lay_out(pathlib.Path(top), tree)
            os.chmod(top, 0o755)
            images.run([mksquashfs, top, path, '-all-root', '-noappend',
                        '-comp', 'xz'])
    inner = images.cached('.squashfs', make, 'layers 1', landing)
    return images.root(init=None, files={'/images/root.squashfs': inner},
                       megabytes=32)


def wanted_alone(boot):
    """What is mounted was loaded, and no other file system."""
    said = boot.facts['files'][0]['text']
    loaded = {line.split(' ')[0] for line in said.split('\n')}
    for name in ('ext4', 'loop', 'squashfs', 'overlay'):
        if name not in loaded:
            yield f'{name} is not among {sorted(loaded)}'
    for name in loaded & {'xfs', 'btrfs', 'f2fs', 'nvme'}:
        yield f'{name} was loaded, and nobody asked'
