# SPDX-License-Identifier: MIT
"""What the machines boot from: guest programs, kernels, initramfs, disks.

Everything is named by a hash of what went into it and kept in
build/tests/images, so a second run builds nothing and rows share what is the
same. Nothing here needs root, a loop device or a mount.
"""
import binascii
import functools
import hashlib
import json
import os
import re
import pathlib
import random
import shlex
import shutil
import stat
import struct
import subprocess
import tempfile
import threading
import typing
import uuid

import vm

HERE = pathlib.Path(__file__).resolve().parent
TOP = HERE.parent.parent
BUILD = TOP / 'build'
CACHE = BUILD / 'tests' / 'images'
MKINITRAMFS = TOP / 'initramfs' / 'pintle-mkinitramfs'
LIBRARY = TOP / 'initramfs' / 'lib'

# Programs that system administrators call are not in the PATH of all users.
os.environ['PATH'] += ':/usr/sbin:/sbin'

MIB = 1 << 20
SECTOR = 512


class Missing(Exception):
    """Something that rows need is missing; these rows skip."""


class Failed(Exception):
    """A tool failed to make what rows need; these rows fail."""


# --- the cache ------------------------------------------------------------

_locks = {}
_locks_lock = threading.Lock()


def lock_of(what):
    """The lock for this one thing: whoever waits for it does not keep others
    from theirs."""
    with _locks_lock:
        return _locks.setdefault(what, threading.Lock())


def cached(suffix, make, *ingredients):
    """The file that `make(path)` writes, made once for each set of
    ingredients."""
    digest = hashlib.sha256()
    for part in ingredients:
        if isinstance(part, pathlib.Path):
            part = part.read_bytes()
        elif not isinstance(part, bytes):
            part = json.dumps(part, sort_keys=True, default=repr).encode()
        digest.update(struct.pack('<Q', len(part)) + part)
    path = CACHE / (digest.hexdigest()[:20] + suffix)
    with lock_of(path):
        if not path.exists():
            CACHE.mkdir(parents=True, exist_ok=True)
            # made under another name: a file with this name is whole
            unfinished = path.with_name(f'{path.name}.{os.getpid()}')
            try:
                make(unfinished)
                unfinished.rename(path)
            finally:
                unfinished.unlink(missing_ok=True)
        os.utime(path)
    return path


def downloads():
    """The directory of what is fetched or takes as long: see scripts/lib.sh."""
    return pathlib.Path(os.environ.get('PINTLE_CACHE') or os.path.join(
        os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache'),
        'pintle'))


def prune(limit=2048 * MIB):
    """Delete what was not used for longest, until the rest fits in `limit`.

    Each build of pintle makes new images, and ballast makes them large.
    """
    kept = 0
    for path in sorted(CACHE.glob('*'), key=lambda p: -p.stat().st_mtime):
        kept += path.stat().st_blocks * 512
        if kept > limit:
            path.unlink()


