# SPDX-License-Identifier: MIT
"""Roots inside of LUKS, LVM and md, set up by their own tools of Debian 12.

The disks are made by those tools too (stacks.py). What they are without a hook
in the image: never mounted, named, and the option that helps.
"""
import checks
import images
import stacks
from scenario import Row, disk
from stacks import stack, with_hooks

ASKED = r"Passphrase for '/dev/(\S+)' \(\S+\): ?"
WRONG = r'That was wrong\. ' + ASKED
AGAIN = ASKED + r'[^\n]*\n(?s:.*)' + ASKED
BY_NAME = r"Passphrase for 'vda3_crypt' \('/dev/vdb'\): "
AGAIN_BY_NAME = r'That was wrong\. ' + BY_NAME
TYPED = ((ASKED, 'open sesamo\n'), (WRONG, stacks.PASSPHRASE + '\n'))


def row(series, name, root, disks, options, source, words='',
        disks_too=(), add=(), **more):
    """A boot that lands, with its root on the device `source`."""
    more.setdefault('checks', checks.ARRIVED + (
        checks.root_mount('ext4', source), secret_is_kept))
    return Row(f'vm/{series}/hooks-{name}', series,
               f'root={root} {words}' if root else words,
               disks=[*(stack(d) for d in disks), *disks_too],
               initramfs=with_hooks(options, add), weight=8,
               fetches=(stacks.all_made,), **more)


# The same thing named in another way on each kernel.
INSIDE = f'/dev/mapper/luks-{stacks.LUKS}'
LVM = {'6.1': '/dev/vg-a/root', '7': f'UUID={stacks.ROOT}'}


