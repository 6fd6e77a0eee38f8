# SPDX-License-Identifier: MIT
"""The real root: every way to name it, every way to mount it."""
import functools
import re

import checks
import images
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
PARTUUID = '0d9f6c11-2b7e-4c5d-8a3f-74e1c2a9b603'
GPT = dict(kind='gpt', part=PARTUUID, name='the root')
MBR = dict(kind='mbr', disk='c0ffee01')
# of the Discoverable Partitions Specification, for x86-64
ROOT_TYPE = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709'
ESP = 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b'
DISCOVERABLE = dict(GPT, purpose=ROOT_TYPE)
FIRST = '9e0b6d3a-51c7-4f20-8d0e-2c6fb1a75e04'

# A second disk, which must not be taken for the root.
DECOY = dict(fs_uuid='77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902', label='decoy',
             init=None)


def decoy():
    """The wrong disk, attached first."""
    return disk(**DECOY)


WWN = '5000c500a1b2c3d4'

# name: kernel parameters, disks, device it must be mounted from, checks
NAMED = {
    'by-partition': ('root=/dev/vda1', [disk(table=GPT)], '/dev/vda1'),
    'by-number': ('root=259:0', [disk('nvme')], '/dev/nvme0n1'),
    'by-uuid': (f'root=UUID={UUID}', [decoy(), disk()], '/dev/vdb'),
    'by-uuid-upper-case': (f'root=UUID={UUID.upper()}', [decoy(), disk()],
                           '/dev/vdb'),
    'by-label': ('root=LABEL=theroot', [decoy(), disk(label='theroot')],
                 '/dev/vdb'),
    'by-label-quoted': ('root="LABEL=the root"',
                        [decoy(), disk(label='the root')], '/dev/vdb'),
    'by-partuuid-gpt': (f'root=PARTUUID={PARTUUID}',
                        [decoy(), disk(table=GPT)], '/dev/vdb1'),
    'by-partuuid-mbr': ('root=PARTUUID=c0ffee01-01',
                        [decoy(), disk(table=MBR)], '/dev/vdb1'),
    # Attribute 60: it is not to be written, whatever is asked for.
    'by-discoverable-type': (
        'rw', [disk(table=GPT, fs_uuid=DECOY['fs_uuid'], init=None),
               disk(table=dict(DISCOVERABLE, attributes=1 << 60))],
        '/dev/vdb1'),
    'by-partlabel': ('root="PARTLABEL=the root"',
                     [decoy(), disk(table=GPT)], '/dev/vdb1'),
    'by-dev-disk-by-uuid': (f'root=/dev/disk/by-uuid/{UUID}',
                            [decoy(), disk()], '/dev/vdb'),
    'on-nvme': ('root=/dev/nvme0n1', [disk('nvme')], '/dev/nvme0n1'),
    'on-scsi': ('root=/dev/sda', [disk('scsi')], '/dev/sda'),
    'on-ide': ('root=/dev/sda', [disk('ide')], '/dev/sda'),
}

# Many names for a few disks, in one boot: all but the last have no init, so it
# goes on to the next name. Two have one UUID, which is nothing to who names the
# device. name, device
FORMS = (
    ('254:1', '/dev/vda1'),
    ('fe01', '/dev/vda1'),
    ('/dev/block/254:1', '/dev/vda1'),
    ('LABEL=the root', '/dev/vda1'),
    ('Label=the\\x20root', '/dev/vda1'),
    ('PARTLABEL=the part', '/dev/vda1'),
    (f'PARTUUID={PARTUUID.upper()}', '/dev/vda1'),
    ('/dev/disk/by-partlabel/the\\x20part', '/dev/vda1'),
    ('/dev/disk/by-id/virtio-first-part1', '/dev/vda1'),
    ('/dev/disk/by-path/pci-0000:00:02.0-part1', '/dev/vda1'),
    ('PARTUUID=C0FFEE01-01', '/dev/nvme0n1p1'),
    ('/dev/nvme0n1p1', '/dev/nvme0n1p1'),
    ('/dev/disk/by-id/nvme-QEMU_NVMe_Ctrl_second-part1', '/dev/nvme0n1p1'),
    ('/dev/disk/by-path/pci-0000:00:03.0-nvme-1-part1', '/dev/nvme0n1p1'),
    (f'UUID={DECOY["fs_uuid"].upper()}', '/dev/vdb'),
    (f'/dev/disk/by-uuid/{DECOY["fs_uuid"]}', '/dev/vdb'),
    ('/dev/disk/by-id/ata-QEMU_HARDDISK_third', '/dev/sda'),
)