def run(words, **options):
    """Run a program; its output matters only if it fails."""
    done = subprocess.run([str(w) for w in words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          stdin=subprocess.DEVNULL, **options)
    if done.returncode:
        raise Failed(f'{words[0]} ended with status {done.returncode}\n'
                     f'{" ".join(str(w) for w in words)}\n{done.stdout}')
    return done.stdout


def need(program, package):
    """Where the program is; without it, the rows skip."""
    path = shutil.which(program)
    if not path:
        raise Missing(f'{program} is not installed (package {package})')
    return pathlib.Path(path)


# --- programs -------------------------------------------------------------

# The compiler for each machine, and its package.
COMPILERS = {'amd64': ('musl-gcc', 'musl-tools'),
             'arm64': ('aarch64-linux-gnu-gcc', 'gcc-aarch64-linux-gnu'),
             'riscv64': ('riscv64-linux-gnu-gcc', 'gcc-riscv64-linux-gnu')}


def program(name, arch='amd64'):
    """tests/vm/NAME.c, or tests/NAME.c, as a static program. It may have parts
    in a directory with its name."""
    source = (HERE.parent if '/' in name else HERE) / f'{name}.c'
    compiler = need(*COMPILERS[arch])

    def make(path):
        run([compiler, '-std=gnu17', '-D_GNU_SOURCE', '-Os', '-static', '-s',
             '-Wall', '-Wextra', '-Werror', '-I', TOP / 'src', '-o', path,
             source])
    return cached(f'-{source.stem}', make, source, *sorted(HERE.glob('*.h')),
                  *sorted(source.with_suffix('').glob('*.h')),
                  TOP / 'src' / 'helper' / 'pintle-helper.h', compiler.name)


def preloaded(name):
    """tests/vm/NAME.c as a library for LD_PRELOAD, on this machine."""
    compiler = need('gcc', 'gcc')
    source = HERE / f'{name}.c'

    def make(path):
        run([compiler, '-std=gnu17', '-O1', '-shared', '-fPIC', '-Wall',
             '-Wextra', '-Werror', '-o', path, source])
    return cached('.so', make, source)


def pintle(libc='musl'):
    """The program under test: $PINTLE, or what scripts/build makes."""
    own = os.environ.get('PINTLE')
    return pathlib.Path(own) if own else built(libc)


def built(name):
    """What `scripts/build NAME` makes."""
    path = BUILD / name / 'pintle'
    if not path.exists():
        raise Missing(f'{path} is not built (run scripts/build {name})')
    return path


def busybox():
    """A static busybox, for rows whose image has a shell."""
    path = need('busybox', 'busybox-static').resolve()
    if b'/lib64/ld-linux' in path.read_bytes():
        raise Missing('busybox is not static (package busybox-static)')
    return path


# --- kernels --------------------------------------------------------------

KERNELS = ('6.1', '6.12', '7')
# The oldest kernel has nothing beneath its rootfs, the newest has a nullfs there:
# these are the two ways of the switch. The one between goes the way of the oldest.
ENDS = (KERNELS[0], KERNELS[-1])
# suffix of a series -> the option of scripts/kernel for a kernel that is not
# the cloud's of amd64
FULL = '-full'
VARIANTS = {FULL: ['--full'], '-arm64': ['--arch', 'arm64'],
            '-riscv64': ['--arch', 'riscv64']}
# magic of a packed kernel's payload -> what unpacks it
UNPACKERS = {b'\x28\xb5\x2f\xfd': ('zstd', '-dc'),
             b'\x02\x21\x4c\x18': ('lz4', '-dc'),
             b'\xfd7zXZ': ('xz', '-dc'), b'\x1f\x8b': ('gzip', '-dc')}
_kernels = {}


class Kernel:
    """A kernel of scripts/kernel: vmlinuz, release, lib/modules/RELEASE."""

    def __init__(self, directory, arch='amd64'):
        self.directory = pathlib.Path(directory)
        self.arch = arch
        self.vmlinuz = self.directory / 'vmlinuz'
        self.release = (self.directory / 'release').read_text().strip()
        self.modules = self.directory / 'lib' / 'modules'

    @property
    def vmlinux(self):
        """The kernel without its own unpacker, which takes a second of each
        emulated boot. QEMU starts it as PVH (Documentation/arch/x86/boot.rst
        says where the payload is)."""
        if self.arch != 'amd64':
            return self.vmlinuz         # these are not packed
        packed = self.vmlinuz.read_bytes()
        begin, length = struct.unpack_from('<II', packed, 0x248)
        begin += ((packed[0x1f1] or 4) + 1) * 512
        payload = packed[begin:begin + length]
        tool = next((words for magic, words in UNPACKERS.items()
                     if payload.startswith(magic)), None)
        if not tool:
            raise Missing(f'{self.vmlinuz} is packed in an unknown way: '
                          f'{payload[:4].hex()}')

        def make(path):
            # The payload ends with its own size, which is not a part of the
            # archive: the tools complain of it once they have unpacked all.
            with open(path, 'wb') as out:
                subprocess.run(tool, input=payload, stdout=out, check=False,
                               stderr=subprocess.DEVNULL)
            size, = struct.unpack_from('<I', payload, length - 4)
            if path.stat().st_size != size:
                raise Missing(f'unpack {self.vmlinuz}: {tool[0]} gave '
                              f'{path.stat().st_size} bytes of {size}')
        return cached('.vmlinux', make, self.vmlinuz)

    @functools.cached_property
    def arguments(self):
        """What makes its boot shorter, if it knows the word. A kernel for one
        CPU rewrites each of its LOCK prefixes, up to 6.12 one by one with a
        switch of the address space (text_poke of arch/x86/kernel/alternative.c),
        which is a tenth of an emulated boot. A kernel that does not know the
        word would give it to init."""
        word = 'noreplace-smp'
        return word if b'\0%s\0' % word.encode() in \
            self.vmlinux.read_bytes() else ''

    @property
    def version(self):
        """(major, minor), to compare."""
        major, minor = self.release.split('.')[:2]
        digits = ''.join(c for c in minor if c.isdigit())
        return int(major), int(digits)


def kernel(series):
    """The kernel of a series. PINTLE_KERNEL_6_1=DIR replaces that of 6.1."""
    with lock_of(('kernel', series)):
        if series not in _kernels:
            own = os.environ.get('PINTLE_KERNEL_' + re.sub('[.-]', '_', series))
            try:
                arch = series.partition('-')[2]
                _kernels[series] = Kernel(
                    own or _fetch_kernel(series),
                    arch if arch in COMPILERS else 'amd64')
            except (Missing, OSError) as why:
                _kernels[series] = why
        found = _kernels[series]
    if isinstance(found, Exception):
        raise Missing(f'no kernel {series}: {found}')
    return found


def _fetch_kernel(series):
    script = TOP / 'scripts' / 'kernel'
    series, dash, variant = series.partition('-')
    words = [*(VARIANTS[dash + variant] if dash else ()), series]
    done = subprocess.run([script, *words], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          stdin=subprocess.DEVNULL)
    lines = done.stdout.split('\n')
    if done.returncode or not done.stdout.strip():
        raise Missing(done.stderr.strip().split('\n')[-1] or
                      f'scripts/kernel {series} ended with status '
                      f'{done.returncode}')
    return lines[-1] or lines[-2]


# --- initramfs ------------------------------------------------------------

def cpio(entries):
    """{path: (mode, bytes)} -> newc archive. Links hold their target.

    For guests that must not depend on anything of ours but this file; the
    format is Documentation/driver-api/early-userspace/buffer-format.rst.
    """
    def record(number, name, mode, data):
        name = name.encode() + b'\0'
        head = b'070701' + b''.join(b'%08x' % field for field in (
            number, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name), 0))
        out = head + name
        out += b'\0' * (-len(out) % 4)
        out += data
        return out + b'\0' * (-len(out) % 4)

    archive = b''
    for number, (path, (mode, data)) in enumerate(sorted(entries.items()), 1):
        archive += record(number, path, mode, data)
    return archive + record(0, 'TRAILER!!!', 0, b'')


