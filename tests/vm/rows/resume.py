# SPDX-License-Identifier: MIT
"""Going back to a hibernated system, and every reason not to.

A system that hibernated has its root mounted: whoever mounts that before it is
back destroys it. The rows that hibernate are two machines with the same disks,
the second one started where the first was switched off.
"""
import pathlib
import re
import shutil

import checks
import images
import stacks
import vm
from scenario import Boot, Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
SWAP_UUID = '2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f816'

# --- nobody hibernated ----------------------------------------------------


def swap(megabytes=8):
    """Where a system may have hibernated to."""
    return disk(image=lambda: images.swap(SWAP_UUID, 'a swap', megabytes))


# name: kernel parameters, what the kernel knows then, who said what
RESUMED = {
    'by-uuid': (f'resume=UUID={SWAP_UUID}', '254:16', ()),
    'by-label': ('resume=LABEL="a swap"', '254:16', ()),
    'absent': (
        'resume=/dev/vdx rd.timeout=1', '0:0',
        (r"resume: find the swap '/dev/vdx': no such device within 1 s, "
         r"starting anew",)),
    'noresume': (f'resume=UUID={SWAP_UUID} noresume', '0:0', ()),
}


def resume_is(number):
    """The kernel was asked to look there."""
    def asked(boot):
        said = next(f['text'] for f in boot.facts['files']
                    if f['path'] == '/sys/power/resume')
        if said != f'{number}\n':
            yield f'/sys/power/resume is {said!r}, expected {number}'
    return asked


# --- somebody did ---------------------------------------------------------

# What only a system that went on can say: the boot it began in, by the
# kernel's own word and by a shell that remembers it, and a process of then.
INIT = b'''#!/bin/busybox sh
b=/bin/busybox
before=$($b cat /proc/sys/kernel/random/boot_id)
$b swapon %s || exit
$b sleep 1000 &
# switched off by the kernel, not by what the firmware calls S4
echo shutdown >/sys/power/disk
echo disk >/sys/power/state
now=$($b cat /proc/sys/kernel/random/boot_id)
$b kill -0 $! && lives=lives
$b kill $!; wait
echo "$before $now ${lives-died}" >/run/went-on
echo written >/went-on
exec /sbin/landing
'''

WENT_ON = 'landing.cat=/run/went-on,/proc/sys/kernel/random/boot_id,/went-on'
MEGABYTES = 64          # of swap: what a machine this small has in use


def sleeper(where):
    """What is in a root that goes to sleep, with its swap there."""
    return dict(init='/sbin/landing', files={
        '/sbin/init': INIT % where, '/bin/busybox': images.busybox()})


def in_partition():
    """Disks, and the parameters that say where the swap is."""
    return [disk(image=lambda: images.root(**sleeper(b'/dev/vdb'))),
            swap(MEGABYTES)], f'resume=UUID={SWAP_UUID}'


def in_file():
    """The same in a file of the root."""
    image, page = images.with_swap_file(
        MEGABYTES, **sleeper(images.SWAP_FILE.encode()))
    return [disk(image=image)], f'resume=UUID={UUID} resume_offset={page}'


class Hibernation(Row):
    """Two machines, or three: before, one that is told not to, and after."""

    def run(self, directory, accel):
        directory = pathlib.Path(directory)
        kernel = images.kernel(self.kernel)
        disks, words = self.disks()
        disks = self.ready(disks)
        initramfs = self.packed(kernel, disks)
        for number, each in enumerate(disks):
            copy = directory / f'disk{number}'
            directory.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(each['image'], copy)
            each.update(image=copy, kept=True)

        def boot(name, more='', kept=True):
            return vm.Machine(
                directory / name, kernel.vmlinux, initramfs,
                f'root=/dev/vda rw loglevel=7 {words} {WENT_ON} {more}',
                memory=self.memory, accel=accel, total=self.total,
                silence=self.silence,
                disks=[dict(d, kept=kept) for d in disks]).run()
        result = boot('before')
        complaints = list(self.asleep(result, disks))
        if not complaints and self.other:
            result = boot('without', 'noresume', kept=False)
            complaints = list(self.anew(Boot(self, kernel, result)))
        if not complaints:
            result = boot('after')
            complaints = list(self.judge(Boot(self, kernel, result)))
            complaints += self.mounted_once(disks)
        for each in disks:
            each['image'].unlink()
        return complaints, result

    other = False

    def asleep(self, result, disks):
        """The first one is off, and the root's file system is not clean."""
        if result.kind != 'powered-off' or 'PM: hibernation: ' not in (
                result.console):
            yield f'it does not hibernate: {result.verdict()}'
        yield from self.mounted_once(disks)

    @staticmethod
    def mounted_once(disks):
        """To be written to: once, before, and not again."""
        count = images.mount_count(disks[0]['image'])
        if count != 1:
            yield f'the root was mounted {count} times to be written to'

    @staticmethod
    def anew(boot):
        """With noresume another system is there, which finds a root that was
        not unmounted."""
        if 'EXT4-fs (vda): recovery complete' not in boot.result.console:
            yield f'noresume: no root was mounted: {boot.result.verdict()}'


def went_on(boot):
    """It is the system that went to sleep."""
    texts = {f['path']: f['text'] for f in boot.facts['files']}
    now = texts['/proc/sys/kernel/random/boot_id'].strip()
    if texts['/run/went-on'] != f'{now} {now} lives\n':
        yield f'{texts["/run/went-on"]!r} in boot {now}'
    if texts['/went-on'] != 'written\n':
        yield 'its root can no longer be written to'


def no_root_mounted(boot):
    """Before it was back nobody mounted anything from a disk."""
    for line in re.findall(r'.*(?:EXT4-fs|pintle: (?:device|root): ).*',
                           boot.result.console):
        yield line.strip()


def splashed():
    """An image with plymouth, which is there before the look at the swap."""
    return dict(modules=('virtio_pci', 'virtio_blk'), tree=stacks.tree(),
                programs=('--with-plymouth',))


def rows():
    """Where nobody hibernated on the oldest kernel, the usual way on all."""
    for series in ('6.1', '7'):
        for name, (words, number, says) in RESUMED.items():
            if (series == '7') == (name == 'by-uuid'):
                yield Row(
                    f'vm/{series}/resume-{name}', series,
                    f'root=/dev/vda {words} landing.cat=/sys/power/resume',
                    disks=[disk(), swap()], weight=3, says=says,
                    checks=checks.ARRIVED + (resume_is(number),))
    # What is in a file is in the end what is in a partition, so that the newest
    # has one of them; on each somebody once does not want to go back.
    for series, name, disks in (('6.1', 'hibernated', in_partition),
                                ('6.1', 'hibernated-file', in_file),
                                ('7', 'hibernated-file', in_file)):
        row = Hibernation(
            f'vm/{series}/resume-{name}', series, disks=disks, memory=256,
            weight=12,
            # drivers may still be loading when the kernel stops everybody
            initramfs=dict(modules=(), kind='generic') if series == '7' else
            splashed if name == 'hibernated' else
            dict(modules=('virtio_pci', 'virtio_blk')),
            says=("pintle: resume: look for a hibernated system on '/dev/vd",),
            checks=(went_on, no_root_mounted, checks.is_pid_1))
        row.other = (series, name) != ('6.1', 'hibernated-file')
        yield row
