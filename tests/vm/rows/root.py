# SPDX-License-Identifier: MIT
"""The real root: every way to name it, every way to mount it."""
import checks
import images
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'
PARTUUID = '0d9f6c11-2b7e-4c5d-8a3f-74e1c2a9b603'
GPT = dict(kind='gpt', part=PARTUUID, name='the root')
MBR = dict(kind='mbr', disk='c0ffee01')

# A second disk, which must not be taken for the root.
DECOY = dict(fs_uuid='77d2f0b3-63ab-4e0c-9c55-d3d1a0f6e902', label='decoy',
             init=None)


def decoy():
    """The wrong disk, attached first."""
    return disk(**DECOY)


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
    'by-partlabel': ('root="PARTLABEL=the root"',
                     [decoy(), disk(table=GPT)], '/dev/vdb1'),
    'by-dev-disk-by-uuid': (f'root=/dev/disk/by-uuid/{UUID}',
                            [decoy(), disk()], '/dev/vdb'),
    'on-nvme': ('root=/dev/nvme0n1', [disk('nvme')], '/dev/nvme0n1'),
    'on-scsi': ('root=/dev/sda', [disk('scsi')], '/dev/sda'),
    'on-ide': ('root=/dev/sda', [disk('ide')], '/dev/sda'),
}

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


def modules_compressed(boot):
    """Debian compresses them from 6.12 on; if not, this row shows nothing."""
    where = boot.kernel.modules / boot.kernel.release
    if not list(where.glob('kernel/drivers/block/virtio_blk.ko.xz')):
        yield 'virtio_blk is not a .ko.xz: choose another module'


# Every form is asked of the oldest kernel; of the others only what they do in
# their own way or what everybody uses: each row is a boot, and the whole suite
# has to end.
IN_FULL = '6.1'
BRIEF = ('by-uuid', 'by-partuuid-gpt', 'rw', 'environment', 'rootwait-plugged',
         'modules-compressed', 'without-dev')


def rows():
    """Every form on the oldest kernel, the usual ones on all."""
    for row in every_row():
        series, name = row.name.split('/')[1:]
        if series == IN_FULL or name[len('root-'):] in BRIEF:
            yield row


def every_row():
    """Every form on every kernel."""
    for series in images.KERNELS:
        for name, (words, disks, source) in NAMED.items():
            yield arriving(f'vm/{series}/root-{name}', series, words,
                           disks=disks, checks=(
                               checks.root_mount('ext4', source),))
        for name, (words, options, without) in MOUNTED.items():
            yield arriving(
                f'vm/{series}/root-{name}', series, f'root=/dev/vda {words}',
                checks=(checks.root_mount('ext4', '/dev/vda', options,
                                          without),))
        yield arriving(
            f'vm/{series}/root-init', series,
            'root=/dev/vda init=/opt/other single "two words" -- last',
            disks=[disk(init='/opt/other')],
            checks=(checks.argv_is('/opt/other', 'single', 'two words',
                                   'last'),))
        yield arriving(
            f'vm/{series}/root-environment', series,
            'root=/dev/vda "plain=with blanks" quoted="also so" TERM=vt100',
            checks=(checks.environ_is('HOME=/', 'TERM=vt100',
                                      'plain=with blanks',
                                      'quoted=also so'),))
        yield arriving(
            f'vm/{series}/root-rootwait-plugged', series,
            f'rootwait root=UUID={UUID} loglevel=7', disks=[decoy()],
            # nothing else than the root is missing by then
            plug=(r'pintle: device: ', disk()),
            checks=(checks.root_mount('ext4', '/dev/vdb'),))
        yield arriving(
            f'vm/{series}/root-without-directories', series,
            'root=/dev/vda rw', disks=[disk(directories=('sbin',))])
        for name in ('dev', 'run', 'sys'):
            yield incomplete(series, name)
        if series != '6.1':
            yield arriving(f'vm/{series}/root-modules-compressed', series,
                           'root=/dev/vda', checks=(modules_compressed,))


def incomplete(series, name):
    """A read-only root without one of the directories: the rest goes on."""
    directories = [d for d in images.DIRECTORIES if d != name]
    there = [m for m in checks.API_MOUNTS if m != f'/{name}']
    return Row(
        f'vm/{series}/root-without-{name}', series, 'root=/dev/vda', weight=3,
        disks=[disk(directories=directories)],
        says=(rf"pintle: switch: carry '/{name}' into the new root: .*, "
              r'leaving it behind',),
        checks=(checks.is_pid_1, checks.one_root, checks.pid_1_in_root,
                checks.kernel_threads_moved, mounted_once(there)))


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