def guest_initramfs(name='guest'):
    """An initramfs that holds only one of our programs, as /init."""
    binary = program(name)

    def make(path):
        path.write_bytes(cpio(
            {'init': (stat.S_IFREG | 0o755, binary.read_bytes())}))
    return cached('.cpio', make, binary, 'guest 1')


def ballast(megabytes):
    """A file that no compressor makes smaller, and the same in each run."""
    def make(path):
        with open(path, 'wb') as out:
            noise = random.Random(megabytes)
            for _ in range(megabytes):
                out.write(noise.randbytes(MIB))
    return cached(f'-{megabytes}M', make, 'ballast', megabytes)


PACKAGES = ('fuse2fs', 'plymouth', 'squashfuse')
_trees = {}


def debian(packages=PACKAGES, arch=None):
    """The directory with the programs of Debian 12 that rows use."""
    with lock_of(('tree', packages, arch)):
        if (packages, arch) not in _trees:
            script = TOP / 'scripts' / 'debian-tree'
            words = [*(('--arch', arch) if arch else ()), *packages]
            done = subprocess.run([script, *words], text=True, check=False,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE,
                                  stdin=subprocess.DEVNULL)
            if done.returncode:
                raise Missing(done.stderr.strip().split('\n')[-1])
            _trees[packages, arch] = pathlib.Path(
                done.stdout.strip().split('\n')[-1])
    return _trees[packages, arch]


