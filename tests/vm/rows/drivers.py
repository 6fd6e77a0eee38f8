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

# Bus: the device there, of a machine that has them all.
BUSES = {'virtio': 'vda', 'scsi': 'sd[a-d]', 'nvme': 'nvme0n1',
         'ahci': 'sd[a-d]', 'ide': 'sd[a-d]', 'usb': 'sd[a-d]',
         'sd': 'mmcblk0'}
UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
OWN = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7e%02d'


def rows():
    """Every bus by a tag, since the names are the kernel's; on the kernels
    for real machines, as the cloud kernels have no USB and no SD host. All but
    the last have no init, so that the boot goes on to the next. On 6.1 there is
    a Debian 12 and a 13 on each of them alone (embed.py)."""
    for series in ('6.1', '7'):
        names = [f'UUID={OWN % n}' for n in range(len(BUSES))]
        yield Row(f'vm/{series}/drivers-on-each-bus', f'{series}-full',
                  f'root={",".join(names)} pintle.free=all',
                  disks=[disk(bus, fs_uuid=name.removeprefix('UUID='),
                              init='/sbin/init' if name == names[-1] else None)
                         for bus, name in zip(BUSES, names)],
                  initramfs=GENERIC, memory=512, weight=12, total=60,
                  says=tuple(f"root: '{name}' is '/dev/{device}', ext4, mounted"
                             for name, device in zip(names, BUSES.values())),
                  checks=checks.ARRIVED + (
                      checks.root_mount('ext4', '/dev/mmcblk0', ('ro',)),))
        # ext4, loop, squashfs, overlay: each loaded when its turn comes.
        yield Row(f'vm/{series}/drivers-of-layers', f'{series}-full',
                  'root=/dev/vda loop=/images/root.squashfs rd.overlay '
                  'landing.cat=/proc/modules',
                  disks=[disk(image=host)], initramfs=GENERIC, memory=512,
                  weight=8, total=60, checks=tuple(
                      c for c in checks.ARRIVED if c is not checks.api_mounts
                  ) + (checks.root_mount('overlay'), wanted_alone))
    # 6.12 has a generic image of its own in debian.py.
    for series in ('6.1', '7'):
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
