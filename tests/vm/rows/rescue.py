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

# A piece of the initramfs becomes a piece of the new root.
BINDING = b'''#!/bin/busybox sh
/bin/busybox mount -o bind /bin /sysroot/mnt
'''

WAS_HERE = 'the shell is here'
MISSING = r"pintle: switch: find init '/none' in the new root: No such file"


STAGES = ('anchor', 'modules', 'resume', 'helpers', 'device', 'check', 'root',
          'usr', 'switch')


def stopped_at(boot):
    """Before each stage once, and each time the shell was there, then."""
    lines = [k['text'] for k in boot.facts['kmsg']]
    found = [line for line in lines if 'stopped before this stage' in line or
             WAS_HERE in line]
    wanted = [(f'pintle: {stage}: stopped before', WAS_HERE)
              for stage in STAGES]
    for line, words in zip(found, sum(wanted, ())):
        if words not in line:
            yield f'{line!r}, expected {words!r}'
    if len(found) != 2 * len(STAGES):
        yield f'{len(found)} lines: {found}'


def with_shell(script):
    """Image parameters; busybox is looked for only when the row runs."""
    return lambda: dict(add=((images.busybox(), '/bin/busybox'),
                             (script, '/bin/sh')))


def row(name, words, **more):
    """On one kernel: nothing here differs between them."""
    return Row(f'vm/6.12/rescue-{name}', '6.12', f'root=/dev/vda {words}',
               weight=3, **more)


def rows():
    """Each stage can be stopped at, and without being asked none is."""
    yield row('break-each', f'rd.break={",".join(STAGES)}',
              initramfs=with_shell(HERE), checks=checks.ARRIVED + (stopped_at,))
    # After the switch the image's shell is gone: it is the new root's.
    yield row('break-exec', 'rd.break=exec',
              disks=[disk_with_shell()],
              says=('pintle: exec: stopped before this stage', WAS_HERE),
              checks=(checks.is_pid_1, checks.one_root, checks.pid_1_in_root))
    yield row('break-alone', 'rd.break', initramfs=with_shell(HERE),
              says=('pintle: switch: stopped before this stage', WAS_HERE),
              checks=checks.ARRIVED)
    yield row('break-nowhere', 'rd.break=lunch', initramfs=with_shell(HERE),
              says=(r"pintle: settings: read 'rd.break=lunch': there is no "
                    r'stage of that name',),
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
    yield row('root-made-of-initramfs', 'rd.break landing.stat=/mnt/busybox',
              initramfs=with_shell(BINDING),
              disks=[disk(directories=images.DIRECTORIES + ('mnt',))],
              checks=(checks.is_pid_1, checks.one_root, still_there))
    yield row('shell-not-asked', 'init=/none', initramfs=with_shell(HERE),
              kind='reset', says=(MISSING,), never=(WAS_HERE,))
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
    if why != 'the new root is made of it':
        yield f'the report says: {why}'


def disk_with_shell():
    """A root that has a shell of its own."""
    return dict(disk(), image=lambda: images.root(files={
        '/bin/busybox': images.busybox().read_bytes(), '/bin/sh': HERE}))
