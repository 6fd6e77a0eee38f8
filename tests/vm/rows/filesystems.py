# SPDX-License-Identifier: MIT
"""The file systems that a root can be, and what can lie around it: an image
file, an overlay, several devices."""
import re

import checks
import images
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
OTHER = '77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902'
VIRTIO = ('virtio_pci', 'virtio_blk')
# What a boot owes whose root is made of several mounts: only not their number.
STACKED = tuple(c for c in checks.ARRIVED if c is not checks.api_mounts)

# Which are looked at in one boot, and on which kernels: Debian's for the cloud
# have no f2fs, and ext4's driver is the same for its predecessors everywhere.
TOGETHER = {
    'ext2-ext3': (('6.1',), ('ext2', 'ext3')),
    'erofs-squashfs-vfat-iso9660': (('6.1', '7'), ('erofs', 'squashfs', 'vfat',
                                                   'iso9660')),
    'xfs-f2fs-btrfs': (('6.1-full', '7-full'), ('xfs', 'f2fs', 'btrfs'))}


def uuid_of(kind, number):
    """The UUID of a disk, for its mkfs and for root=."""
    if kind == 'vfat':
        return f'1234ABC{number:X}', f'1234-abc{number:x}'
    if kind == 'iso9660':
        return '-', f'2026-11-22-09-30-{number:02}-00'
    own = UUID[:-1] + f'{number:x}'
    return own, own


def of_kind(kind, number, way, init):
    """A disk with that. What is found by the UUID of a btrfs got it later; the
    first is in each of its blocks still."""
    own, written = uuid_of(kind, number)

    def image():
        if kind == 'btrfs' and way == 'UUID':
            return images.filesystem(kind, OTHER, f'DISK{number}', init, then=(
                f'btrfstune -f -M {own} {{at}}',))
        made = images.filesystem(kind, fs_uuid=own, label=f'DISK{number}',
                                 init=init)
        if kind != 'iso9660':
            return made
        # its UUID is when it was changed last: ECMA-119, 8.4.27
        return images.edited(made, at_33598=written.replace('-', '').encode() +
                             b'\0')
    return disk(image=image)


def by_all_names(kinds):
    """Roots by their device, their label, their UUID, as far as there are such:
    all but the last have no init, so that the boot goes on to the next.
    Returns [(name, kind)], disks."""
    ways = [(kind, way) for kind in kinds for way in images.FILESYSTEMS[kind].named_by]
    roots, disks = [], []
    for number, (kind, way) in enumerate(ways):
        roots.append(({'device': f'/dev/vd{LETTERS[number]}',
                       'LABEL': f'LABEL=DISK{number}',
                       'UUID': f'UUID={uuid_of(kind, number)[1]}'}[way], kind))
        disks.append(of_kind(kind, number, way, '/sbin/init'
                             if number == len(ways) - 1 else None))
    return roots, disks


LETTERS = 'abcdefghijklmnop'


def in_iso():
    """A file system in a file of an ISO, as live systems have it: made for
    sticks too, so that the disk and its first partition both are the ISO."""
    inner = images.filesystem('squashfs', files={'/word': b'lower'})
    return disk(image=lambda: images.filesystem(
        'iso9660-hybrid', label='live', init=None,
        files={'/live/filesystem.squashfs': inner}))


def in_vfat():
    """A file system in a file of a stick."""
    return disk(image=lambda: images.filesystem(
        'vfat', fs_uuid='1234ABCD', label='STICK', init=None,
        files={'/root.img': images.filesystem('erofs', UUID)}))


# name: parameters, disks, drivers, file system below, type and source of `/`,
# where what it is made of is
MADE_OF = {
    'loop-on-vfat': (
        'root=UUID=1234-ABCD loop=root.img', in_vfat,
        images.FILESYSTEMS['vfat'].drivers + ('loop', 'erofs'), ('erofs', '/dev/loop0'),
        {'/run/pintle/host': ('vfat', '/dev/vda')}),
    'overlay-over-loop-on-iso': (
        'root=LABEL=live loop=/live/filesystem.squashfs rd.overlay',
        in_iso, ('isofs', 'squashfs', 'loop', 'overlay'),
        ('overlay', 'overlay'),
        {'/run/pintle/host': ('iso9660', '/dev/vda1'),
         '/run/pintle/lower': ('squashfs', '/dev/loop0'),
         '/run/pintle/overlay': ('tmpfs', 'tmpfs')}),
}


def made_of(wanted):
    """These are mounted, once each, and those below cannot be written."""
    def mounted(boot):
        for point, what in wanted.items():
            found = [m for m in boot.mounts() if m['point'] == point]
            if [(m['type'], m['source']) for m in found] != [what]:
                yield f'at {point}: {[m["line"] for m in found]}'
            elif what[0] != 'tmpfs' and 'ro' not in found[0]['fs_options']:
                yield f'can be written: {found[0]["line"]}'
    return mounted


# --- btrfs ----------------------------------------------------------------

def member(number):
    """One of the two devices of a RAID1."""
    return disk(image=lambda: images.btrfs_pair(number))


def renamed():
    """A btrfs that got another UUID later; the first is in each of its blocks
    still."""
    return disk(image=lambda: images.filesystem(
        'btrfs', UUID, 'renamed', then=(f'btrfstune -f -M {OTHER} {{at}}',)))


