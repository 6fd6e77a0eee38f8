# SPDX-License-Identifier: MIT
"""The image's shell, and how a boot that failed ends.

The shell is a script: it says in the kernel's log that it was there.
"""
import checks
import images
from scenario import Row, disk

HERE = b'''#!/bin/busybox sh
echo "<4>the shell is here: $(/bin/busybox ls -d /sysroot 2>&1)" >/dev/kmsg
'''

# The same; before the switch it takes the root away, and then, called by the
# failure, brings it back: the stage is tried again and succeeds.
EACH = HERE + b'''if [ -e /run/mended ]; then
	exit
elif [ -e /run/broken ]; then
	/bin/busybox mount -o ro -t ext4 /dev/vda /sysroot
	: >/run/mended
elif [ $(/bin/busybox dmesg | /bin/busybox grep -c "shell is here") = %d ]; then
	/bin/busybox umount /sysroot
	: >/run/broken
fi
'''

# Run before the switch it takes the root away, run after the failure it brings
# it back: the stage is tried again and succeeds.
MENDING = b'''#!/bin/busybox sh
if [ ! -e /run/broken ]; then
	/bin/busybox umount /sysroot
	: >/run/broken
else
	/bin/busybox mount -o ro -t ext4 /dev/vda /sysroot
fi
'''

# What people do: mount it by hand, and go on. The status must not matter.
MOUNTING = b'''#!/bin/busybox sh
/bin/busybox mkdir -p /sysroot
/bin/busybox mount -o ro -t ext4 /dev/vda /sysroot
false
'''

# A person mounts the root, and thinks better of it at the next stop.
TOGGLING = b'''#!/bin/busybox sh
/bin/busybox umount /sysroot ||
	/bin/busybox mount -o ro -t ext4 /dev/vda /sysroot
'''

# The same of a root that does not come: mounted for the stage that finds it and
# gone for the next, which fails twice before it is mounted again.
UNSTEADY = b'''#!/bin/busybox sh
count=$(($(/bin/busybox cat /run/count 2>/dev/null || echo 0) + 1))
echo $count >/run/count
case $count in
1 | 5) /bin/busybox mount -o ro -t ext4 /dev/vda /sysroot ;;
2) /bin/busybox umount /sysroot ;;
esac
'''

# A piece of the initramfs becomes a piece of the new root.
BINDING = b'''#!/bin/busybox sh
/bin/busybox mount -o bind /bin /sysroot/mnt
'''

WAS_HERE = 'the shell is here'
TAKEN = "pintle: switch: switch to '/sysroot': it is a directory of another mount"
MISSING = r"pintle: switch: find init '/none' in the new root: No such file"


STAGES = ('anchor', 'modules', 'splash', 'resume', 'helpers', 'device',
          'check', 'root', 'usr', 'switch')


def stopped_at(boot):
    """Before each stage once, and each time the shell was there, then; and
    because of the failure, after which the stage is tried again."""
    lines = [k['text'] for k in boot.facts['kmsg']]
    found = [line for line in lines if 'stopped before this stage' in line or
             WAS_HERE in line or TAKEN in line]
    wanted = [words for stage in STAGES
              for words in (f'pintle: {stage}: stopped before', WAS_HERE)]
    wanted += [TAKEN, WAS_HERE, *wanted[-2:]]
    for line, words in zip(found, wanted):
        if words not in line:
            yield f'{line!r}, expected {words!r}'
    if len(found) != len(wanted):
        yield f'{len(found)} lines: {found}'


def by_hand(boot):
    """The report does not name the device that was found before."""
    root = boot.report()['root']
    if root['device'] != '(by hand)':
        yield f'the report has the root {root}'


def with_shell(script):
    """Image parameters; busybox is looked for only when the row runs."""
    return lambda: dict(add=((images.busybox(), '/bin/busybox'),
                             (script, '/bin/sh')))


def row(name, words, series='6.12', **more):
    """One boot."""
    return Row(f'vm/{series}/rescue-{name}', series, f'root=/dev/vda {words}',
               weight=3, **more)


# What somebody does who wants a shell of a machine that has none for him:
# Enter, names of shells, ^C, ^Z, ^D, ^\\.
KEYS = '\n/bin/sh\nsh\n\x03\x1a\x04\x1c\n'


