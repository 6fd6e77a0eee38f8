# SPDX-License-Identifier: MIT
"""What an image may hold, and how it may be packed."""
import gzip
import lzma
import re
import subprocess

import checks
import images
from scenario import Row, disk


def zstd(data):
    """As a kernel has it that was built to unpack that."""
    return subprocess.run(['zstd', '-qc'], input=data, check=True,
                          stdout=subprocess.PIPE).stdout


def rows():
    """Kernels that bring their drivers along need nothing but /init."""
    for series in images.ENDS:
        # NVMe and ext4 are built into all of them.
        yield Row(f'vm/{series}/image-bare', series, 'root=/dev/nvme0n1',
                  disks=[disk('nvme')], image=bare,
                  checks=checks.ARRIVED + (nothing_but_init,), weight=3)
        yield Row(f'vm/{series}/image-slow-to-empty', series,
                  f'root=/dev/vda pintle.free=5 landing.wait=5,'
                  f'{checks.LEFT_KB}', memory=512, weight=5,
                  initramfs=lambda: dict(add=[
                      (images.ballast(1), f'/ballast/{n}')
                      for n in range(64)]),
                  checks=checks.ARRIVED +
                  (checks.memory_freed, left_to_a_child))
        yield Row(f'vm/{series}/image-all-at-once', series,
                  'root=/dev/vda pintle.free=all', memory=512, weight=5,
                  initramfs=dict(ballast_mb=64),
                  checks=checks.ARRIVED + (all_freed,))
    for how in ('gzip', 'xz', 'zstd'):
        yield Row(f'vm/6.12/image-{how}', '6.12', 'root=/dev/vda',
                  initramfs=dict(compress=how, options=('--keep', '.before')),
                  checks=checks.ARRIVED + (image_named,), weight=3)
    for series in ('6.1', '7'):
        yield Row(f'vm/{series}/image-behind-microcode', series,
                  'root=/dev/vda', weight=3,
                  image=lambda s=series: archives(
                      images.cpio(MICROCODE), usual(s, 'zstd').read_bytes()),
                  checks=checks.ARRIVED)
        yield Row(f'vm/{series}/image-of-archives', series, '', weight=3,
                  image=lambda s=series: archives(
                      images.cpio(MICROCODE), usual(s, 'gzip').read_bytes(),
                      lzma.compress(images.cpio(LINE), check=lzma.CHECK_CRC32),
                      images.cpio(LATER_LINE)),
                  checks=checks.ARRIVED + (
                      checks.root_mount('ext4', '/dev/vda', ('noatime',)),))
    # The image of another kernel: what is built in has to do.
    for series, other, kind in (('6.1', '6.12', 'generic'),
                                ('7', '6.1', 'list')):
        yield Row(f'vm/{series}/image-of-another-kernel', series,
                  'root=/dev/nvme0n1', disks=[disk('nvme')],
                  image=lambda o=other, k=kind: usual(o, 'none', k),
                  says=(r'pintle: modules: load drivers: the image has those of '
                        rf'kernel {re.escape(other)}\.\S+, and this is '
                        rf'{re.escape(series)}\.\S+; going on with',),
                  checks=checks.ARRIVED + (nothing_but_init, one_warning),
                  weight=3)
    # The front of an image: its end, and with it the driver of ext4, is not
    # there. The kernel says so, and goes on.
    for series, how in (('6.1', 'zstd'), ('7', 'none')):
        yield Row(f'vm/{series}/refuse-image-cut', series,
                  'root=/dev/vda rd.timeout=1',
                  image=lambda s=series, h=how: cut(
                      usual(s, h, 'generic')),
                  kind='reset', says=(
                      r'pintle: \w+: the image is damaged: its end is missing; '
                      r'make it again',),
                  never=(r'pintle: \w+: put its driver', 'no driver:',
                         'no block device at all'), weight=3)
    yield Row('vm/7/refuse-image-of-another-kernel', '7',
              'root=/dev/vda rd.timeout=1',
              image=lambda: usual('6.1', 'none', 'list'), kind='reset',
              says=(r"pintle: device: this kernel is 7\.\S+, the image's modules "
                    r'are of 6\.1\.\S+: boot with the image of this kernel',),
              never=('no driver:', 'no block device at all',
                     'pintle: device: compare with'), weight=3)
    # Modules that cannot be loaded, one after another; the root needs none.
    for series in ('6.1', '7'):
        yield Row(f'vm/{series}/image-refused', series,
                  'root=/dev/nvme0n1 module.sig_enforce=1 '
                  'module_blacklist=squashfs', disks=[disk('nvme')],
                  initramfs=lambda s=series: refused(s), weight=4,
                  says=[f"pintle: modules: load '/m/{name}': {why}, ignoring"
                        for name, (_, why) in REFUSED.items()],
                  checks=checks.ARRIVED + (nothing_but_init,))
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