def form_disks():
    """What those are names of."""
    return [disk(serial='first', table=dict(GPT, name='the part'), init=None,
                 label='the root'),
            disk('nvme', serial='second', table=MBR, init=None),
            decoy(), disk('ide', serial='third')]


# A variable of the firmware, on a machine that has none.
VARIABLE = b'LoaderDevicePartUUID-4a67b082-0a4c-41cf-b6c7-440b29bb8c4f'
LOADER = b'''#!/bin/busybox sh
b=/bin/busybox
for where in /sys/firmware /sys/firmware/efi/efivars; do
	$b mkdir -p $where
	$b mount -t tmpfs tmpfs $where
done
$b cp /variable /sys/firmware/efi/efivars/%s
''' % VARIABLE
# The same in the firmware, in one write as it wants it.
KEPT = b'''#!/bin/busybox sh
b=/bin/busybox
$b mount -t efivarfs efivarfs /sys/firmware/efi/efivars
$b dd bs=4096 if=/variable of=/sys/firmware/efi/efivars/%s
$b umount /sys/firmware/efi/efivars
''' % VARIABLE
BOOTED = b'\7\0\0\0' + f'{FIRST.upper()}\0'.encode('utf-16-le')


# name: kernel parameters, what the mount table must and must not say of /
MOUNTED = {
    'read-only-by-default': ('', ('ro',), ('rw',)),
    'rw': ('rw', ('rw',), ('ro',)),
    'rw-then-ro': ('rw ro', ('ro',), ('rw',)),
    'ro-then-rw': ('ro rw', ('rw',), ('ro',)),
    'rootfstype': ('rootfstype=ext4', (), ()),
    'rootfstype-list': ('rootfstype=nosuchfs,ext4', (), ()),
    'rootflags': ('rootflags=noatime,nodev', ('noatime', 'nodev'),
                  ('relatime',)),
    'rootflags-of-ext4': ('rw rootflags=commit=7', ('commit=7',), ()),
}


# A list in which each but the last is given up for a reason of its own; what is
# said of each.
BEHIND = f'PARTUUID={FIRST}/PARTNROFF=1'
LIST = f'root=/dev/vdx,/dev/vda,{BEHIND},LABEL="a, b" rd.timeout=1,30'
GIVEN_UP = (
    r"device: find the root '/dev/vdx': no such device within 1 s, trying "
    "'/dev/vda'",
    r"root: mount '/dev/vda': it holds a file system whose superblock is "
    rf"damaged \(ext4\), trying '{BEHIND}'",
    r"switch: find init '/sbin/init' in the new root: No such file or "
    "directory, trying 'LABEL=\"a, b\"'")


def listed():
    """What it is a list of."""
    return [disk(image=lambda: images.edited(images.root(),
                                             at_1048=b'\xee\0\0')),
            disk(table=dict(GPT, before=FIRST), **DECOY),
            disk(label='a, b')]


# A directory of the host: name: kernel parameters, what is said. That there is
# none by that tag is for virtiofs the end of refuse-tag-of-nobody.
SHARED = {
    'virtiofs': ('root=virtiofs:share rw', ()),
    'virtiofs-by-type': ('root=share rootfstype=virtiofs', ()),
    '9p': ('root=9p:share rootflags=version=9p2000.L', ()),
    '9p-by-type': (
        'root=shore,share rootfstype=9p rd.timeout=2,30',
        (r"pintle: root: mount 'shore' as 9p: the host shares no directory by "
         r"that tag within 2 s, or an option in 'trans=virtio' is wrong, "
         r"trying 'share'",)),
}


