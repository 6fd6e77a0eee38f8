# SPDX-License-Identifier: MIT
"""What an image may hold, and how it may be packed."""
import checks
import images
from scenario import Row, disk


def rows():
    """Kernels that bring their drivers along need nothing but /init."""
    for series in images.KERNELS:
        # NVMe and ext4 are built into all three.
        yield Row(f'vm/{series}/image-bare', series, 'root=/dev/nvme0n1',
                  disks=[disk('nvme')], image=bare,
                  checks=checks.ARRIVED + (nothing_but_init,), weight=3)
        yield Row(f'vm/{series}/image-slow-to-empty', series,
                  f'root=/dev/vda pintle.free=0 landing.wait=5,'
                  f'{checks.LEFT_KB}', memory=512, weight=5,
                  initramfs=dict(ballast_mb=64),
                  checks=tuple(c for c in checks.ARRIVED
                               if c is not checks.nothing_else_runs) +
                  (checks.memory_freed, left_to_a_child))
        yield Row(f'vm/{series}/image-all-at-once', series,
                  'root=/dev/vda pintle.free=all', memory=512, weight=5,
                  initramfs=dict(ballast_mb=64),
                  checks=checks.ARRIVED + (all_freed,))
    for how in ('gzip', 'xz', 'zstd'):
        yield Row(f'vm/6.12/image-{how}', '6.12', 'root=/dev/vda',
                  initramfs=dict(compress=how), checks=checks.ARRIVED, weight=3)
    yield Row('vm/6.12/image-parameters', '6.12',
              f'root=/dev/vda virtio-blk.num_request_queues=3 '
              f'landing.cat={QUEUES}',
              checks=checks.ARRIVED + (three_queues,), weight=3)
    yield Row('vm/6.12/image-blacklist', '6.12',
              'root=/dev/vda modprobe.blacklist=xfs,virtio-blk rd.timeout=1',
              kind='reset', says=('pintle: device: seen: no block device',),
              weight=3)
    yield Row('vm/6.12/image-line', '6.12', 'rw',
              initramfs=dict(cmdline='root=/dev/vda ro rootflags=noatime lunch'),
              says=("pintle: settings: read 'lunch': it is not a parameter of "
                    'pintle',),
              checks=checks.ARRIVED + (
                  checks.root_mount('ext4', '/dev/vda', ('rw', 'noatime')),),
              weight=3)


QUEUES = '/sys/module/virtio_blk/parameters/num_request_queues'


def three_queues(boot):
    """The driver was given its parameter from the kernel's line."""
    text = next(f['text'] for f in boot.facts['files'] if f['path'] == QUEUES)
    if (text or '').strip() != '3':
        yield f'{QUEUES} is {text!r}'


def bare():
    """An archive of pintle as /init, made without the image builder."""
    binary = images.pintle()

    def make(path):
        path.write_bytes(images.cpio(
            {'init': (0o100755, binary.read_bytes())}))
    return images.cached('.bare', make, binary)


def nothing_but_init(boot):
    """It really held nothing else, and so no driver was loaded."""
    report = boot.report()
    if report['modules']:
        yield f'{report["modules"]} drivers were loaded'


def left_to_a_child(boot):
    """The report says that pid 1 did not do it all."""
    left = boot.report()['switch']['left']
    if 'out of time' not in (left['why'] or ''):
        yield f'the report says: {left}'


def all_freed(boot):
    """pid 1 did it all before the real init began."""
    switch = boot.report()['switch']
    if switch['freed']['bytes'] < 64 << 20 or switch['left']['why']:
        yield f'the report says: {switch}'
