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
import firmware
import images
import stacks
import vm
from scenario import Boot, Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
SWAP_UUID = '2c8e51d7-6f0b-4a39-b1d4-9e7a53c0f816'

# --- nobody hibernated ----------------------------------------------------


def swap(megabytes=8, image=b''):
    """Where a system may have hibernated to; image: the signature that says
    that one did, although there is nothing behind it."""
    return disk(image=lambda: images.swap(SWAP_UUID, 'a swap', megabytes,
                                          image))


def unreadable():
    """Swap whose first sectors cannot be read."""
    rules = images.cached('.blkdebug', lambda path: path.write_text(
        '[inject-error]\nevent = "read_aio"\nerrno = "5"\nsector = "0"\n'),
                          'blkdebug 1')
    return disk(image=lambda: f'blkdebug:{rules}:'
                f'{images.swap(SWAP_UUID, "a swap")}')


LOOKS = r"pintle: resume: look for a hibernated system on '/dev/vd"
HERE = f'resume=UUID={SWAP_UUID}'
KERNEL_IMAGE = b'S1SUSPEND'

# name: which kernel, kernel parameters, disks, what the kernel knows then, who
# said what
RESUMED = {
    'by-uuid': ('7', HERE, [swap()], '254:16', (LOOKS,)),
    'by-label': ('6.1', 'resume=LABEL="a swap"', [swap()],
                 '254:16', (LOOKS,)),
    'absent-noresume': (
        '6.1', 'resume=UUID=00000000-0000-4000-8000-000000000000 noresume', [],
        '0:0', ()),
    'absent-hibernate-noresume': ('7', 'resume=/dev/vdx hibernate=noresume',
                                  [], '0:0', ()),
    'noresume': ('6.1', f'{HERE} noresume', [swap(image=KERNEL_IMAGE)], '0:0',
                 (r"switch: the hibernated system on '/dev/vdb' is left alone "
                  r'\(noresume\)',)),
    # swap that was made a file system of
    'reformatted': ('6.1', 'resume=/dev/vdb', [disk(fs_uuid=SWAP_UUID)], '0:0',
                    (r"look for a hibernated system on '/dev/vdb': it holds "
                     'ext[234] and no swap, going on',)),
    # The kernel takes the image apart before it knows that it is none.
    'broken': ('6.1', HERE, [swap(image=KERNEL_IMAGE)], '254:16',
               (r"go back to the system hibernated on '/dev/vdb': the kernel "
                'could not load the image and gave it up, see dmesg, starting '
                'anew',)),
    'unnamed': ('7', '', [swap(image=KERNEL_IMAGE)], '0:0',
                (r"pintle: switch: a system is hibernated on '/dev/vdb', and no "
                 rf'resume= names it: .* by resume=UUID={SWAP_UUID}',)),
}
RESUMED['broken-newest'] = ('7', *RESUMED['broken'][1:])
RESUMED['unnamed-oldest'] = ('6.1', *RESUMED['unnamed'][1:])

OR_NORESUME = (r'pintle: resume: .*or, to give up the system that may be '
               r'hibernated there and go on, boot once with noresume',)

# Where it cannot be known that nobody is to be gone back to. Name: which kernel,
# kernel parameters, disks, sentence
STOPPED = {
    'two': ('6.1', HERE, [swap(), swap()], rf"choose the device by "
            rf"'UUID={SWAP_UUID}': 2 devices have it"),
    'form': ('6.1', 'resume=swap:vdb', [swap()],
             "find the swap 'swap:vdb': it is no form that names a block "
             'device'),
    'unreadable': ('7', 'resume=/dev/vdb', [unreadable()],
                   "read the swap '/dev/vdb': Input/output error"),
    # an image that no kernel goes back to by itself, and one that it may not
    'foreign': ('6.1', HERE, [swap(image=b'ULSUSPEND')],
                "go back to the system hibernated on '/dev/vdb': the kernel "
                'does not, and the image is still there'),
    'forbidden': ('7', f'{HERE} nohibernate', [swap(image=KERNEL_IMAGE)],
                  "go back to the system hibernated on '/dev/vdb': the kernel "
                  'does not, and the image is still there'),
}

# Who is at the shell mounts the root, and so gives up who is hibernated.
BY_HAND = b'''#!/bin/busybox sh
/bin/busybox mkdir -p /sysroot
/bin/busybox mount -o ro -t ext4 /dev/vda /sysroot
'''


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


VARIABLE = ('/sys/firmware/efi/efivars/'
            'HibernateLocation-8cf2644b-4b0b-428f-9387-6d876050dc67')
# As systemd-sleep does it: what is in the variable comes in one write.
SAYS_WHERE = b'''b=/bin/busybox
$b mount -t efivarfs efivarfs /sys/firmware/efi/efivars
$b dd bs=4096 if=/location of=%s
''' % VARIABLE.encode()
LOCATION = b'\7\0\0\0' + (
    f'{{"uuid":"{SWAP_UUID}","offset":0,"kernelVersion":"6.1.0",'
    '"osReleaseId":"debian"}\0').encode('utf-16-le')


def in_firmware():
    """In a partition, which no parameter names."""
    content = sleeper(b'/dev/vdb')
    head, rest = content['files']['/sbin/init'].split(b'\n', 1)
    content['files'].update({'/sbin/init': head + b'\n' + SAYS_WHERE + rest,
                             '/location': LOCATION})
    return [disk(image=lambda: images.root(**content)), swap(MEGABYTES)], ''