def with_libraries(name, tree=None):
    """{path: file} of a program of debian() and of all its libraries."""
    tree = tree or debian()
    program_file = tree / name.lstrip('/')
    places = ('lib/x86_64-linux-gnu', 'usr/lib/x86_64-linux-gnu',
              'usr/lib/x86_64-linux-gnu/systemd')
    loader = '/lib64/ld-linux-x86-64.so.2'
    here = tree / os.readlink(tree / loader[1:]).lstrip('/')
    listed = run([here, '--inhibit-cache', '--library-path',
                  ':'.join(str(tree / p) for p in places), '--list',
                  program_file])
    files = {name: program_file, loader: here}
    for line in listed.split('\n'):
        path = line.partition(' => ')[2].partition(' (')[0]
        if path.startswith(str(tree)):
            files[path[len(str(tree)):]] = pathlib.Path(path)
    return files


def initramfs(linux, modules, cmdline=None, add=(), ballast_mb=0,
              compress='none', libc='musl', programs=(), kind=None,
              options=(), tree=None):
    """An image made by initramfs/pintle-mkinitramfs.

    add:        (source, destination) pairs; source is a path or the name of
                one of our programs, or bytes (an executable script)
    kind:       which drivers, None: what the image builder does by itself
    programs:   arguments that take programs from debian(): '--helper', ...
    options:    further arguments, for programs of this machine
    tree:       what else than debian() they are taken from
    """
    tool = MKINITRAMFS
    if not tool.exists():
        raise Missing('initramfs/pintle-mkinitramfs is not there')
    files = []
    for source, destination in add:
        if isinstance(source, bytes):
            source = script_file(source)
        elif isinstance(source, str):
            source = program(source)
        files.append((source, destination))
    if ballast_mb:
        files.append((ballast(ballast_mb), '/ballast'))
    binary = (pintle(libc) if linux.arch == 'amd64' else
              built(linux.arch))
    words = ['--compress', compress, '--pintle', binary,
             '-k', linux.release, '-b', linux.directory]
    for name in modules:
        words += ['-m', name]
    if kind:
        words += ['--kind', kind]
    if cmdline is not None:
        words += ['--cmdline', cmdline]
    if programs:
        words += ['--sysroot', tree or debian(), *programs]
    for source, destination in files:
        words += ['--add', f'{source}:{destination}']
    words += options

    def make(path):
        run([tool, '-o', path, *words])
    return cached('.initramfs', make, tool, *sorted(path for path in LIBRARY.rglob('*') if path.is_file()),
                  binary, [str(w) for w in words], linux.release,
                  *(source for source, _ in files))


def script_file(text):
    """Bytes as an executable file."""
    def make(path):
        path.write_bytes(text)
        path.chmod(0o755)
    return cached('-script', make, text)


# --- disks ----------------------------------------------------------------

def lay_out(tree, files):
    """Write {path: content} below tree.

    content: bytes or a pathlib.Path (a file, mode 755), None (a directory),
    ('link', target), (mode, bytes), or (mode, None)
    """
    for name, content in files.items():
        path = tree / name.lstrip('/')
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = 0o755
        if content is None:
            path.mkdir(exist_ok=True)
            continue
        if isinstance(content, tuple) and content[0] == 'link':
            path.symlink_to(content[1])
            continue
        if isinstance(content, tuple):
            mode, content = content
        if content is None:
            path.mkdir(exist_ok=True)
            path.chmod(mode)
            continue
        if isinstance(content, pathlib.Path):
            content = content.read_bytes()
        path.write_bytes(content)
        path.chmod(mode)


# The directories of a distribution's root, as far as a boot sees them.
DIRECTORIES = ('dev', 'proc', 'sys', 'run', 'etc', 'sbin', 'tmp')


def root(init='/sbin/init', directories=DIRECTORIES, files=None,
         fs_uuid='5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01', label=None,
         megabytes=16, table=None, arch='amd64', block=None):
    """A disk image that holds an ext4 root whose init is `landing`.

    table:  None, or dict(kind='gpt'|'mbr', ...) for a partitioned disk whose
            first partition is the root; see partitioned()
    """
    need('mkfs.ext4', 'e2fsprogs')
    tree = {name: None for name in directories}
    if init:
        tree[init] = program('landing', arch)
    tree.update(files or {})

    def make(path):
        with tempfile.TemporaryDirectory() as temporary:
            top = pathlib.Path(temporary) / 'root'
            top.mkdir(mode=0o755)
            lay_out(top, tree)
            words = ['mkfs.ext4', '-q', '-F', '-d', top, '-U', fs_uuid,
                     '-E', f'root_owner=0:0,hash_seed={fs_uuid}']
            if label:
                words += ['-L', label]
            if block:
                words += ['-b', block]
            run([*words, path, f'{megabytes}M'])
        if table:
            path.write_bytes(partitioned(path.read_bytes(), **table))

    described = {name: (content.read_bytes().hex()
                        if isinstance(content, pathlib.Path) else content)
                 for name, content in tree.items()}
    return cached('.ext4', make, 'root 1', described, fs_uuid, label,
                  megabytes, table, *[block] * bool(block))


