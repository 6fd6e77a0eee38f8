# SPDX-License-Identifier: MIT
"""Drivers by modalias: one and the same image, whatever the disk hangs on."""
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
    for real machines, as the cloud's have no USB and no SD host."""
    for series in ('6.1', '7'):
        for bus, device in BUSES.items():
            yield Row(f'vm/{series}/drivers-on-{bus}', f'{series}-full',
                      f'root=UUID={UUID} pintle.free=all',
                      disks=[disk(bus)],
                      initramfs=GENERIC, memory=512, weight=8, total=60,
                      checks=checks.ARRIVED + (
                          checks.root_mount('ext4', device, ('ro',)),))
    for series in images.KERNELS:
        yield Row(f'vm/{series}/drivers-in-the-cloud', series,
                  f'root=UUID={UUID} pintle.free=all',
                  initramfs=GENERIC, weight=5,
                  checks=checks.ARRIVED + (
                      checks.root_mount('ext4', '/dev/vda', ('ro',)),))
