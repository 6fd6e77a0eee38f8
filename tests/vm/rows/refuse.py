# SPDX-License-Identifier: MIT
"""Boots that must not happen: refused in time, in one sentence, by name.

Nothing was touched yet, so the machine restarts as panic=-1 says; each row's
sentence is part of the program's interface and is given whole.
"""
import re
import stat

import checks
import images
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
DISCOVERABLE = dict(purpose='4f68bce3-e8cd-4db1-96e7-fbcaf984b709')
OTHER = '77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902'
ELF = (b'\x7fELF\x02\x01\x01' + bytes(9) +
       # ET_EXEC, x86-64, one program header right behind: PT_INTERP
       b'\x02\x00\x3e\x00\x01\x00\x00\x00' + bytes(8) + b'\x40' + bytes(7) +
       bytes(8) + bytes(4) + b'\x40\x00\x38\x00\x01\x00' + bytes(6) +
       b'\x03\x00\x00\x00\x04\x00\x00\x00' + b'\x78' + bytes(7) + bytes(16) +
       b'\x0e' + bytes(7) + b'\x0e' + bytes(7) + b'\x01' + bytes(7) +
       b'/lib/ld-none.1'[:13] + b'\0')


def blank():
    """A disk without anything on it."""
    def make(path):
        with open(path, 'wb') as out:
            out.truncate(4 * images.MIB)
    return images.cached('.blank', make, 'blank 4M')


def damaged():
    """A superblock that is found, and then believed by nobody.

    At 1024 + 0x18 is the block size, as a shift of 1024
    (Documentation/filesystems/ext4/super.rst).
    """
    return images.edited(images.root(), at_1048=b'\xee\0\0\0')


def init(content):
    """A root whose /sbin/init is this."""
    return [disk(init=None, files={'/sbin/init': content})]


def said(stage, sentence):
    """pintle's line, whole, as a regular expression."""
    return rf'pintle: {stage}: {sentence}(\n|;|$)'


SHOWN = (rf'pintle: device: seen: /dev/vda 254:0 16.0 MiB ext4 UUID={OTHER} '
         r'LABEL=elsewhere',)