class Hibernation(Row):
    """Machines one after another: the one that goes to sleep, one that is told
    not to go back, one whose swap does not come, and one whose swap is late."""
    other = False           # is there one that is told not to go back?
    late = False            # ... whose swap is late? It is the last disk
    absent = False          # ... whose swap does not come?

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

        extra = firmware.words(directory) if self.efi else ()

        def boot(name, more='', kept=True, count=None, plug=None):
            return vm.Machine(
                directory / name,
                kernel.vmlinuz if self.efi else kernel.vmlinux, initramfs,
                f'root=/dev/vda rw loglevel=7 {words} {WENT_ON} {more}',
                memory=self.memory, accel=accel, total=self.total,
                silence=self.silence, plug=plug, extra=extra,
                disks=[dict(d, kept=kept) for d in disks[:count]]).run()
        # The firmware's memory map, which has to be the same for the way back,
        # hangs on how many disks there are at the start.
        def swapped(seconds):
            return dict(count=-1, plug=(r'resume: waiting for', disks[-1],
                                        seconds)) if self.late else {}
        result = boot('before', **swapped(0))
        complaints = list(self.asleep(result, disks))
        if not complaints and self.other:
            result = boot('without', 'noresume', kept=False)
            complaints = list(self.anew(Boot(self, kernel, result)))
        if not complaints and self.absent:
            was = disks[0]['image'].read_bytes()
            result = boot('absent', 'rd.timeout=2', count=-1)
            complaints = list(self.stopped(result))
            if disks[0]['image'].read_bytes() != was:
                complaints.append('without its swap: the root was written to')
        if not complaints:
            # later than those wait who wait for a swap as for something
            # that may as well not come
            result = boot('after', 'rootdelay=40', **swapped(10))
            complaints = list(self.judge(Boot(self, kernel, result)))
            complaints += self.mounted_once(disks)
        for each in disks:
            each['image'].unlink()
        return complaints, result

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

    def stopped(self, result):
        """It says what is missing, and how to do without."""
        if result.kind != 'reset':
            yield f'without its swap: {result.verdict()}'
        for said in (rf"find the swap 'UUID={SWAP_UUID}': no such device "
                     'within 2 s', *OR_NORESUME, *(
                         (r'noresume \(the EFI variable HibernateLocation '
                          r'names it\)',) if self.efi else ())):
            if not re.search(said, result.console):
                yield f'without its swap nobody said: {said}'

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
    """Where nobody hibernated on one kernel each, the usual way on all."""
    for name, (series, words, disks, number, says) in RESUMED.items():
        yield Row(f'vm/{series}/resume-{name}', series,
                  f'root=UUID={UUID} {words} landing.cat=/sys/power/resume',
                  disks=[disk(fs_uuid=UUID), *disks], weight=3, says=says,
                  checks=checks.ARRIVED + (resume_is(number),))
    for name, (series, words, disks, sentence) in STOPPED.items():
        yield Row(f'vm/{series}/resume-{name}', series,
                  f'root=/dev/vda rw {words} loglevel=7', kind='reset',
                  disks=[disk(), *disks], weight=3,
                  says=(f'pintle: resume: {sentence}', *OR_NORESUME),
                  never=('EXT4-fs',))
    yield Row('vm/6.1/resume-by-hand', '6.1',
              'root=/dev/vda resume=/dev/vdx rd.timeout=1 rd.shell',
              weight=4, checks=checks.ARRIVED,
              initramfs=lambda: dict(
                  add=((images.busybox(), '/bin/busybox'),
                       (BY_HAND, '/bin/sh'))),
              says=("find the swap '/dev/vdx': no such device within 1 s",
                    "resume: '/sysroot' is mounted already, looking for no "
                    'hibernated system'))
    # What is in a file is in the end what is in a partition, so that the oldest
    # alone has it; on each somebody once does not want to go back.
    for series, name, disks in (('6.1', 'hibernated', in_partition),
                                ('6.1', 'hibernated-file', in_file),
                                ('7', 'hibernated', in_partition)):
        row = Hibernation(
            f'vm/{series}/resume-{name}', series, disks=disks, memory=256,
            weight=40,
            # drivers may still be loading when the kernel stops everybody
            initramfs=dict(modules=(), kind='generic') if series == '7' else
            splashed if name == 'hibernated' else
            dict(modules=('virtio_pci', 'virtio_blk')),
            says=(LOOKS,), checks=(went_on, no_root_mounted, checks.is_pid_1))
        row.other = row.late = row.absent = disks is in_partition
        yield row
    for series in ('6.1', '7'):
        row = Hibernation(
            f'vm/{series}/resume-efi', series, disks=in_firmware, memory=256,
            efi=True,
            # the firmware says nothing while it starts and unpacks a kernel
            weight=60, silence=40, total=100,
            initramfs=dict(modules=('virtio_pci', 'virtio_blk', 'efivarfs')),
            says=('resume: the EFI variable HibernateLocation has '
                  f'resume=UUID={SWAP_UUID} resume_offset=0', LOOKS),
            checks=(went_on, no_root_mounted, checks.is_pid_1))
        row.absent = series == '7'
        yield row