def swap(fs_uuid, label, megabytes=8, image=b''):
    """Swap space: union swap_header, include/linux/swap.h.

    image: the signature of a hibernated system that is said to be in it
           (kernel/power/swap.c, struct swsusp_header); there is none
    """
    def make(path):
        page = bytearray(4096)
        page[1024:1036] = struct.pack('<III', 1, megabytes * 256 - 1, 0)
        page[1036:1052] = uuid.UUID(fs_uuid).bytes
        page[1052:1052 + len(label)] = label.encode()
        page[4086:] = b'SWAPSPACE2'
        if image:
            page[4076:] = b'SWAPSPACE2' + image.ljust(10, b'\0')
        path.write_bytes(page + bytes(megabytes * MIB - len(page)))
    return cached('.swap', make, 'swap 2', fs_uuid, label, megabytes, image)


class Filesystem(typing.NamedTuple):
    """How a file system is made of a directory, and what a boot from it needs.

    In the commands {top} is the directory, {entries} what is in it, {at} the
    image, and {uuid} and {label} are those that the file system is to have.
    """
    megabytes: int          # the size of the file of zeros to begin with, or 0
    package: str            # that has the first command
    commands: tuple
    drivers: tuple = ()
    named_by: tuple = ()    # how root= may name it; (): it is in no row of its own


ANY_NAME = ('device', 'LABEL', 'UUID')
FILESYSTEMS = {
    'ext2': Filesystem(16, 'e2fsprogs', (
        'mkfs.ext2 -q -F -d {top} -U {uuid} -L {label} {at}',),
        (), ANY_NAME),
    'ext3': Filesystem(16, 'e2fsprogs', (
        'mkfs.ext3 -q -F -d {top} -U {uuid} -L {label} {at}',),
        (), ANY_NAME),
    'xfs': Filesystem(300, 'xfsprogs', (
        'mkfs.xfs -q -f -p {top}/../proto -m uuid={uuid} -L {label} {at}',
        'fallocate -d {at}'), ('xfs',), ANY_NAME),
    'btrfs': Filesystem(128, 'btrfs-progs', (
        'mkfs.btrfs -q -f --rootdir {top} -U {uuid} -L {label} {at}',),
        ('btrfs',), ANY_NAME),
    'f2fs': Filesystem(128, 'f2fs-tools', (
        'mkfs.f2fs -q -f -U {uuid} -l {label} {at}',
        'sload.f2fs -f {top} {at}'), ('f2fs', 'crc32_generic'), ANY_NAME),
    'erofs': Filesystem(0, 'erofs-utils', (
        'mkfs.erofs -U {uuid} {at} {top}',), ('erofs',), ('device', 'UUID')),
    'squashfs': Filesystem(0, 'squashfs-tools', (
        'mksquashfs {top} {at} -quiet -no-progress -noappend -all-root',),
        ('squashfs',), ('device',)),
    # What vfat asks for by name is in no list of the kernel. What f2fs needs
    # before it in 6.1 is, but kmod 30 does not always read that list rightly.
    'vfat': Filesystem(16, 'dosfstools mtools', (
        'mkfs.vfat -i {uuid} -n {label} {at}',
        'mcopy -s -i {at} {entries} ::/'),
        ('vfat', 'nls_cp437', 'nls_ascii'), ANY_NAME),
    'iso9660': Filesystem(0, 'genisoimage', (
        'genisoimage -quiet -R -V {label} -o {at} {top}',),
        ('isofs',), ANY_NAME),
    'iso9660-hybrid': Filesystem(0, 'xorriso', (
        'xorriso -as mkisofs -quiet -R -V {label} -partition_offset 16 -o {at} '
        '{top}',)),
}