def on_host():
    """A file system that holds the root as a file, /images/root.img."""
    inner = images.root(files={'/word': b'lower'})
    return disk(init=None, files={'/images/root.img': inner}, megabytes=32)


def overlaid(**more):
    """A root with a word in it."""
    return disk(files={'/word': b'lower'}, **more)


def keeper():
    """What an earlier boot has written."""
    return disk(label='keeper', init=None, directories=('overlay/work',),
                fs_uuid=DECOY['fs_uuid'],
                files={'/overlay/upper/new': b'kept',
                       '/overlay/upper/word': b'upper'})


# name: kernel parameters, disks, device below, device above
OVERLAID = {
    'overlay-volatile': ('rw rd.overlay', [overlaid()], '/dev/vda', 'tmpfs'),
    'overlay-named': ('rd.overlay=LABEL=keeper', [overlaid(), keeper()],
                      '/dev/vda', '/dev/vdb'),
    'overlay-over-loop': ('rd.overlay loop=/images/root.img',
                          [on_host()], '/dev/loop0', 'tmpfs'),
}


def lower_read_only(boot):
    """Nothing of the root can be written."""
    below = next(m for m in boot.mounts() if m['point'] == '/run/pintle/lower')
    if 'ro' not in below['fs_options']:
        yield below['line']


def upper_over_lower(boot):
    """What was written earlier is there, over what it was written to."""
    texts = {f['path']: f['text'] for f in boot.facts['files']}
    kept = 'overlay-named' in boot.row.name
    wanted = {'/word': 'upper' if kept else 'lower',
              '/run/pintle/lower/word': 'lower',
              '/run/pintle/overlay/overlay/upper/new': 'kept' if kept else None}
    if texts != wanted:
        yield f'{texts}, expected {wanted}'


def with_usr(line):
    """A root that is nothing without its /usr."""
    return disk(init=None, files={
        '/sbin/init': ('link', '../usr/sbin/init'), '/usr': None,
        '/etc/fstab': (0o644, f'# a comment\n/dev/vda / ext4 rw 0 1\n{line}'
                       .encode())})


def usr(**more):
    """What belongs below it."""
    return disk(fs_uuid=DECOY['fs_uuid'], label='my usr', **more)


# A /usr: name: line of the fstab, kernel parameters, how it is mounted
SEPARATE = {
    'usr-by-uuid': (f'UUID={DECOY["fs_uuid"]} /usr ext4 defaults 0 2\n', '',
                    ('ro',)),
    'usr-by-label-escaped': ('LABEL=my\\040usr /usr/ auto rw,nodev', '',
                             ('ro', 'nodev')),
    'usr-by-device': ('/dev/vdb\t/usr\text4\tnoatime\n', 'rw',
                      ('rw', 'noatime')),
}


def usr_mount(options):
    """It is where it belongs."""
    def mounted(boot):
        found = [m for m in boot.mounts() if m['point'] == '/usr']
        if len(found) != 1 or found[0]['source'] != '/dev/vdb' or not (
                set(options) <= set(found[0]['options'])):
            yield f'{[m["line"] for m in found]}, expected {options}'
    return mounted


def said_once(sentence):
    """What was given up is named, and not again and again."""
    def once(boot):
        count = len(re.findall(sentence, boot.result.console))
        if count != 1:
            yield f'said {count} times: {sentence}'
    return once


def on_either(*sources):
    """The root is mounted from one of these."""
    def mounted(boot):
        found = [m['source'] for m in boot.mounts() if m['point'] == '/']
        if len(found) != 1 or found[0] not in sources:
            yield f'the root is {found}, expected one of {sources}'
    return mounted


def reachable(point, source=None):
    """What the root is made of is mounted there."""
    def mounted(boot):
        found = [m for m in boot.mounts() if m['point'] == point]
        if len(found) != 1 or source not in (None, found[0]['source']):
            yield f'at {point}: {[m["line"] for m in found]}'
    return mounted


