# SPDX-License-Identifier: MIT
"""What people do with their machines, and the rows that show it.

What matters is shown on the oldest kernel that is supported and on the newest,
by a machine; or there is a reason why it is not. `check_scenarios`, a row of the
harness, fails if a row is named that is not there.
"""
import dataclasses

OLDEST, NEWEST = '6.1', '7'


@dataclasses.dataclass
class Scenario:
    """One of them. A name without a tier is that of a row on a kernel."""
    what: str
    both: tuple = ()            # rows on either kernel
    oldest: tuple = ()          # ... on the oldest alone
    newest: tuple = ()
    beside: tuple = ()          # whole names of further rows
    why: str = ''               # why it is not on both

    def rows(self):
        """Whole names."""
        for kernel, names in ((OLDEST, self.both + self.oldest),
                              (NEWEST, self.both + self.newest)):
            yield from (f'vm/{kernel}/{name}' for name in names)
        yield from self.beside


BUSES = ('virtio', 'scsi', 'nvme', 'ahci', 'usb', 'sd')

# What ends with rows of its own on each kernel has these alone.
SCENARIOS = {
    1: Scenario('ext4 by its UUID, read-only unless rw; the words and '
                'variables for init reach it',
                ('root-by-uuid', 'root-rw', 'root-environment',
                 'drivers-in-the-cloud')),
    2: Scenario('a Debian 12 and a Debian 13 come up with no failed unit',
                ('debian',), oldest=('debian12-on-virtio', 'debian13-on-virtio'),
                beside=('vm/6.12/debian', 'vm/6.12/debian13-initramfs-tools')),
    3: Scenario('each tag: with a blank, in capitals, of a GPT, of an MBR',
                ('root-forms', 'root-by-partuuid-gpt')),
    4: Scenario('a device by its path, by its number, by udev\'s links',
                ('root-forms',)),
    5: Scenario('a disk on NVMe, AHCI, virtio-scsi, USB, an SD card, with no '
                'driver named', ('drivers-on-each-bus',),
                oldest=(*(f'debian13-on-{bus}' for bus in BUSES),
                        'debian12-on-usb', 'debian12-on-sd')),
    6: Scenario('the root is missing: what was wanted and what is there is '
                'said, and panic=SECONDS restarts',
                ('refuse-device-missing', 'failure-uuid-cut'),
                beside=('unit/diagnosis',)),
    7: Scenario('the disk comes late, and the root is mounted at once',
                ('root-rootwait-plugged',)),
    8: Scenario('the driver is not in the image: which one, and for what',
                ('failure-no-driver',)),
    9: Scenario('another type of file system than was said, and one that is '
                'damaged', ('refuse-rootfstype-wrong',
                            'refuse-superblock-damaged')),
    10: Scenario('modules as they are, packed, packed as the kernel cannot '
                 'unpack them, and with no good signature',
                 ('image-refused',), oldest=('root-by-uuid',),
                 newest=('root-modules-compressed',),
                 beside=('ns/mkinitramfs',)),
    11: Scenario('each usual file system by device, label and UUID',
                 ('fs-xfs-f2fs-btrfs', 'fs-erofs-squashfs-vfat-iso9660'),
                 oldest=('fs-ext2-ext3',)),
    12: Scenario('a btrfs of two devices, one of them late; a subvolume; a '
                 'UUID that was changed',
                 ('btrfs-two', 'btrfs-plugged', 'fs-xfs-f2fs-btrfs')),
    13: Scenario('a btrfs lacks a device: said, and with `degraded` booted',
                 ('btrfs-one-of-two', 'btrfs-degraded')),
    14: Scenario('/usr is elsewhere, by the fstab; or is not there, for which '
                 'it has all of its time', ('root-usr-by-uuid',),
                 oldest=('root-usr-by-label-escaped',
                         'refuse-usr-absent-later'),
                 newest=('refuse-usr-absent',), beside=('unit/fstab',)),
    15: Scenario('a shell before each stage, and after a failure; `exit` goes '
                 'on', ('rescue-break-each',)),
    16: Scenario('no shell is to be had by any key', ('rescue-no-shell-by-'
                                                      'keyboard',)),
    17: Scenario('a volatile overlay over ext4 and over squashfs',
                 ('root-overlay-volatile', 'fs-overlay-over-loop-on-iso')),
    18: Scenario('nobody hibernated; somebody did, to a partition and to a '
                 'file, whose disk is late or does not come; noresume',
                 ('resume-hibernated',),
                 oldest=('resume-by-label', 'resume-hibernated-file',
                         'resume-noresume', 'resume-unnamed-oldest'),
                 newest=('resume-by-uuid', 'resume-unnamed')),
    19: Scenario('a directory of the host by virtiofs and by 9p',
                 ('root-virtiofs', 'root-9p')),
    20: Scenario('a list of roots: one absent, one damaged, one without init',
                 ('root-list',)),
    21: Scenario('members of md, LVM and LUKS are named and never mounted',
                 ('members',)),
    22: Scenario('two have one UUID: refused, unless the device is named',
                 ('refuse-uuid-of-two', 'root-forms')),
    23: Scenario('64 disks with 16 partitions each: less than twice the time '
                 'of one disk', oldest=('crowd-by-uuid',),
                 newest=('crowd-by-partuuid',)),
    24: Scenario('a broken GPT, read errors, a disk that never answers: each '
                 'is said once, and the others are fine', ('passed-over',),
                 beside=('unit/probe',)),
    25: Scenario('disks with anything on them', beside=(
        'unit/probe', 'unit/probe-vs-blkid'),
                 why='what is read of a disk is judged without a kernel, under '
                 'sanitizers, 300 times for each image'),
    26: Scenario('a dirty ext4 is mended; passno 0; fsck.mode=skip and =force; '
                 'fsck asks for a restart; nothing is checked twice',
                 ('fsck-pass-0', 'fsck-restart', 'e2fsck-mended',
                  'e2fsck-skip', 'debian')),
    27: Scenario('init is missing, a directory, a loop of links, no program, '
                 'lacks its interpreter', ('refuse-init-link-loop',),
                 oldest=('refuse-init-missing', 'refuse-init-directory',
                         'refuse-interpreter-missing-elf',
                         'refuse-interpreter-missing-script',
                         'root-init-in-etc', 'root-init-in-bin'),
                 newest=('root-init-of-many',)),
    28: Scenario('a read-only root without /dev, /proc, /sys, /run',
                 ('root-without-dev', 'root-without-any')),
    29: Scenario('`quiet`: nothing to be seen, all in the log; `debug`: each '
                 'stage', ('console-quiet', 'console-long-lines')),
    30: Scenario('no console, one, two', ('console-none', 'console-two',
                                          'console-quiet')),
    31: Scenario('a command line of 4 KB: quoted, repeated and unknown words, '
                 'and words for init', ('console-long-lines',)),
    32: Scenario('as little memory as the kernel itself can be started with; '
                 'that of the initramfs is given back',
                 ('root-small-memory', 'image-all-at-once')),
    33: Scenario('microcode in front, several archives, each packed in its way',
                 ('image-behind-microcode', 'image-of-archives'),
                 beside=tuple(f'vm/6.12/image-{how}'
                              for how in ('gzip', 'xz', 'zstd'))),
    34: Scenario('the image of another kernel: one line, and what is built in',
                 ('image-of-another-kernel',)),
    35: Scenario('everything is built in, and the image has no module',
                 ('image-bare',)),
    36: Scenario('plymouth draws before the switch and after it',
                 ('plymouth', 'plymouth-waits')),
    37: Scenario('NFS 4 and 3, with DHCP and without, the server late',
                 ('net-nfs-v3-server-late',), oldest=('net-nfs-v4-dhcp',),
                 newest=('net-nfs-v4', 'net-nfs-no-server', 'net-nfs-no-dhcp')),
    38: Scenario('the root is a file: on ext4, vfat, an ISO',
                 ('root-loop', 'fs-loop-on-vfat',
                  'fs-overlay-over-loop-on-iso')),
    39: Scenario('no root=: the partition of the right type, in the clear or '
                 'with a passphrase', ('root-by-discoverable-type',
                                       'hooks-luks')),
    40: Scenario('machines of another kind', beside=(
        'vm/6.12-arm64/root-discoverable', 'vm/6.12-riscv64/root-discoverable',
        'unit/probe', 'unit/probe-big-endian'),
                 why='one kernel for each: what differs is the machine; pages '
                 'of 64 KiB and another byte order are read of images'),
    41: Scenario('no slower than others',
                 why='a comparison with other programs is a table, which '
                 'neither holds nor does not'),
    42: Scenario('LUKS is sealed to a TPM, which opens it or does not',
                 ('tokens-tpm',), oldest=('tokens-tpm-changed',)),
}


def complaints(scenarios, names):
    """What is wrong with the table, if these are the rows there are."""
    if sorted(scenarios) != list(range(1, len(scenarios) + 1)):
        yield f'the numbers are {sorted(scenarios)}'
    for number, one in scenarios.items():
        rows = list(one.rows())
        for row in rows:
            if row not in names:
                yield f'{number} ({one.what}): there is no row {row}'
        for kernel in (OLDEST, NEWEST):
            if not one.why and not any(
                    row.startswith(f'vm/{kernel}/') for row in rows):
                yield f'{number} ({one.what}): no row on {kernel}'
