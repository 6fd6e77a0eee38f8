# SPDX-License-Identifier: MIT
"""Devices that are parts of the root: never mounted, never named.

The legs of a mirror, what lies below a snapshot, what a hook is not done with:
each of them carries the root's UUID, and some are there before it.
"""
import checks
import images
import stacks
from scenario import Row, disk
from stacks import stack, with_hooks

UUID = f'UUID={stacks.ROOT}'
LATE = 'time is running out: run'
# What nobody may be told to name.
INNER = r"'/dev/(mapper/)?\S*(_[rm](image|meta)|-real|-cow|_[tc](data|meta)|-tpool)"
SEEN_INNER = r'seen: /dev/mapper/\S*(_[rm](image|meta)|-real|-cow|_[tc](data|meta))'


def row(series, name, root, disks, options, source, words='', never=(), **more):
    """A boot that lands with its root on the device `source`."""
    return Row(f'vm/{series}/parts-{name}', series, f'root={root} {words}',
               disks=[stack(d) for d in disks], weight=8,
               silence=30, total=90, fetches=(stacks.all_made,),
               initramfs=with_hooks(options), never=(INNER, *never),
               alarms=True,         # lvm has a WARNING: of its own
               checks=checks.ARRIVED + (checks.root_mount('ext4', source),),
               **more)


def rows():
    """Each class on the oldest kernel and on the newest."""
    for series, root in (('6.1', UUID), ('7', '/dev/vgr/root')):
        yield row(series, 'raid', root, ['raid-0', 'raid-1'], ['--with-lvm'],
                  '/dev/mapper/vgr-root', never=(LATE, 'Failed to run raid'))
        # Its other leg is away: the LV, incomplete, and not one of its legs.
        yield row(series, 'raid-away', UUID, ['raid-0'], ['--with-lvm'],
                  '/dev/mapper/vgr-root', words='rw rd.timeout=6',
                  says=(f"{LATE} '/sbin/lvm .*' for '/dev/vda' as it is",))
        yield row(series, 'snapshot', UUID, ['snapshot'], ['--with-lvm'],
                  '/dev/mapper/vgs-root')
        yield unfinished(series)
        yield Row(f'vm/{series}/parts-in-member', series,
                  f'root={UUID} rd.timeout=1', kind='reset', weight=5,
                  disks=[disk(image=partitioned_member)],
                  silence=30, total=90,
                  says=(f"find the root '{UUID}': no such device within 1 s",
                        r"nearest: '/dev/vda1' has UUID=\S+: its disk is a "
                        'member of an array, to be set up first'),
                  never=(rf"'{UUID}' is '/dev/",))
    yield row('6.12', 'raid-away', '/dev/vgr/root', ['raid-0'],
              ['--with-lvm', '--with-md'], '/dev/mapper/vgr-root',
              words='rw rd.timeout=6')
    yield row('6.1', 'mirror', UUID, ['mirror-0', 'mirror-1'], ['--with-lvm'],
              '/dev/mapper/vgm-root')
    yield row('7', 'cache', UUID, ['cache'], ['--with-lvm', '--with-md'],
              '/dev/mapper/vgc-root')
    # A thin snapshot is its origin's equal.
    yield Row('vm/6.12/parts-thin', '6.12', f'root={UUID} loglevel=5',
              disks=[stack('thin'), stack('raid-0'), stack('raid-1')],
              initramfs=with_hooks(['--with-lvm']), kind='reset', weight=8,
              silence=30, total=90, alarms=True, says=(
                  rf"choose the device by '{UUID}': [23] devices have it, "
                  r"'/dev/mapper/vg(t-root|t-copy|r-root)' and ",
                  'change nothing in them before it is known what they are',
                  'seen: besides, layers inside of LVM .*: [0-9]+'),
              never=(INNER, SEEN_INNER, 'tag of its own'))


# In two steps, as what makes a root of members may: the first is the root's
# equal until there is the second.
MAKE = b"""#!/bin/busybox sh
echo "0 32768 linear $1 2048" | /sbin/dmsetup create first
/bin/busybox sleep 1
echo '0 32768 linear /dev/mapper/first 0' | /sbin/dmsetup create second
"""


def unfinished(series):
    """A hook makes the root in two steps: the second is the root, not the
    first, which is there before, and held afterwards."""
    wanted = with_hooks(['--with-crypt', '--program', '/sbin/dmsetup'], (
        (b'LVM2_member each /bin/make %d\n', '/etc/pintle/hooks'),
        (MAKE, '/bin/make')))

    def image():
        wanted_now = wanted()
        return dict(wanted_now, add=(*wanted_now['add'],
                                     (images.busybox(), '/bin/busybox')))
    return Row(f'vm/{series}/parts-unfinished', series, f'root={UUID}',
               disks=[stack('lvm')], initramfs=image, weight=7,
               silence=30, total=90,
               checks=checks.ARRIVED + (
                   checks.root_mount('ext4', '/dev/mapper/second'),))


def partitioned_member():
    """One half of a mirror that has a partition table inside, which the kernel
    reads in the half too."""
    half = stacks.disk_file('md10-0')

    def make(path):
        content = bytearray(half.read_bytes())
        inside = images.partitioned(images.root().read_bytes(), 'mbr',
                                    disk='2c8e51d7')
        content[:len(inside)] = inside
        path.write_bytes(content)
    return images.cached('.member', make, 'a partitioned member', str(half))