def times(boot):
    """(seconds, text) of each line that the console has a time of."""
    return [(float(at), text) for at, text in re.findall(
        r'^\[ *(\d+\.\d+)\] (.*?)\r?$', boot.result.console, re.M)]


def said_little(boot):
    """While it waits, nothing but that it does, once."""
    lines = [text for _, text in times(boot) if 'pintle: device: ' in text]
    if len(lines) != 1:
        yield f'{lines}'


# Seconds, of a machine that may be emulated on a busy host; it takes 0.1 on a
# quiet one.
AT_ONCE = 1.5


def mounted_at_once(boot):
    """Between the kernel's word of the disk and its mount, by its own clock."""
    said = times(boot)
    seen = next(at for at, text in said if '[vdb]' in text)
    done = next(at for at, text in said if 'pintle: root: ' in text)
    if not 0 <= done - seen < AT_ONCE:
        yield f'the disk was there at {seen}, mounted at {done}'


# MB, 8 more than the least with which these kernels themselves get as far as
# process 1: with 64 none does.
SMALLEST = {'6.1': 88, '6.12': 88, '7': 96}


# What a boot owes whose root is made of several mounts: only not their number.
STACKED = tuple(c for c in checks.ARRIVED if c is not checks.api_mounts)


def compressed(series):
    """virtio_blk as Debian has it from 6.12 on: the kernel unpacks it."""
    where = images.kernel(series).modules
    path = next(where.glob('*/kernel/drivers/block/virtio_blk.ko.xz'))
    return dict(modules=(), kind='list', add=[
        (b'/m/virtio_blk.ko.xz\n', '/etc/pintle/modules'),
        (path, '/m/virtio_blk.ko.xz')])


def modules_compressed(boot):
    """It was not there without."""
    if boot.report()['modules'] != 1:
        yield f'{boot.report()["modules"]} drivers were loaded, not one'


# Every form is asked of the oldest kernel; of the newest each once; of the one
# between only what everybody uses: each row is a boot, and the whole suite has
# to end.
IN_FULL = '6.1'
ON_ALL = ('by-uuid', 'modules-compressed')
ON_NEWEST = ('9p', 'by-discoverable-type', 'by-partuuid-gpt', 'environment',
             'forms', 'list', 'loop', 'overlay-volatile', 'rootwait-plugged',
             'rw', 'small-memory', 'usr-by-uuid', 'virtiofs', 'without-any',
             'without-dev')


def reported_ro(boot):
    """The report says so, too."""
    if boot.report()['root']['rw']:
        yield 'reported as read-write'


def rows():
    """Every form on the oldest kernel, the usual ones on all."""
    for row in every_row():
        series, name = row.name.split('/')[1:]
        name = name.removeprefix('root-')
        if series == IN_FULL or name in ON_ALL or (
                series == '7' and name in ON_NEWEST):
            yield row


def every_row():
    """Every form on every kernel."""
    for series in images.KERNELS:
        if series == IN_FULL:
            yield from beside(series)
        for group in (found, layered, separate_usr, mounted, started, bare):
            yield from group(series)


def found(series):
    """The root by each of its names, in a list, and plugged in late."""
    for name, (words, disks, source) in NAMED.items():
        yield arriving(f'vm/{series}/root-{name}', series, words,
                       disks=disks, checks=(
                           checks.root_mount('ext4', source, ('ro',)),
                           reported_ro))
    yield arriving(
        f'vm/{series}/root-forms', series,
        f'root="{",".join(name for name, _ in FORMS)}"', disks=form_disks(),
        # the kernel's log writes a backslash as \\x5c
        says=tuple(rf"root: '{re.escape(name)}' is '{source}', ext4, mounted"
                   .replace(r'\\x20', '.*x20') for name, source in FORMS),
        checks=(checks.root_mount('ext4', '/dev/sda'),))
    if series == IN_FULL:
        yield from by_loader(series)
    # One disk, by two paths, either of which may be seen first. Its partition
    # is found by what it holds.
    yield arriving(
        f'vm/{series}/root-two-paths', series, f'root=UUID={UUID} loglevel=6',
        disks=[disk('path', serial=WWN, table=GPT)] * 2,
        checks=(on_either('/dev/sda1', '/dev/sdb1'), said_once(
            "'/dev/sd[ab]1' and '/dev/sd[ab]1' are two paths to one disk")))
    yield arriving(f'vm/{series}/root-list', series, LIST,
                   disks=listed(), checks=(
                       checks.root_mount('ext4', '/dev/vdc'),
                       *map(said_once, GIVEN_UP)))
    yield arriving(
        f'vm/{series}/root-rootwait-plugged', series,
        f'rootwait root=UUID={UUID} loglevel=7', disks=[decoy()],
        # 8 s after the start, or later; nothing else is missing by then
        plug=(r'pintle: device: waiting for', disk(), 2),
        checks=(checks.root_mount('ext4', '/dev/vdb'), said_little,
                mounted_at_once))