# name: kernel parameters, disks (None: the usual one), stage, sentence
ROWS = {
    'init-missing': (
        'root=/dev/vda', [disk(init=None)], 'switch',
        r"find init '/sbin/init' in the new root: No such file or directory"),
    'init-given-missing': (
        'root=/dev/vda init=/other', None, 'switch',
        r"find init '/other' in the new root: No such file or directory"),
    'init-directory': (
        'root=/dev/vda', init(None), 'switch',
        r"find init '/sbin/init' in the new root: it is a directory"),
    'init-not-executable': (
        'root=/dev/vda', init((0o644, b'#!/sbin/none\n')), 'switch',
        r"find init '/sbin/init' in the new root: it is not an executable "
        r"file"),
    'init-no-program': (
        'root=/dev/vda', init(b'neither\n'), 'switch',
        r"find init '/sbin/init' in the new root: it is neither an ELF "
        r"program nor a #! script"),
    'init-link-loop': (
        'root=/dev/vda', init(('link', '/sbin/init')), 'switch',
        r"find init '/sbin/init' in the new root: "
        r"Too many levels of symbolic links"),
    # a link must be followed inside the new root: the initramfs has /init
    'init-link-outside': (
        'root=/dev/vda', init(('link', '/init')), 'switch',
        r"find init '/sbin/init' in the new root: No such file or directory"),
    'interpreter-missing-elf': (
        'root=/dev/vda', init(ELF), 'switch',
        r"find '/lib/ld-none.', the interpreter of init '/sbin/init', in the "
        r"new root: No such file or directory"),
    'interpreter-missing-script': (
        'root=/dev/vda', init(b'#!/bin/none -x\n'), 'switch',
        r"find '/bin/none', the interpreter of init '/sbin/init', in the new "
        r"root: No such file or directory"),
    'rootfstype-wrong': (
        'root=/dev/vda rootfstype=ext2', None, 'root',
        r"mount '/dev/vda' on '/sysroot' as ext2: not a usable ext2, or an "
        r"option in '' that it does not take"),
    'rootfstype-unknown': (
        'root=/dev/vda rootfstype=nosuchfs', None, 'root',
        r"mount '/dev/vda' on '/sysroot' as nosuchfs: this kernel has no file "
        r"system of that type"),
    'rootflags-wrong': (
        'root=/dev/vda rootflags=nosuchoption=1', None, 'root',
        r"mount '/dev/vda' on '/sysroot' as ext4: not a usable ext4, or an "
        r"option in 'nosuchoption=1' that it does not take"),
    'superblock-damaged': (
        'root=/dev/vda', [disk(image=damaged)], 'root',
        r"mount '/dev/vda': it holds a file system whose superblock is "
        r"damaged \(ext4\)"),
    'superblock-damaged-type-given': (
        'root=/dev/vda rootfstype=ext4', [disk(image=damaged)], 'root',
        r"mount '/dev/vda' on '/sysroot' as ext4: not a usable ext4, or an "
        r"option in '' that it does not take",
        (r"root: see the kernel's line above \(dmesg\); correct rootfstype= or "
         r'rootflags=, or check the file system',)),
    'name-of-udev': (
        'root=/dev/disk/by-id/usb-Maker_Stick_123-0:0', None, 'device',
        r"read 'root=/dev/disk/by-id/usb-Maker_Stick_123-0:0': only udev gives "
        r'such a name', ('device: give UUID=…, LABEL=…',)),
    'no-file-system': (
        'root=/dev/vda', [disk(image=blank)], 'root',
        r"mount '/dev/vda': it holds no file system that is known here"),
    'uuid-of-nobody': (
        f'root=UUID={OTHER} rd.timeout=1 rootdelay=3', None, 'device',
        rf"find the root 'UUID={OTHER}': no such device within 3 s"),
    'uuid-of-two': (
        f'root=UUID={UUID}',
        [disk(), disk(label='second')], 'device',
        rf"choose the device by 'UUID={UUID}': 2 devices have it, "
        r"'/dev/vd[ab]' and '/dev/vd[ab]'"),
    'root-not-given': (
        'rd.timeout=1', None, 'device',
        r"find the root 'gpt-auto': no such device within 1 s"),
    'root-discoverable-two': (
        '', [disk(table=DISCOVERABLE), disk(table=DISCOVERABLE)], 'device',
        r"choose the device by 'gpt-auto': 2 devices have it, "
        r"'/dev/vd[ab]1' and '/dev/vd[ab]1'"),
    'usr-absent': (
        'root=/dev/vda rd.timeout=2', [disk(files={
            '/usr': None, '/etc/fstab': b'/dev/vdx /usr ext4 ro 0 2\n'})],
        'usr', r"find the /usr '/dev/vdx': no such device within 2 s",
        (r'usr: seen: /dev/vda 254:0',)),
    # Too large, a link to itself, a directory: each may have a line for /usr.
    'fstab-unreadable': (
        'root=/dev/vda,/dev/vdb,/dev/vdc', [
            disk(files={'/etc/fstab': b'#\n' * 32768}),
            disk(files={'/etc/fstab': ('link', 'fstab')}),
            disk(files={'/etc/fstab': None})],
        'usr', r"read '/etc/fstab' of the new root: "
        r'Is a directory',
        (r"usr: read '/etc/fstab' of the new root: File too "
         r"large, trying '/dev/vdb'",
         r"usr: read '/etc/fstab' of the new root: Too many "
         r"levels of symbolic links, trying '/dev/vdc'")),
    'list-all': (
        'root=/dev/vdx,nonsense,/dev/vdy rd.timeout=1', None, 'device',
        r"find the root '/dev/vdy': no such device within 1 s",
        (r"device: find the root '/dev/vdx': no such device within 1 s, "
         r"trying 'nonsense'",
         r"device: read 'root=nonsense': it is no form that names a block "
         r"device, trying '/dev/vdy'")),
    'root-no-form': (
        'root=nonsense', None, 'device',
        r"read 'root=nonsense': it is no form that names a block device"),
    'device-missing': (
        'root=/dev/vdb rootwait=3',
        [disk(fs_uuid=OTHER, label='elsewhere')], 'device',
        r"find the root '/dev/vdb': no such device within 3 s", SHOWN),
}