def xfs_proto(top):
    """A directory, described as mkfs.xfs(8) wants it for -p."""
    def directory(path):
        for each in sorted(path.iterdir()):
            if each.is_dir():
                yield f'{each.name} d--755 0 0'
                yield from directory(each)
            else:
                yield f'{each.name} ---755 0 0 {each}'
        yield '$'
    return '\n'.join(['/', '0 0', 'd--755 0 0', *directory(top), ''])


def filesystem(kind, fs_uuid='-', label='-', init='/sbin/init', files=None,
               then=()):
    """An image of this kind with a root in it like that of root().

    then:   commands that change it further
    """
    megabytes, package, commands = FILESYSTEMS[kind][:3]
    for command in (*commands, *then):
        need(command.split()[0], package)
    tree = {name: None for name in DIRECTORIES}
    if init:
        tree[init] = program('landing')
    tree.update(files or {})

    def make(path):
        with tempfile.TemporaryDirectory() as temporary:
            top = pathlib.Path(temporary) / 'root'
            top.mkdir(mode=0o755)
            lay_out(top, tree)
            (top.parent / 'proto').write_text(xfs_proto(top))
            if megabytes:
                with open(path, 'wb') as out:
                    out.truncate(megabytes * MIB)
            for command in (*commands, *then):
                run(shlex.split(command.format(
                    top=top, at=path, uuid=fs_uuid, label=label,
                    entries=' '.join(map(str, sorted(top.iterdir()))))))
    return cached(f'.{kind}', make, 'file system 1', kind, fs_uuid, label,
                  commands, then, *(part for name, content in
                                    sorted(tree.items())
                                    for part in (name, content)))


def xfs_with_log(files):
    """A root of XFS and the device with its log: their images."""
    megabytes = 72
    # mkfs writes both, and neither may be changed once it is in the cache: the
    # log is made beside the root, and kept behind it.
    root = filesystem(
        'xfs', files=files, label='logged',
        fs_uuid='e0a4a9f7-2a53-4e0b-8a3d-6d2c6f0f5b11',
        then=(f'truncate -s {megabytes}M {{top}}/../log',
              'mkfs.xfs -q -f -p {top}/../proto '
              '-l logdev={top}/../log,size=64m {at}',
              'dd status=none bs=1M oflag=append conv=notrunc '
              'if={top}/../log of={at}', 'fallocate -d {at}'))

    def log(path):
        with open(root, 'rb') as both:
            both.seek(-megabytes * MIB, os.SEEK_END)
            path.write_bytes(both.read())
    return root, cached('.xfslog', log, 'log of XFS 2', root.name)


SWAP_FILE = '/swapfile'


def with_swap_file(megabytes, **variant):
    """A root with a swap file: (image, page of the device where it begins).

    mkfs leaves out what is zero, but a swap file has no holes.
    """
    noise = bytearray(ballast(megabytes).read_bytes())
    noise[:4096] = bytes(4096)
    noise[1024:1036] = struct.pack('<III', 1, megabytes * 256 - 1, 0)
    noise[4086:4096] = b'SWAPSPACE2'

    def make(path):
        path.write_bytes(noise)
    files = {**variant.pop('files', {}),
             SWAP_FILE: cached('.swapfile', make, 'swap file 1', megabytes)}
    # blocks have the size of a page, so that their numbers are those of pages
    image = root(files=files, megabytes=megabytes + 24, block=4096, **variant)
    where = run(['debugfs', '-R', f'blocks {SWAP_FILE}', image],
                env={**os.environ, 'DEBUGFS_PAGER': 'cat'})
    return image, int(where.split('\n')[-2].split()[0])


def mount_count(image):
    """How often an ext4 was mounted for writing: s_mnt_count
    (Documentation/filesystems/ext4/super.rst)."""
    with open(image, 'rb') as source:
        source.seek(1024 + 0x34)
        return struct.unpack('<H', source.read(2))[0]


# Puts a root into a new btrfs of two devices, and another one into a subvolume.
# mkfs can do neither.
FILL = b'''#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /mnt
$b mount -t btrfs -o device=/dev/vda,device=/dev/vdb /dev/vda /mnt || exit
/usr/bin/btrfs subvolume create /mnt/inner
for top in /mnt /mnt/inner; do
	for name in %s; do
		$b mkdir $top/$name
	done
	$b cp /landing $top/sbin/init
done
echo outer >/mnt/word
echo inner >/mnt/inner/word
$b umount /mnt && $b poweroff -f
''' % ' '.join(DIRECTORIES).encode()