def by_loader(series):
    """The loader's disk is seen late: the other one is not taken while it may
    come, and with both there only it is meant."""
    yield Row(f'vm/{series}/root-loader-plugged', series,
              'rd.break=device loglevel=7',
              disks=[disk(table=DISCOVERABLE, fs_uuid=DECOY['fs_uuid'],
                          init=None)],
              initramfs=lambda: dict(
                  add=((images.busybox(), '/bin/busybox'),
                       (LOADER, '/bin/sh'), (BOOTED, '/variable'))),
              plug=(r'pintle: device: waiting for', disk(table=dict(
                  DISCOVERABLE, before=FIRST, before_purpose=ESP))),
              checks=(checks.root_mount('ext4', '/dev/vdb2'),))
    # With real firmware, which keeps the variable, and says nothing while it
    # starts and unpacks the kernel. The other disk comes first, and has no init.
    yield Row(f'vm/{series}/root-loader-efi', series, 'rd.break=device',
              efi=True, silence=40, total=100, weight=40,
              disks=[disk(table=DISCOVERABLE, init=None,
                          fs_uuid=DECOY['fs_uuid']),
                     disk(table=dict(DISCOVERABLE, before=FIRST,
                                     before_purpose=ESP))],
              initramfs=lambda: dict(
                  modules=('virtio_pci', 'virtio_blk', 'efivarfs'),
                  add=((images.busybox(), '/bin/busybox'),
                       (KEPT, '/bin/sh'), (BOOTED, '/variable'))),
              checks=(checks.root_mount('ext4', '/dev/vdb2'),))
    yield Row(f'vm/{series}/root-loader-absent', series,
              'rd.break=device',
              disks=[disk(table=DISCOVERABLE)],
              initramfs=lambda: dict(
                  add=((images.busybox(), '/bin/busybox'),
                       (LOADER, '/bin/sh'), (BOOTED, '/variable'))),
              says=("pintle: device: wait for the disk of the boot loader, "
                    "'PARTUUID=.*': it did not come in time, going on",),
              checks=(checks.root_mount('ext4', '/dev/vda1'),))


def layered(series):
    """A root in a file, or under an overlay."""
    yield Row(f'vm/{series}/root-loop', series,
              'root=/dev/vda loop=/images/root.img loopflags=noatime rw',
              disks=[on_host()], weight=3,
              initramfs=dict(modules=('virtio_pci', 'virtio_blk', 'loop')),
              checks=STACKED + (
                  checks.root_mount('ext4', '/dev/loop0', ('rw', 'noatime')),
                  reachable('/run/pintle/host', '/dev/vda')))
    for name, (words, disks, where, file) in OVERLAID.items():
        yield Row(
            f'vm/{series}/root-{name}', series,
            f'root=/dev/vda {words} landing.cat=/word,'
            f'/run/pintle/lower/word,/run/pintle/overlay/overlay/upper/new',
            disks=disks, weight=3,
            initramfs=dict(modules=('virtio_pci', 'virtio_blk', 'overlay',
                                    'loop')),
            checks=STACKED + (
                checks.root_mount('overlay', 'overlay', ('rw',)),
                reachable('/run/pintle/lower', where),
                reachable('/run/pintle/overlay', file),
                lower_read_only, upper_over_lower))


