# SPDX-License-Identifier: MIT
"""What is said by a boot that stops, or that goes on without a disk."""
import pathlib
import re
import struct

import checks
import images
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
OTHER = '77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902'

# Says line by line what it was left, and that it could not be started: so the
# stage is not tried again.
READING = b'''#!/bin/busybox sh
while read -r line; do
	echo "<3>file: $line" >/dev/kmsg
done </run/pintle/failure.txt
exit 127
'''


def rows():
    """Reports, then disks that are passed over."""
    for name, words, disks, says in (
            ('label-of-other-case', 'root=LABEL=TheRoot',
             [disk(label='theroot')],
             r"nearest: '/dev/vda' has LABEL=theroot: case, blanks and dashes "
             'of a label count'),
            ('label-is-partlabel', '"root=LABEL=the root"',
             [disk(table=dict(kind='gpt', name='the root'))],
             r"nearest: '/dev/vda1' has PARTLABEL=the root: the same value, "
             'but another tag'),
            ('uuid-cut', f'root=UUID={UUID[:20].upper()} panic=2',
             [disk()],
             rf"nearest: '/dev/vda' has UUID={UUID}: the value has to be given "
             r'whole, and no more[^$]*restarting in 2 s \(panic=\)'),
            ('other-name', 'root=/dev/sda1',
             [disk(table=dict(kind='mbr', disk='c0ffee01'))],
             r"nearest: '/dev/vda1' has that number, root=UUID=")):
        for series in ('6.1', '7') if name == 'uuid-cut' else ('6.12',):
            yield Row(f'vm/{series}/failure-{name}', series,
                      f'{words} rd.timeout=1 rd.shell', disks=disks,
                      kind='reset', initramfs=with_reader, weight=4,
                      says=('pintle: device: wanted: ', says),
                      checks=(same_in_the_file,))
    # virtio_pci is built into it.
    yield Row('vm/7/failure-no-driver', '7', 'root=/dev/vda rd.timeout=1',
              initramfs=dict(modules=('xfs',)), kind='reset', weight=4,
              says=(r'pintle: device: seen: no block device at all',
                    r'pintle: device: no driver: virtio virtio0, '
                    r"virtio:d00000002v00001AF4: add --kind generic -m 'virtio_blk' to"))
    yield Row('vm/6.1/failure-no-driver', '6.1', 'root=/dev/vda rd.timeout=1',
              initramfs=dict(modules=('xfs',)), kind='reset', weight=4,
              says=(r'pintle: device: no driver: pci 0000:00:0\d.0, '
                    r"pci:v00001AF4.*: add --kind generic -m 'virtio_pci' to",))
    yield Row('vm/6.12/failure-waits-said-once', '6.12',
              'root=/dev/vdz rd.timeout=5', kind='reset', weight=8,
              says=("pintle: device: waiting for '/dev/vdz', up to 5 s",),
              checks=(waits_said_once,))
    yield Row('vm/6.12/probe-partition', '6.12', 'root=/dev/vda1 rd.break',
              disks=[disk(table=dict(kind='gpt', name='the "root" äöü',
                                     attributes=1 << 63 | 4)),
                     disk(image=logical)],
              initramfs=with_blkid,
              says=(r'probe: DEVNAME=/dev/vda1 .* TYPE=ext4 .* PARTUUID=0d9f',
                    r'probe: DEVNAME=/dev/vdb5 LABEL=log\\ 5 .* '
                    'PARTUUID=c0ffee02-05',
                    'probe: 7 devices'),
              never=('probe: .* differs',), checks=checks.ARRIVED, weight=6)
    # The disks before the root's cannot be used, and are passed over: one of
    # them hangs: a read of it never ends, and the child that reads is killed.
    for series in ('6.1', '7'):
        yield Row(f'vm/{series}/passed-over', series, f'root=UUID={UUID}',
                  disks=[*(make() for make, _ in PASSED_OVER), disk()],
                  weight=10, silence=20,
                  says=tuple(f'pintle: device: {re.escape(says)}'
                             for _, says in PASSED_OVER),
                  checks=checks.ARRIVED + (
                      checks.root_mount('ext4', f'/dev/vd{LAST}'),
                      warned_once))
    # Its disk has answered when its partitions are looked up. One that comes
    # after it is read by the same child meanwhile.
    late = disk(image=lambda: images.root(table=dict(kind='mbr',
                                                     disk='c0ffee01')))
    yield Row('vm/6.1/answers-late', '6.1', 'root=PARTUUID=c0ffee01-01',
              disks=[dict(late, hangs_at=8192, hangs_for=6), disk(fs_uuid=OTHER)],
              weight=12, silence=20,
              says=("read '/dev/vda': no answer within 3 s",),
              checks=checks.ARRIVED + (
                  checks.root_mount('ext4', '/dev/vda1'),))


def hanging():
    """A disk with a partition that gives what is in its first 8 KiB, as the
    kernel's search for partitions wants, and nothing else."""
    return dict(disk(image=lambda: images.root(
        fs_uuid=OTHER, table=dict(kind='mbr', disk='c0ffee01'))),
                hangs_at=8192)