# Makes a file system of its own, the sprout, of a seed and an empty disk.
SPROUT = b'''#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /mnt
$b mount -t btrfs /dev/vda /mnt && /usr/bin/btrfs device add /dev/vdb /mnt &&
	$b mount -o remount,rw /mnt || exit
echo sprout >/mnt/word
/usr/bin/btrfs filesystem label /mnt sprout
$b umount /mnt && $b poweroff -f
'''


def btrfs_pair(number):
    """One of the two devices of a btrfs, a RAID1, which a machine fills."""
    def make(parts):
        for part in parts:
            with open(part, 'wb') as out:
                out.truncate(128 * MIB)
        run(['mkfs.btrfs', '-q', '-f', '-L', 'pair', '-d', 'raid1', '-m',
             'raid1', *parts])
    return btrfs_made(number, make, FILL)


def btrfs_sprout(number):
    """The seed (0) of a btrfs, or what was made of it and holds the root (1)."""
    seed = filesystem('btrfs', '7a1e5c02-4e0d-4b1c-9a64-3f0c8d2e6b17', 'seed',
                      files={'/word': b'seed\n'},
                      then=('btrfstune -f -S 1 {at}',))

    def make(parts):
        shutil.copyfile(seed, parts[0])
        with open(parts[1], 'wb') as out:
            out.truncate(256 * MIB)
    return btrfs_made(number, make, SPROUT, seed.name)


def btrfs_made(number, prepare, script, *words):
    """One of two devices that a machine made by this script a btrfs of; they
    were prepared by `prepare`, which depends on these words."""
    need('mkfs.btrfs', 'btrfs-progs')
    linux = kernel('6.1')
    binaries = pintle(), busybox(), program('landing')

    def make(path):
        with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
            parts = [pathlib.Path(temporary) / str(n) for n in range(2)]
            prepare(parts)
            image = pathlib.Path(temporary) / 'initramfs'
            run([MKINITRAMFS, '-o', image, '--compress', 'none', '--pintle',
                 binaries[0], '-k', linux.release, '-b', linux.directory,
                 '-m', 'virtio_pci', '-m', 'virtio_blk', '-m', 'btrfs',
                 '--program', shutil.which('btrfs'),
                 '--add', f'{binaries[1]}:/bin/busybox',
                 '--add', f'{binaries[2]}:/landing',
                 '--add', f'{script_file(script)}:/bin/sh'])
            result = vm.Machine(
                pathlib.Path(temporary) / 'machine', linux.vmlinux, image,
                'root=/dev/vda rd.break=root', accel='tcg', total=60,
                silence=30, disks=[dict(bus='virtio', image=part, kept=True)
                                   for part in parts]).run()
            if result.kind != 'powered-off':
                raise Failed(f'fill a btrfs: {result.verdict()}\n'
                             f'{result.console[-2000:]}')
            # keep holes
            run(['tar', '-cSf', path, '-C', temporary, '0', '1'])
    both = cached('.btrfs', make, 'btrfs pair 3', script, binaries[2], *words)

    def unpack(path):
        with tempfile.TemporaryDirectory(dir=path.parent) as temporary:
            run(['tar', '-xSf', both, '-C', temporary, str(number)])
            (pathlib.Path(temporary) / str(number)).rename(path)
    return cached(f'-{number}.btrfs', unpack, both.name, number)


def changed(image, *commands):
    """A copy of an ext4 on which debugfs(8) has run these commands."""
    need('debugfs', 'e2fsprogs')

    def make(path):
        shutil.copyfile(image, path)
        for command in commands:
            run(['debugfs', '-w', '-R', command, path])
    return cached('.changed', make, image.name, commands)


def edited(image, **edits):
    """A copy of an image with bytes changed: at_OFFSET=bytes."""
    def make(path):
        shutil.copyfile(image, path)
        with open(path, 'r+b') as out:
            for where, data in edits.items():
                out.seek(int(where.removeprefix('at_'), 0))
                out.write(data)
    return cached('.edited', make, image.name, edits)