def separate_usr(series):
    """A root whose /usr is elsewhere, or nowhere."""
    for name, (line, words, options) in SEPARATE.items():
        yield Row(
            f'vm/{series}/root-{name}', series, f'root=/dev/vda {words}',
            disks=[with_usr(line), usr()], weight=3,
            checks=STACKED + (usr_mount(options),))
    yield Row(
        f'vm/{series}/root-usr-absent-nofail', series,
        'root=/dev/vda rd.timeout=1', weight=3,
        disks=[disk(files={'/usr': None, '/etc/fstab':
                           b'/dev/vdx /usr ext4 nofail\n'})],
        says=(r"usr: find the /usr '/dev/vdx': no such device within 1 s, "
              r'going on without \(nofail\)',), checks=checks.ARRIVED)


EARLY = f"""tmpfs /var/cache tmpfs size=1m,x-initrd.mount
UUID={UUID} /var ext4 noatime,x-initrd.mount 0 2
/etc /srv none bind,x-initrd.mount
/dev/vdx /mnt ext4 nofail,x-initrd.mount
UUID={UUID} /mnt ext4 nofail,journal_path=/dev/vdz,x-initrd.mount
/dev/vdy /opt ext4 defaults
"""


def beside(series):
    """A root of many devices, in the words of others: its log comes late and
    has a name of udev's, /usr is named by the command line, and the fstab wants
    more before the real init starts."""
    def images_of():
        return images.xfs_with_log({
            '/usr': None, '/var': None, '/srv': None, '/mnt': None, '/opt': None,
            '/etc/fstab': (0o644, EARLY.encode())})

    def order(boot):
        points = [m['point'] for m in boot.mounts()
                  if m['point'] in ('/usr', '/var', '/var/cache', '/srv',
                                    '/mnt', '/opt')]
        if points != ['/usr', '/var', '/srv', '/var/cache']:
            yield f'mounted in this order: {points}'
        for each in boot.mounts():
            if each['point'] == '/var' and not (
                    {'rw', 'noatime'} <= set(each['options'])):
                yield f'/var is mounted {each["options"]}'
    yield Row(
        f'vm/{series}/root-beside', series,
        'root=/dev/vda rootfstype=auto resume=none mount.usr="LABEL=my usr" '
        'mount.usrflags=nodev '
        'rootflags=logdev=/dev/disk/by-id/virtio-thelog rd.timeout=6 rootwait '
        'rd.luks.name=1=x rd.driver.pre=nosuch loglevel=7', weight=5,
        disks=[disk(image=lambda: images_of()[0]),
               disk(fs_uuid=UUID, files={'/cache': None}), usr()],
        plug=(r'pintle: device: waiting for', disk(
            serial='thelog', image=lambda: images_of()[1]), 1),
        initramfs=dict(modules=('virtio_pci', 'virtio_blk', 'xfs')),
        says=("modules: read 'rd.luks.name': it asks for LUKS with that name",
              "modules: load 'nosuch', which the command line asks for: the "
              'image has no such driver',
              "device: waiting for '/dev/disk/by-id/virtio-thelog'",
              "usr: /srv is '/etc'", "usr: /var is 'UUID=",
              "usr: find the /mnt '/dev/vdx': no such device within 6 s, "
              r'going on without \(nofail\)',
              "usr: find the device of the option journal_path= '/dev/vdz': no "
              r'such device within 6 s, going on without \(nofail\)'),
        never=('resume: ',), checks=STACKED + (
            checks.root_mount('xfs', '/dev/vda', ('logdev=/dev/vdd',)),
            order))


def mounted(series):
    """A root that the host shares, and one with options."""
    for name, (words, says) in SHARED.items():
        yield shared(series, name, words, says)
    for name, (words, options, without) in MOUNTED.items():
        yield arriving(
            f'vm/{series}/root-{name}', series, f'root=/dev/vda {words}',
            checks=(checks.root_mount('ext4', '/dev/vda', options,
                                      without),))