# A shell in the image that breaks something when it is first run, before the
# switch, and is run again by rd.shell when the switch has been refused.
SHELL = b'''#!/bin/busybox sh
if [ ! -e /run/before ]; then
	%s
	/bin/busybox cat /proc/self/mountinfo >/run/before
	exit 0
fi
exec /bin/landing
'''

# name: what the shell does, sentence
TOUCHED = {
    'untouched-init-missing': (
        b':', 'init=/none',
        r"find init '/none' in the new root: No such file or directory"),
    'untouched-root-no-mount': (
        b'/bin/busybox umount /sysroot', '',
        r"switch to '/sysroot': it is a directory of another mount, not a "
        r"mount of its own"),
    'untouched-root-is-old-root': (
        b'/bin/busybox umount /sysroot; '
        b'/bin/busybox mount -o bind / /sysroot', '',
        r"switch to '/sysroot': it is the old root itself"),
}


def untouched(boot):
    """After the refusal the mount table is what it was, byte for byte."""
    before = next(f['text'] for f in boot.facts['files']
                  if f['path'] == '/run/before')
    if before is None:
        yield 'rd.break=switch did not run the shell'
        return
    now = boot.facts['mountinfo']
    if before.rstrip('\n').split('\n') == now:
        return
    yield 'the mount table is another, or in another order'
    for line in sorted(set(before.strip().split('\n')) ^ set(now)):
        yield ('gone: ' if line not in now else 'new: ') + line


def initramfs_whole(boot):
    """Nothing was deleted from the initramfs."""
    for path in boot.facts['paths']:
        if not stat.S_ISREG(int(path.get('mode', '0'), 8)):
            yield f'{path["path"]} is gone'


# Where it is the kernel that refuses, the newest is asked too.
KERNELS_OWN = ('rootfstype-wrong', 'rootfstype-unknown', 'rootflags-wrong',
               'superblock-damaged', 'uuid-of-two', 'device-missing',
               'init-link-loop')
# usr-absent-later has it on the oldest.
NEWEST_ALONE = ('usr-absent',)


def no_inits():
    """All that is no init, in one list of roots, and at last one that has an
    init where it is looked for third: (root=, disks, that one, what is
    said)."""
    disks, says = [], []
    for words, found, stage, sentence, *_ in ROWS.values():
        if stage == 'switch' and words == 'root=/dev/vda':
            disks += found
            says.append(f'pintle: switch: {sentence}, trying ')
    disks.append(disk(init='/bin/init', files={
        '/sbin/init': (0o644, b'no program'), '/etc/init': None}))
    names = [f'/dev/vd{letter}' for letter in 'abcdefghijkl'[:len(disks)]]
    return f'root={",".join(names)}', disks, names[-1], tuple(
        f"{before}'{name}'" for before, name in zip(says, names[1:]))


def whole_deadline(boot):
    """By the machine's own clock, from the root's mount on."""
    begun, ended = (float(re.search(rf'\[ *(\d+\.\d+)\] pintle: {said}',
                                    boot.result.console)[1])
                    for said in ('root: ', 'usr: find'))
    if not 6 <= ended - begun < 12:
        yield f'waited from {begun} to {ended}'