def rows():
    """Each stage can be stopped at, and without being asked none is. On one
    kernel, as nothing here differs between them, but for what shows most."""
    for series in ('6.1', '7'):
        yield row('break-each', f'rd.break={",".join(STAGES)} rd.shell', series,
                  initramfs=with_shell(EACH % len(STAGES)),
                  checks=checks.ARRIVED + (stopped_at,))
        # From before the failure until the machine restarts.
        yield row('no-shell-by-keyboard', 'init=/none panic=2', series,
                  initramfs=with_shell(HERE), kind='reset',
                  types=(('.', KEYS), (MISSING, KEYS),
                         ('restarting in 2 s', KEYS)),
                  says=(MISSING, r'pintle: switch: restarting in 2 s'),
                  never=(WAS_HERE,))
    # After the switch the image's shell is gone: it is the new root's.
    yield row('break-exec', 'rd.break=exec',
              disks=[disk_with_shell()],
              says=('pintle: exec: stopped before this stage', WAS_HERE),
              checks=(checks.is_pid_1, checks.one_root, checks.pid_1_in_root))
    # The shell is at the last of two consoles, which the other one is told.
    yield row('break-alone', 'rd.break console=tty0', initramfs=with_shell(HERE),
              says=('pintle: switch: stopped before this stage',
                    "pintle: switch: the shell is on the console 'tty0'",
                    WAS_HERE),
              checks=checks.ARRIVED)
    # Of a list, each that is none is named by itself.
    yield row('break-nowhere', 'rd.break=lunch,brunch',
              initramfs=with_shell(HERE),
              says=tuple(rf"pintle: settings: read 'rd.break={name}': there is "
                         'no stage of that name'
                         for name in ('lunch', 'brunch')),
              never=(WAS_HERE,), checks=checks.ARRIVED)
    yield row('shell-mends', 'rd.break rd.shell',
              initramfs=with_shell(MENDING),
              says=(r"pintle: switch: switch to '/sysroot': it is a directory "
                    r'of another mount',),
              checks=checks.ARRIVED)
    yield row('shell-mounts', 'root=/dev/vdz rd.timeout=1 rd.shell',
              initramfs=with_shell(MOUNTING),
              says=(r"pintle: device: find the root '/dev/vdz': no such device "
                    r'within 1 s',
                    r"pintle: device: '/sysroot' is mounted already"),
              checks=checks.ARRIVED)
    # The root was found, and cannot be mounted; another one is, by hand.
    yield row('shell-mounts-another', 'rootflags=nosuchoption=1 rd.shell',
              initramfs=with_shell(MOUNTING.replace(b'vda', b'vdb')),
              disks=[disk(), disk(label='second')],
              says=(r"pintle: root: mount '/dev/vda' on '/sysroot' as ext4: ",
                    r"pintle: root: '/sysroot' is mounted already"),
              checks=checks.ARRIVED + (
                  checks.root_mount('ext4', '/dev/vdb'), by_hand))
    # What was found mounted is looked for once more when it is gone again.
    yield row('shell-unmounts', 'rd.break=device,root',
              initramfs=with_shell(TOGGLING),
              says=(r"pintle: device: '/sysroot' is mounted already",
                    r"pintle: root: '/dev/vda' is '/dev/vda', ext., mounted"),
              checks=checks.ARRIVED)
    yield row('shell-unmounts-absent',
              'root=/dev/vdz rd.timeout=1 rd.shell rd.break=root',
              initramfs=with_shell(UNSTEADY),
              says=(r"pintle: device: '/sysroot' is mounted already",
                    r"pintle: root: find the root '/dev/vdz': no such device",
                    r"pintle: root: '/sysroot' is mounted already"),
              checks=checks.ARRIVED)
    yield row('root-made-of-initramfs', 'rd.break landing.stat=/mnt/busybox',
              initramfs=with_shell(BINDING),
              disks=[disk(directories=images.DIRECTORIES + ('mnt',))],
              checks=(checks.is_pid_1, checks.one_root, still_there))
    yield row('shell-asked', 'init=/none rd.shell rd.shell=0',
              initramfs=with_shell(HERE), kind='reset', says=(MISSING,),
              never=(WAS_HERE,))
    yield row('shell-missing', 'init=/none rd.shell', kind='reset',
              says=(MISSING,
                    r"pintle: switch: start the shell '/bin/sh': No such file",
                    r'pintle-mkinitramfs --add'))
    yield row('panic-3', 'init=/none panic=3', kind='reset',
              says=(MISSING, r'pintle: switch: restarting in 3 s'))
    yield row('panic-0', 'init=/none panic=0', kind='hung', silence=8, alarms=True,
              says=(MISSING, r'pintle: switch: stopped; Ctrl-Alt-Del'))


def still_there(boot):
    """It was not deleted, and the report says why."""
    if 'mode' not in boot.facts['paths'][0]:
        yield f'the file is gone: {boot.facts["paths"][0]}'
    why = boot.report()['switch']['left']['why']
    if why != "'/sysroot/mnt' (rootfs) is a part of it":
        yield f'the report says: {why}'


def disk_with_shell():
    """A root that has a shell of its own."""
    return dict(disk(), image=lambda: images.root(files={
        '/bin/busybox': images.busybox().read_bytes(), '/bin/sh': HERE}))