def started(series):
    """Which init runs, and with what."""
    yield arriving(
        f'vm/{series}/root-init', series,
        'root=/dev/vda init=/opt/other single "two words" -- last',
        # It is named by its device: another one may have its tags.
        disks=[disk(init='/opt/other'), disk(init=None)],
        checks=(checks.argv_is('/opt/other', 'single', 'two words',
                               'last'),))
    yield arriving(
        f'vm/{series}/root-environment', series,
        'root=/dev/vda "plain=with blanks" quoted="also so" TERM=vt100 '
        'single "two words" -- last',
        checks=(checks.environ_is('HOME=/', 'TERM=vt100',
                                  'plain=with blanks', 'quoted=also so'),
                checks.argv_is('/sbin/init', 'single', 'two words',
                               'last')))
    for name in ('/etc/init', '/bin/init'):
        yield arriving(
            f'vm/{series}/root-init-in-{name[1:4]}', series,
            'root=/dev/vda', disks=[disk(init=name, files={
                '/sbin/init': (0o644, b'no program')})],
            checks=(checks.argv_is(name),))


def bare(series):
    """Little memory, few directories, drivers that are compressed."""
    yield arriving(
        f'vm/{series}/root-small-memory', series,
        f'root=/dev/vda landing.wait=5,{checks.LEFT_KB}',
        memory=SMALLEST[series], initramfs=dict(ballast_mb=4),
        checks=(checks.memory_freed,))
    yield arriving(
        f'vm/{series}/root-without-directories', series,
        'root=/dev/vda rw', disks=[disk(directories=('sbin',))])
    for name in ('dev', 'run', 'sys'):
        yield incomplete(series, name)
    # Without /proc nobody can say much: that it is reached, and what of.
    yield Row(f'vm/{series}/root-without-any', series, 'root=/dev/vda',
              disks=[disk(directories=('sbin',))], weight=3,
              says=tuple(left_behind(p) for p in checks.API_MOUNTS),
              checks=(checks.is_pid_1,))
    if series != '6.1':
        yield arriving(f'vm/{series}/root-modules-compressed', series,
                       'root=/dev/vda', initramfs=functools.partial(
                           compressed, series),
                       checks=(modules_compressed,))


def shared(series, name, words, says):
    """A directory of the host. The cloud's kernels have no 9p, and a generic
    image loads its driver while the root is looked for."""
    by, *_ = name.split('-')
    image = (dict(modules=(), kind='generic', compress='zstd') if by == '9p'
             else dict(modules=('virtio_pci', 'virtiofs')))
    return Row(
        f'vm/{series}/root-{name}', series + images.FULL * (by == '9p'), words,
        disks=[], share={**{d: None for d in images.DIRECTORIES},
                         '/sbin/init': 'landing'},
        share_by=by, weight=6, initramfs=image, memory=512, says=says,
        never=('seen: ',), checks=checks.ARRIVED + (checks.root_mount(
            by, 'share', ('rw' if 'rw' in words.split() else 'ro',)),))


def incomplete(series, name):
    """A read-only root without one of the directories: the rest goes on."""
    directories = [d for d in images.DIRECTORIES if d != name]
    there = [m for m in checks.API_MOUNTS if m != f'/{name}']
    return Row(
        f'vm/{series}/root-without-{name}', series, 'root=/dev/vda', weight=3,
        disks=[disk(directories=directories)],
        says=(left_behind(f'/{name}'),),
        checks=(checks.is_pid_1, checks.one_root, checks.pid_1_in_root,
                checks.kernel_threads_moved, mounted_once(there)))


def left_behind(point):
    """What is said of one of them."""
    return (rf"pintle: switch: carry '{point}' into the new root: .*, "
            r'leaving it behind')


def mounted_once(points):
    """These, each once."""
    def mounts(boot):
        found = [m['point'] for m in boot.mounts()]
        if sorted(found) != sorted(['/', *points]):
            yield f'mounted are {found}'
    return mounts


def arriving(name, series, words, checks=(), **more):
    """A boot that gets there."""
    return Row(name, series, words, checks=ARRIVED + checks, weight=3, **more)


ARRIVED = checks.ARRIVED