def rows():
    """Each kind on more than one kernel; then what the kernel has no part in."""
    for series, root in LVM.items():
        # It is in a partition for the root of this architecture, and nobody
        # says so. Asking and unlocking takes longer than a second. The person
        # is not at the last console, and types once the question is there
        # again: the kernel has printed over it. Then the line is stopped by
        # Ctrl-S, and must keep nobody from closing it. On the newest kernel the
        # UUID of the LUKS is given, and what is inside is meant.
        yield row(series, 'luks', f'UUID={stacks.LUKS}' if series == '7' else
                  None, [], ['--with-crypt'], INSIDE,
                  words='rd.timeout=1 loglevel=6 console=tty0',
                  types=((AGAIN, TYPED[0][1]),
                         (WRONG, f'\x13{stacks.PASSPHRASE}\n')),
                  disks_too=[disk(image=luks_partition), disk('empty-cd')],
                  plug=(ASKED, disk()), checks=checks.ARRIVED + (
                      checks.root_mount('ext4', INSIDE), secret_is_kept,
                      drive_is_empty, nobody_was_stopped),
                  never=('sr0.*(I/O error|Sense Key)', 'I/O error, dev sr0',
                         "read '/dev/sr0'"),
                  says=("pintle: device: ask for the passphrase of '/dev/vda1' "
                        r"\(UUID=\S+\) on (tty0, ttyS0|ttyS0, tty0)",
                        r'pintle: the passphrase is being checked \(\d s\)',
                        "pintle: device: open '/dev/vda1': wrong passphrase, "
                        '1 of 3'))
        yield members(series)
        yield row(series, 'lvm', root, ['lvm'], ['--with-lvm'],
                  '/dev/mapper/vg--a-root')
        yield row(series, 'md', f'UUID={stacks.ROOT}', ['md-0', 'md-1'],
                  ['--with-md'], '/dev/md0', never=(LATE,))
    # Typed at a machine's keyboard: its driver is a module as USB's are, and
    # the first look at the disk may be before it is there.
    # The command line names the device.
    keys = row('6.1-full', 'luks-usb-keyboard', '/dev/mapper/cryptroot',
               ['luks'], ['--with-crypt'], '/dev/mapper/cryptroot',
               words='loglevel=7 console=tty0 '
               f'rd.luks.name={stacks.LUKS}=cryptroot',
               never=("read 'rd.luks.name'",),
               types=((r'hid-generic .* USB HID .* Keyboard',
                       stacks.PASSPHRASE + '\n'),),
               usb_keyboard=True, memory=512)
    hooks = keys.initramfs
    keys.initramfs = lambda: dict(hooks(), modules=(), kind='generic',
                                  compress='zstd')
    yield keys
    # What lacks a disk: an array (found, but nothing to resume from) and a
    # volume group.
    yield row('6.12', 'late', '/dev/wide/root', ['md-0', 'wide-0'],
              ['--with-md', '--with-lvm'], '/dev/mapper/wide-root',
              words='resume=/dev/md0 rd.timeout=3',
              alarms=True,      # lvm has a WARNING: of its own
              says=(f"{LATE} '/sbin/mdadm .*' for '/dev/vda' as it is",
                    f"{LATE} '/sbin/lvm .*' for '/dev/vdb' as it is",
                    r"look for a hibernated system on '/dev/md0'"))
    yield refused('refused', '/dev/md0 rd.timeout=2 loglevel=5',
                  ['md-0', 'luks'], ['--with-md=whole', '--with-crypt'],
                  r"find the root '/dev/md0': no such device within 2 s",
                  'seen: /dev/vda .* linux_raid_member .*; its hook made '
                  'another device of it, see dmesg',
                  r"open '/dev/vdb': nothing was typed, leaving it closed",
                  # what was run for it last
                  'seen: /dev/vdb .* crypto_LUKS .*; its hook failed and made '
                  'no root of it, see dmesg',
                  f"read '/etc/pintle/hooks': 'crypto_LUKS soon /bin/x' is "
                  'neither TYPE', r'--raw\?\[2J\?\?\?', never=('raw\x1b',),
                  add=((OF_OWN, '/etc/pintle/hooks'),),
                  types=((ASKED, '\n'),))
    # What another host has made: an array that is given a number of its own,
    # and volumes that LVM leaves alone, unless the image has that host's name.
    for series, name in ('6.1', '/dev/md0'), ('7', '/dev/md/0'):
        yield Row(f'vm/{series}/hooks-far', series,
                  f'root={name} rd.timeout=2 loglevel=5', kind='reset',
                  disks=[stack('far-md-0'), stack('far-md-1'),
                         stack('far-lvm')], weight=7,
                  initramfs=with_hooks(['--with-md', '--with-lvm'], (
                      (b'HOMEHOST here\n', '/etc/mdadm/mdadm.conf'),)),
                  says=("seen: /dev/vda .* linux_raid_member .*; '/dev/md127' is "
                        'made of it',
                        f"nearest: '/dev/md127', root=UUID={stacks.ROOT}; an "
                        'array of another host is called so',
                        f'VG vgfar with system ID {stacks.FAR}',
                        'seen: /dev/vdc .* LVM2_member .*; its hook made no '
                        'root of it, see dmesg'))
    yield row('6.1', 'far-lvm', '/dev/vgfar/root', ['far-lvm'], ['--with-lvm'],
              '/dev/mapper/vgfar-root', add=((NEAR, '/etc/lvm/lvm.conf'),))
    # One has its own key in the image, a part of a file that crypttab names, and
    # the other one the key for all.
    keys = row('6.12', 'lvm-on-luks', '/dev/mapper/deep-root',
               ['luks-lvm', 'luks'],
               lambda: [f'--with-crypt={key()}', '--with-keyfile=/etc/keys/*',
                        '--with-lvm'],
               '/dev/mapper/deep-root', never=(ASKED, 'ended with status'))
    own = keys.initramfs
    keys.initramfs = lambda: dict(own(), tree=stacks.with_files(
        stacks.tree(), TABLE))
    yield keys
    # Devices are looked at for the swap already, so that the splash has to be
    # there before: it takes the console from who was asked on it. The swap comes
    # later, or nobody would be asked for it.
    yield row('6.12', 'plymouth', INSIDE, ['luks'],
              ['--with-crypt', '--with-plymouth'], INSIDE, types=TYPED,
              words=f'resume=UUID={SWAP}',
              plug=('That was wrong',
                    disk(image=lambda: images.swap(SWAP, 'a swap'))),
              checks=(checks.root_mount('ext4', INSIDE), secret_is_kept),
              says=(r"Passphrase for '/dev/vda' \(\S+\):\*",
                    "pintle: resume: open '/dev/vda': wrong passphrase, "
                    '1 of 3',
                    r"resume: look for a hibernated system on '/dev/vdb'"),
              never=(r"Passphrase for '/dev/vda' \(\S+\): ",))
    # The root comes while somebody is asked for what it does not need.
    yield row('6.12', 'luks-not-needed', '/dev/vdb', ['luks'],
              ['--with-crypt'], '/dev/vdb', types=((NEVER, ''),),
              plug=(ASKED, disk()), never=('wrong passphrase',))
    # Two have one passphrase, which is typed once.
    yield row('6.12', 'luks-both', '/dev/mapper/deep-root',
              ['luks', 'luks-lvm'], ['--with-crypt', '--with-lvm'],
              '/dev/mapper/deep-root', types=((ASKED, TYPED[1][1]),),
              words=f'rd.luks.uuid={stacks.LUKS} loglevel=7 '
              f'rd.luks.uuid={stacks.LUKS_LVM}',
              says=("pintle: device: open '/dev/vd[ab]': trying the passphrase of "
                    'another device',),
              never=(AGAIN, 'That was wrong'))
    # A token is used while somebody is asked: it answers when the question is on
    # the screen, or is ended by the answer.
    yield row('7', 'luks-token', INSIDE, ['luks'], ['--with-crypt'], INSIDE,
              types=((ASKED, ''),), add=token('sleep 4', BESIDE),
              says=(r'It need not be answered any more',),
              never=('nothing was typed', 'wrong passphrase'))
    yield row('6.1', 'luks-token-hangs', INSIDE, ['luks'], ['--with-crypt'],
              INSIDE, types=((TOKEN_FAILED, ''),
                             (ASKED, stacks.PASSPHRASE + '\n')),
              words='loglevel=6', add=token('sleep 1000', FAILS + BESIDE),
              never=('killed by signal',), checks=checks.ARRIVED + (
                  checks.nothing_else_runs, secret_is_kept,
                  checks.root_mount('ext4', INSIDE)))
    # Three are three, under the name of crypttab; and for what the root does
    # not need, which is found first, nobody is asked at all.
    yield refused('luks-wrong', '/dev/mapper/vda3_crypt rd.timeout=1 loglevel=5 '
                  'pintle.password_echo=masked', ['luks-lvm', 'luks'],
                  ['--with-crypt'],
                  r"Passphrase for 'vda3_crypt' \('/dev/vdb'\): \*",
                  "open '/dev/vdb' as 'vda3_crypt': wrong passphrase, 2 of 3",
                  "open '/dev/vdb' as 'vda3_crypt': wrong passphrase, 3 of 3, "
                  'leaving it closed',
                  'seen: /dev/vdb .* crypto_LUKS .*; its hook made no root of '
                  'it: each passphrase was wrong',
                  add=((NAMED, '/etc/pintle/hooks'),),
                  never=(ASKED, 'status 2'),
                  types=((BY_NAME, 'a\n'), (AGAIN_BY_NAME, 'b\n'),
                         (AGAIN_BY_NAME, 'c\n')))
    # What a real init finds: looked at by udev, as it is in Debian 12.
    yield row('6.12', 'udev', '/dev/vdb', ['lvm'], ['--with-lvm'], '/dev/vdb',
              words='resume=/dev/mapper/vg--a-root landing.cat=/run/asked',
              disks_too=[disk(image=udev_disk)],
              checks=(checks.root_mount('ext4', '/dev/vdb'), known_to_udev))