def rows():
    """On the oldest kernel, and what may differ on the newest."""
    for series in ('6.1', '7'):
        for name, (words, disks, stage, sentence, *more) in ROWS.items():
            if name not in KERNELS_OWN and (series == '6.1') == (
                    name in NEWEST_ALONE):
                continue
            yield Row(f'vm/{series}/refuse-{name}', series, words,
                      kind='reset', disks=disks or [disk()],
                      says=(said(stage, sentence), *sum(more, ())),
                      total=20, weight=3)
        yield Row(f'vm/{series}/refuse-tag-of-nobody', series,
                  'root=virtiofs:other rd.timeout=1', kind='reset', disks=[],
                  share={'/sbin/init': 'landing'}, total=20, weight=3,
                  initramfs=dict(modules=('virtio_pci', 'virtiofs')),
                  says=(said('root', r"mount 'other' as virtiofs: the host "
                             r"shares no directory by that tag within 1 s, or "
                             r"an option in '' is wrong"),),
                  never=('seen: ',))
        for name, (break_it, words, sentence) in TOUCHED.items():
            yield shell_row(series, name, break_it, words, sentence)

        # Named as they are seen: the driver is loading while one is found.
        yield Row(f'vm/{series}/refuse-copy', series, f'root=UUID={UUID}',
                  kind='reset', disks=[disk(), disk(label='second')],
                  initramfs=dict(modules=(), kind='generic'), total=20,
                  weight=3, says=(rf"pintle: (device|switch): choose the device "
                                  rf"by 'UUID={UUID}': 2 devices have it, "
                                  r"'/dev/vd[ab]' and '/dev/vd[ab]'",))
    # A root that is verified was promised: nothing else is mounted.
    yield Row('vm/6.1/refuse-verified', '6.1',
              'root=/dev/vda roothash=abc rd.emergency=poweroff loglevel=7',
              kind='powered-off', total=20, weight=3, never=('EXT4-fs',),
              says=(r"settings: do what 'roothash' on the command line asks "
                    'for, a file system that is verified: pintle cannot',
                    r'switching off \(rd.emergency=\)'))
    # No more than the btrfs has devices, but one is another file system.
    yield Row('vm/7/refuse-label-of-others', '7', 'root=LABEL=pair',
              kind='reset', total=20, weight=3,
              disks=[disk(label='pair'),
                     disk(image=lambda: images.btrfs_pair(0))],
              says=("choose the device by 'LABEL=pair': 2 devices have it",))
    # A copy of a btrfs's device has its number too. What is not there is not
    # waited for.
    yield Row('vm/7/refuse-no-wait', '7', 'root=LABEL=pair,/dev/vdx rootwait=0',
              kind='reset', total=20, weight=3,
              disks=[disk(image=lambda: images.btrfs_pair(0))] * 2,
              says=("choose the device by 'LABEL=pair': 2 devices have it",
                    said('device', "find the root '/dev/vdx': no such device "
                         'within 0 s')))

    words, disks, last, says = no_inits()
    yield Row('vm/7/root-init-of-many', '7', words, disks=disks, says=says,
              weight=5, checks=checks.ARRIVED + (
                  checks.argv_is('/bin/init'), checks.root_mount('ext4', last)))
    # What the root took of its time is not /usr's loss.
    yield Row('vm/6.1/refuse-usr-absent-later', '6.1',
              'root=/dev/vda rd.timeout=6 loglevel=7', kind='reset', disks=[],
              weight=12, total=30, plug=(
                  r'pintle: device: waiting for', disk(files={
                      '/usr': None, '/etc/fstab': b'/dev/vdx /usr ext4\n'})),
              says=(said('usr', r"find the /usr '/dev/vdx': no such device "
                         'within 6 s'), 'usr: seen: /dev/vda 254:0'),
              checks=(whole_deadline,))


def shell_row(series, name, break_it, words, sentence):
    """A row whose initramfs has a shell that looks."""
    return Row(
        f'vm/{series}/refuse-{name}', series,
        f'root=/dev/vda rd.break=switch rd.shell {words} '
        'landing.cat=/run/before landing.stat=/init,/bin/busybox',
        initramfs=lambda: with_shell(break_it), says=(said('switch', sentence),),
        checks=(untouched, initramfs_whole, checks.pid_1_in_root,
                checks.kernel_threads_moved))


def with_shell(break_it):
    """Image parameters; busybox is looked for only when the row runs."""
    return dict(add=((images.busybox(), '/bin/busybox'),
                     ('landing', '/bin/landing'),
                     (SHELL % break_it, '/bin/sh')))