def is_word(text):
    """The root is the one that has this word in it."""
    def word(boot):
        said = boot.facts['files'][0]['text']
        if said != text:
            yield f'/word is {said!r}, expected {text!r}'
    return word


def sprouted(number):
    """The seed, or what was made of it: they have not one UUID."""
    return disk(image=lambda: images.btrfs_sprout(number))


UUID_RE = '[0-9a-f-]{36}'
ONE_OF_TWO = rf'root: find the btrfs {UUID_RE}: 1 of 2 devices within 1 s, '

# name: parameters, disks, (pattern, disk), sentences, subvolume
PAIRS = {
    'two': ('root=/dev/vdb rootflags=subvol=inner', [member(0), member(1)],
            None, (), 'inner'),
    'plugged': ('rootwait root=LABEL=pair', [member(0)],
                (r'root: waiting for .btrfs .* \(1 of 2 devices seen\)',
                 member(1)), (), 'outer'),
    'degraded': ('root=LABEL=pair rd.timeout=1 rootflags=degraded',
                 [member(1)], None,
                 (ONE_OF_TWO + r'going on with those \(degraded\)',), 'outer'),
}


def btrfs_rows(series):
    """What only btrfs has. Who is named is pintle's own, whatever kernel."""
    btrfs = dict(modules=VIRTIO + ('btrfs',))
    for name, (words, disks, plug, says, word) in PAIRS.items():
        yield Row(
            f'vm/{series}/btrfs-{name}', series,
            f'{words} loglevel=7 landing.cat=/word', disks=disks, plug=plug,
            says=says, weight=6,
            # The disks ask for the driver: it must be there when they are
            # told to it.
            initramfs=(dict(modules=(), kind='generic') if name == 'two'
                       else btrfs), checks=checks.ARRIVED + (
                checks.root_mount('btrfs'), is_word(f'{word}\n')))
    # The kernel never calls it complete. The seed comes first, or last.
    plugged = series == '7'
    yield Row(
        f'vm/{series}/btrfs-sprout', series,
        'root=LABEL=sprout loglevel=7 landing.cat=/word '
        + ('rootwait' if plugged else 'rootflags=degraded'),
        disks=[sprouted(1)] if plugged else [sprouted(0), sprouted(1)],
        plug=(r'root: waiting for .btrfs .* \(1 of 2 devices seen\)',
              sprouted(0)) if plugged else None,
        never=('going on with those',), weight=6, initramfs=btrfs,
        checks=checks.ARRIVED + (checks.root_mount('btrfs'),
                                 is_word('sprout\n')))
    yield Row(
        f'vm/{series}/btrfs-one-of-two', series, 'root=LABEL=pair rd.timeout=1',
        disks=[member(0)], initramfs=btrfs, weight=6, kind='reset', total=30,
        says=(ONE_OF_TWO.removesuffix(', '),
              'rootflags=degraded goes on with those'))
    if series != '6.1':
        return
    yield Row(
        f'vm/{series}/btrfs-no-subvolume', series,
        'root=LABEL=renamed rootflags=subvol=none', disks=[renamed()],
        initramfs=btrfs, weight=6, kind='reset', total=30,
        says=(r"root: mount '/dev/vda' on '/sysroot' as btrfs: a subvolume, or "
              r'a driver that it wants, is not there', r'correct rootflags='))


# --------------------------------------------------------------------------

def rows():
    """On the oldest kernel and the newest."""
    for name, (kernels, kinds) in TOGETHER.items():
        for kernel in kernels:
            series = kernel.split('-')[0]
            roots, disks = by_all_names(kinds)
            # a UUID that was changed must lead nowhere
            absent = [f'UUID={OTHER}'] if 'btrfs' in kinds else []
            yield Row(
                f'vm/{series}/fs-{name}', kernel,
                f'root={",".join(absent + [root for root, _ in roots])} '
                # The kernel is silent for long while it takes btrfs in.
                'rd.timeout=1,30', disks=disks, weight=6, silence=30, total=90,
                initramfs=dict(modules=VIRTIO + tuple(
                    driver for kind in kinds
                    for driver in images.FILESYSTEMS[kind].drivers
                    if series == '6.1' or driver != 'crc32_generic')),
                says=tuple(
                    rf"root: '{re.escape(root)}' is '/dev/vd{letter}', {kind}, "
                    'mounted read-only'
                    for (root, kind), letter in zip(roots, LETTERS)) + tuple(
                        f"find the root '{root}': no such device within 1 s, "
                        'trying' for root in absent),
                checks=checks.ARRIVED + (checks.root_mount(
                    kinds[-1], f'/dev/vd{LETTERS[len(disks) - 1]}', ('ro',)),))
    for series in ('6.1', '7'):
        for name, (words, make, drivers, root, below) in MADE_OF.items():
            # the newest has them in an image for all machines
            yield Row(
                f'vm/{series}/fs-{name}', series, words, disks=[make()],
                initramfs=dict(modules=VIRTIO + drivers)
                if series == '6.1' else dict(modules=(), kind='generic'),
                weight=4,
                checks=STACKED + (checks.root_mount(*root), made_of(below)))
        yield from btrfs_rows(series)