def members(series):
    """The same without hooks, each the only thing that could be the root;
    whatever a person says it is."""
    typed = 'rootfstype=ext4' if series == '7' else ''
    return Row(f'vm/{series}/members', series,
               f'root=UUID={stacks.ROOT},LABEL=mirrored,PARTUUID={HALF}-01,'
               f'/dev/vdb,/dev/vdc rd.timeout=1 {typed}',
               disks=[stack('md10-0'), stack('lvm'), stack('luks'),
                      disk(image=half_of_mirror)],
               kind='reset', weight=5, says=(
                   f"find the root 'UUID={stacks.ROOT}': no such device",
                   "find the root 'LABEL=mirrored': no such device",
                   f"find the root 'PARTUUID={HALF}-01': no such device",
                   'seen: /dev/vdd .* lsi_mega_raid_member; it is a part of '
                   'something that nothing in this image sets up',
                   'seen: /dev/vdd1 .* ext4 .*; its disk is a member of an array',
                   r"mount '/dev/vdb': it holds a part of something else "
                   r'\(LVM2_member\)',
                   r"mount '/dev/vdc': it holds a part of something else "
                   r'\(crypto_LUKS\)',
                   'seen: /dev/vda .* linux_raid_member .*; needs '
                   'pintle-mkinitramfs --with-md',
                   'seen: /dev/vdb .* LVM2_member .*; needs '
                   'pintle-mkinitramfs --with-lvm',
                   'seen: /dev/vdc .* crypto_LUKS .*; needs '
                   'pintle-mkinitramfs --with-crypt'),
               never=(r"'UUID=\S*' is '/dev/",))


HALF = 'a1b2c3d4'


def half_of_mirror():
    """A disk of a BIOS RAID, whose partition looks sound."""
    content = images.root(label='mirrored', table={'kind': 'mbr', 'disk': HALF})
    return images.edited(content, **{
        f'at_{content.stat().st_size - 512}': b'$XIDE$'})


# As pintle-mkinitramfs writes it for that host.
NEAR = f'''activation {{ udev_sync = 0 udev_rules = 0 monitoring = 0 }}
devices {{ obtain_device_list_from_udev = 0 use_devicesfile = 0 }}
backup {{ backup = 0 archive = 0 }}
global {{ use_lvmpolld = 0 system_id_source = "lvmlocal" }}
local {{ system_id = "{stacks.FAR}" }}
'''.encode()
LATE = 'time is running out: run'
NEVER = r'(?!)'
SWAP = '2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f816'
NAMED = (f'crypto_LUKS:{stacks.LUKS} ask /sbin/cryptsetup open --type luks '
         '--key-file=- %d vda3_crypt\n').encode()