# Where there are partitions, the two say the same of them and of their disks;
# the short names are those that blkid has without -p.
PROBING = b'''#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/sbin LC_ALL=C.UTF-8
/bin/busybox --install -s /bin
ln -s /init /bin/pintle
tags='-s LABEL -s UUID -s TYPE -s USAGE -s PTUUID -s PTTYPE'
for tag in SCHEME NAME UUID TYPE FLAGS NUMBER; do
	tags="$tags -s PART_ENTRY_$tag"
done
count=0
for device in /dev/vd*; do
	count=$((count + 1))
	for form in export value full; do
		pintle probe $tags -o $form $device >/ours
		ours=$?
		blkid -p $tags -o $form $device >/theirs
		theirs=$?
		for who in ours theirs; do
			[ $form = full ] || sort -o /$who /$who
			[ $form != full ] || sed -i 's/\\([^\\]"\\) /\\1\\n/g' /$who
			sort -o /$who /$who
		done
		[ $ours = $theirs ] && cmp -s /ours /theirs ||
			echo "<3>probe: $device in $form differs, $ours" \
				"and $theirs:" $(diff /ours /theirs) >/dev/kmsg
	done
	echo "<3>probe:" $(pintle probe -o export $device) >/dev/kmsg
done
echo "<3>probe: $count devices" >/dev/kmsg
'''


def with_blkid():
    """The blkid of this machine, and a shell that compares."""
    blkid = pathlib.Path('/usr/sbin/blkid')
    if not blkid.exists():
        raise images.Missing('blkid is not installed (package util-linux)')
    files = images.with_libraries(str(blkid), pathlib.Path('/'))
    return dict(add=((images.busybox(), '/bin/busybox'), (PROBING, '/bin/sh'),
                     *((path, '/' + name.lstrip('/'))
                       for name, path in files.items())))


def logical():
    """An MBR with a primary partition and two in an extended one, the first of
    which is swap space."""
    def entry(kind, first, sectors, boot=0):
        return struct.pack('<B3sB3sII', boot, bytes(3), kind, bytes(3), first,
                           sectors)

    def table(*entries, signature=bytes(4)):
        return (signature.rjust(444, b'\0') + bytes(2) +
                b''.join(entries).ljust(64, b'\0') + b'\x55\xaa')

    def make(path):
        swap = images.swap(OTHER, 'log 5', 1).read_bytes()
        with open(path, 'wb') as out:
            for sector, what in (
                    (0, table(entry(0x83, 64, 64, 0x80), bytes(16),
                              entry(0x0f, 128, 8000),
                              signature=struct.pack('<I', 0xc0ffee02))),
                    (128, table(entry(0x82, 32, len(swap) // 512),
                                entry(0x05, 4000, 4000))),
                    (160, swap),
                    (4128, table(entry(0x8e, 32, 100)))):
                out.seek(sector * 512)
                out.write(what)
            out.truncate(9000 * 512)
    return images.cached('.logical', make, 'logical 1')


def with_reader():
    """A shell that reads the report aloud."""
    return dict(add=((images.busybox(), '/bin/busybox'),
                     (READING, '/bin/sh')))


def same_in_the_file(boot):
    """What the console showed is what the file has, line by line."""
    log = boot.result.console.replace('\r', '')
    file = re.findall(r'file: (.*)', log)
    said = re.findall(r'pintle: device: (.*)',
                      log.split('pintle: device: restarting')[0])
    if len(file) < 4 or file != said[-len(file):]:
        yield f'the file has {file}, the console {said}'


def waits_said_once(boot):
    """Not every second, not at each event."""
    count = boot.log().count('waiting for')
    if count != 1:
        yield f'it was said {count} times'


def warned_once(boot):
    """One line for each of the disks."""
    for name in 'abcdefghi'[:len(PASSED_OVER)]:
        about = [w for w in boot.report()['warnings'] if f"'/dev/vd{name}" in w]
        if len(about) != 1:
            yield f'warnings about vd{name}: {about}'


def gpt_broken():
    """Neither table has its checksum right."""
    image = images.root(table=dict(kind='gpt'), fs_uuid=OTHER)
    end = image.stat().st_size
    return images.edited(image, at_528=b'\0\0\0\0',
                         **{f'at_{end - 512 + 16}': b'\0\0\0\0'})


def gpt_broken_in_front():
    """Only the first one."""
    return images.edited(images.root(table=dict(kind='gpt'), fs_uuid=OTHER),
                         at_528=b'\0\0\0\0')


def unreadable():
    """Sector 0 cannot be read: QEMU's blkdebug (docs/devel/blkdebug.txt)."""
    image = images.root(fs_uuid=OTHER)
    rules = images.cached('.blkdebug', lambda path: path.write_text(
        '[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "0"\n'),
                          'blkdebug 1')
    return f'blkdebug:{rules}:{image}'


# What makes the disk, what is said of it.
PASSED_OVER = (
    (lambda: disk(image=gpt_broken),
     "read the partitions of '/dev/vda': its GPT is damaged, and so is the copy "
     'at its end'),
    (lambda: disk(image=gpt_broken_in_front),
     "read the partitions of '/dev/vdb': its GPT is damaged; the kernel takes "
     'the copy'),
    (lambda: disk(image=unreadable),
     "read '/dev/vdc': Input/output error, ignoring it"),
    (hanging, "read '/dev/vdd': no answer within 3 s, going on without"))
LAST = 'abcdefghi'[len(PASSED_OVER)]