def image_named(boot):
    """The system that was booted can know by which image."""
    name = boot.report()['image']
    if not re.fullmatch('[0-9a-f]{64}', name or ''):
        yield f'the report has {name!r} as the name of the image'


# name in the image: what it is made of squashfs.ko; what is said of it
REFUSED = {
    'none.ko': (None, 'No such file or directory'),
    'unsigned.ko': (lambda ko: ko[:ko.rindex(b'\0')],
                    'its signature is not accepted by this kernel'),
    'changed.ko': (lambda ko: ko.replace(b'license=GPL', b'license=gpl'),
                   'its signature is not accepted by this kernel'),
    'cut.ko': (lambda ko: ko[:4096],
               'its signature is not accepted by this kernel'),
    'other.ko.zst': (zstd, 'this kernel cannot decompress it; put it into the '
                     'image uncompressed'),
    'third.ko.gz': (gzip.compress, 'this kernel cannot decompress it; put it '
                    'into the image uncompressed'),
    'blacklisted.ko': (lambda ko: ko, 'module_blacklist= has it, or the kernel '
                       'no longer loads modules'),
}


def refused(series):
    """The modules of REFUSED, and a list that has them."""
    linux = images.kernel(series)
    path = next(linux.modules.glob('*/kernel/fs/squashfs/squashfs.ko*'))
    whole = path.read_bytes()
    if path.suffix == '.xz':
        whole = lzma.decompress(whole)
    files = [(''.join(f'/m/{name}\n' for name in REFUSED).encode(),
              '/etc/pintle/modules')]
    files += [(make(whole), f'/m/{name}')
              for name, (make, _) in REFUSED.items() if make]
    return dict(modules=(), kind='list', add=files)


QUEUES = '/sys/module/virtio_blk/parameters/num_request_queues'


def usual(series, how, kind='list'):
    """An image for a disk on virtio, packed in that way."""
    return images.initramfs(images.kernel(series), ('virtio_pci', 'virtio_blk')
                            if kind == 'list' else (), compress=how, kind=kind)


def cut(image):
    """The first quarter of an image: /init, and few drivers."""
    whole = image.read_bytes()
    front = whole[:len(whole) // 4]
    return images.cached('.cut', lambda path: path.write_bytes(front), front)


def one_warning(boot):
    """Not one for each module."""
    warnings = boot.report()['warnings']
    if len(warnings) != 1:
        yield f'these are the warnings: {warnings}'


# What a boot loader or a builder puts in front, for the processor.
MICROCODE = {'kernel': (0o040755, b''), 'kernel/x86': (0o040755, b''),
             'kernel/x86/microcode': (0o040755, b''),
             'kernel/x86/microcode/GenuineIntel.bin': (0o100644, bytes(4096))}
# Two archives that each bring the same file: the later one counts.
LINE = {'etc': (0o040755, b''), 'etc/pintle': (0o040755, b''),
        'etc/pintle/cmdline': (0o100644, b'root=/dev/vdz rd.timeout=1\n')}
LATER_LINE = {'etc/pintle/cmdline': (
    0o100644, b'root=/dev/vda rootflags=noatime\n')}


def archives(*parts):
    """One after another, as a boot loader joins them: each begins at a
    multiple of four (buffer-format.rst)."""
    def make(path):
        path.write_bytes(b''.join(
            part + bytes(-len(part) % 4) for part in parts))
    return images.cached('.archives', make, *parts)


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
    """The report says that pid 1 did some of it, and not all."""
    switch = boot.report()['switch']
    if (not switch['freed']['files'] or
            switch['left']['why'] != 'a child goes on with it'):
        yield f'the report says: {switch}'


def all_freed(boot):
    """pid 1 did it all before the real init began."""
    switch = boot.report()['switch']
    held = boot.facts['memory_start']
    if checks.held_kb(held) > checks.LEFT_KB:
        yield f'there was still {held}'
    if not switch['freed']['files'] or switch['left']['why']:
        yield f'the report says: {switch}'