# The last is late, and repeats bytes that a terminal obeys.
OF_OWN = (b'# nobody reads this\ncrypto_LUKS soon /bin/x\n'
          b'crypto_LUKS late /sbin/mdadm --raw\x1b[2J\xe2\x80\xae\n')


BESIDE = b'crypto_LUKS beside /bin/token %d luks-%u\n'
FAILS = b'crypto_LUKS beside /bin/busybox false\n'
TOKEN_FAILED = r"run '/bin/busybox false' for '/dev/vda': it ended with status 1"


def token(command, lines):
    """What `add` is for a token's program, which begins with that command."""
    script = f'''#!/bin/busybox sh
busybox {command}
exec /sbin/cryptsetup open --type luks --key-file=/etc/key "$@"
'''
    return lambda: ((lines, '/etc/pintle/hooks'),
                    (images.busybox(), '/bin/busybox'),
                    (stacks.PASSPHRASE.encode(), '/etc/key'),
                    (script.encode(), '/bin/token'))


def key():
    """The passphrase as a file."""
    return images.script_file(stacks.PASSPHRASE.encode())


TABLE = {'etc/crypttab': f'deep_crypt UUID={stacks.LUKS_LVM} /etc/keys/root '
                     'luks,discard,keyfile-offset=3,keyfile-size='
                     f'{len(stacks.PASSPHRASE)}\n',
         'etc/keys/root': f'no {stacks.PASSPHRASE} no'}


UDEV = rb"""#!/bin/busybox sh
/lib/systemd/systemd-udevd --daemon
/bin/udevadm trigger --action=add --subsystem-match=block
/bin/udevadm settle --timeout=20
cd /dev
/bin/udevadm info /dev/dm-0 >/run/asked
/bin/busybox ls -l mapper disk/by-uuid >>/run/asked
/bin/udevadm control --exit
exec /sbin/landing
"""
RULES = ('50-udev-default', '55-dm', '56-lvm', '60-persistent-storage-dm')


def udev_disk():
    """A root whose init starts udev, then is landing."""
    tree = stacks.tree()
    files = images.with_libraries('/bin/udevadm', tree)
    files.update(images.with_libraries('/sbin/dmsetup', tree))
    files['/lib/systemd/systemd-udevd'] = files['/bin/udevadm']
    for name in RULES:
        path = f'/lib/udev/rules.d/{name}.rules'
        files[path] = tree / path[1:]
    files['/sbin/landing'] = images.program('landing')
    files['/bin/busybox'] = images.busybox()
    files['/sbin/init'] = UDEV
    return images.root(init=None, files=files, megabytes=32)


def known_to_udev(boot):
    """It is finished, and goes by all of its names."""
    said = boot.facts['files'][0]['text']
    for wanted in ('E: DM_ACTIVATION=1', 'E: DM_NAME=vg--a-root',
                   f'S: disk/by-uuid/{stacks.ROOT}', 'S: mapper/vg--a-root',
                   'vg--a-root -> ../dm-0', f'{stacks.ROOT} -> ../../dm-0'):
        if wanted not in said:
            yield f'{wanted!r} is not in what udev says: {said}'
    if 'DISABLE_OTHER_RULES' in said:
        yield f'udev takes it for unfinished: {said}'


def luks_partition():
    """The disk `luks` as the partition for the root of this architecture."""
    content = stacks.disk_file('luks')

    def make(path):
        path.write_bytes(images.partitioned(
            content.read_bytes(),
            purpose='4f68bce3-e8cd-4db1-96e7-fbcaf984b709'))
    return images.cached('.luks', make, 'luks partition', str(content))


def refused(name, root, disks, options, *says, add=(), **more):
    """A boot that ends with what is wrong."""
    return Row(f'vm/6.12/hooks-{name}', '6.12', f'root={root}',
               disks=[stack(d) for d in disks], kind='reset', weight=7,
               initramfs=with_hooks(options, add), says=says,
               fetches=(stacks.all_made,), **more)


def drive_is_empty(boot):
    """The drive was asked, and said so."""
    if '/dev/sr0 11:0 1023.9 MiB: cannot be read (No medium found)' not in str(
            boot.facts):
        yield 'the report does not say that nothing is in /dev/sr0'


def nobody_was_stopped(boot):
    """Who asked had ended before the switch."""
    for helper in boot.report()['helpers']:
        yield f'{helper["name"]} was {helper["outcome"]}'


def secret_is_kept(boot):
    """What was typed is nowhere to be seen."""
    for secret in (stacks.PASSPHRASE, 'open sesamo'):
        if secret in boot.log() or secret in str(boot.facts):
            yield f'{secret!r} can be read'