def partitioned(content, kind='gpt', disk='c4d1a6b2-07f3-4f0e-9a55-31e2b8d97a10',
                part='0d9f6c11-2b7e-4c5d-8a3f-74e1c2a9b603', name='the root',
                purpose='0fc63daf-8483-4772-8e79-3d69d8477de4', before=None,
                before_purpose=None, attributes=0):
    """A disk whose first partition, at 1 MiB, holds `content`.

    In a GPT `purpose` is its type; `before` the PARTUUID of one more, with
    nothing in it, which is then the first; its type is the same, or
    `before_purpose`.

    kind 'mbr': `disk` is the 32-bit signature in hexadecimal. Written by hand
    because sfdisk is one more package: UEFI 2.10, chapter 5.
    """
    start, count = MIB // SECTOR, len(content) // SECTOR
    total = start + count + 2048
    if kind == 'mbr':
        boot = bytearray(SECTOR)
        boot[440:444] = struct.pack('<I', int(disk, 16))
        boot[446:462] = struct.pack('<B3sB3sII', 0x80, b'\xfe\xff\xff', 0x83,
                                    b'\xfe\xff\xff', start, count)
        boot[510:512] = b'\x55\xaa'
        head = bytes(boot)
        return (head + bytes(MIB - SECTOR) + content +
                bytes(2048 * SECTOR))

    def entry(part_uuid, first, last, kind=purpose):
        return (uuid.UUID(kind).bytes_le + uuid.UUID(part_uuid).bytes_le +
                struct.pack('<QQQ', first, last, attributes) +
                name.encode('utf-16-le').ljust(72, b'\0'))

    entries = entry(part, start, start + count - 1)
    if before:
        entries = entry(before, 64, 127, before_purpose or purpose) + entries
    front, back = gpt(entries, total, disk)
    return (front.ljust(MIB, b'\0') + content +
            back.rjust((total - start - count) * SECTOR, b'\0'))


def gpt(entries, total, disk):
    """The beginning and the end of a disk of `total` sectors."""
    boot = bytearray(SECTOR)
    boot[446:462] = struct.pack('<B3sB3sII', 0, b'\0\2\0', 0xee, b'\xff\xff\xff',
                                1, total - 1)
    boot[510:512] = b'\x55\xaa'
    entries = entries.ljust(128 * 128, b'\0')

    def header(here, other, where):
        def pack(checksum):
            return struct.pack(
                '<8sIIIIQQQQ16sQIII', b'EFI PART', 0x10000, 92, checksum, 0,
                here, other, 34, total - 34, uuid.UUID(disk).bytes_le, where,
                128, 128, binascii.crc32(entries))
        return pack(binascii.crc32(pack(0))).ljust(SECTOR, b'\0')

    front = bytes(boot) + header(1, total - 1, 2) + entries
    return front, entries + header(total - 1, 1, total - 33)


CROWD = uuid.UUID('0657fd6d-a4ab-43c4-84e5-0933c84b4f4f')


def crowd_uuid(number, index, what='partition'):
    """The UUID of a partition of crowd()'s disk, or of its swap space."""
    return uuid.uuid5(CROWD, f'{what} {number} {index}')


def crowd(number, content=None, partitions=16):
    """A disk of many partitions of 1 MiB, each of them a swap space with a name
    and a UUID of its own; `content`, if given, is the first partition."""
    def make(path):
        first = len(content.read_bytes()) if content else MIB
        at, entries, places = MIB, b'', []
        for index in range(partitions):
            size = MIB if index else first
            entries += (CROWD.bytes_le + crowd_uuid(number, index).bytes_le +
                        struct.pack('<QQQ', at // SECTOR,
                                    (at + size) // SECTOR - 1, 0) +
                        f'p{number}-{index}'.encode('utf-16-le').ljust(
                            72, b'\0'))
            places.append(at)
            at += size
        total = (at + MIB) // SECTOR
        front, back = gpt(entries, total, str(crowd_uuid(number, 0, 'disk')))
        with open(path, 'wb') as out:
            out.write(front)
            for index, place in enumerate(places):
                out.seek(place)
                if content and not index:
                    out.write(content.read_bytes())
                    continue
                out.seek(place + 0x400)
                out.write(struct.pack('<III16s', 1, 255, 0,
                                      crowd_uuid(number, index, 'swap').bytes))
                out.seek(place + 0xff6)
                out.write(b'SWAPSPACE2')
            out.seek(total * SECTOR - len(back))
            out.write(back)
    return cached('.crowd', make, 'crowd 1', number, content or b'',
                  partitions)
