# SPDX-License-Identifier: MIT
"""A machine whose root is the root of this host, for what this host forbids.

The namespace tier needs mounts, namespaces and ptrace. In a container, or for an
ordinary user, a machine has them: its "/" is this host's, served by QEMU (9p),
with what is written there kept in the machine's memory. So it has every program
that is installed here, the checkout at its path, and root's rights, and nothing
of the host can be changed. What this user may not read, it cannot read either.

hostroot-init mounts all that; hostroot-agent runs programs, one after another,
which are sent to it through a port.
"""
import base64
import dataclasses
import json
import lzma
import os
import pathlib
import select
import socket
import stat
import subprocess
import time

import images
import vm

HERE = pathlib.Path(__file__).resolve().parent
# The cloud's kernels have no 9p.
SERIES = '6.12' + images.FULL
MODULES = ('virtio_pci', 'virtio_console', '9pnet_virtio', '9p', 'overlay',
           'fuse', 'loop')
MEMORY = 2048       # MiB; the host gives what is used
# How much longer a program may take there than here.
SLOWER = {'kvm': 2, 'tcg': 12}
BOOT_LIMIT = 60     # seconds, times vm.SCALE
# QEMU translates code anew wherever it appears at another address: programs that
# lie where they lay before start twice as fast. The other two halve the rest: an
# emulated CPU has nothing that attacks it, and no stranger reads its memory.
ARGUMENTS = 'norandmaps mitigations=off init_on_alloc=0'


class Ended(Exception):
    """The machine is gone, or never came."""


@dataclasses.dataclass
class Done:
    """A program that ran."""
    status: int
    stdout: str
    stderr: str
    late: bool

    def complaint(self, limit):
        """What is wrong with how it ended, or None."""
        if self.late:
            return f'it was not done after {limit:.0f} s'
        if self.status > 0:
            return f'it ended with status {self.status}'
        return f'signal {-self.status} ended it' if self.status else None


def module_files(kernel):
    """The modules that such a machine needs: (name, contents), in order."""
    found = {}
    for module in MODULES:
        listed = images.run([
            images.need('modprobe', 'kmod'), '-d', kernel.directory, '-C',
            '/dev/null', '-S', kernel.release, '--show-depends', module])
        for line in listed.split('\n'):
            kind, _, path = line.strip().partition(' ')
            if kind == 'insmod':
                path = pathlib.Path(path.split(' ')[0])
                data = path.read_bytes()
                if path.suffix == '.xz':
                    path, data = path.with_suffix(''), lzma.decompress(data)
                found[path.name] = data
    return found


def kept():
    """Directories that the tests use."""
    yield images.TOP
    yield images.downloads()
    if os.environ.get('PINTLE'):
        yield pathlib.Path(os.environ['PINTLE']).resolve().parent
    for name, value in os.environ.items():
        if name.startswith('PINTLE_KERNEL_'):
            yield pathlib.Path(value).resolve()


def initramfs(kernel):
    """The image that such a machine boots from."""
    def file(data, mode=0o644):
        return stat.S_IFREG | mode, data
    modules = module_files(kernel)
    entries = {
        'bin': (stat.S_IFDIR | 0o755, b''),
        'bin/busybox': file(images.busybox().read_bytes(), 0o755),
        'init': file((HERE / 'hostroot-init').read_bytes(), 0o755),
        'agent': file(f'{HERE / "hostroot-agent"}\n'.encode()),
        'kept': file(''.join(f'{path}\n' for path in kept()).encode()),
        'modules': (stat.S_IFDIR | 0o755, b''),
        'modules/order': file('\n'.join([*modules, '']).encode()),
        'modules/of': file(f'{kernel.release} {kernel.modules}/'
                           f'{kernel.release}\n'.encode()),
        **{f'modules/{name}': file(data) for name, data in modules.items()}}

    def make(path):
        path.write_bytes(images.cpio(entries))
    return images.cached('.hostroot', make, *(
        part for name, (_, data) in sorted(entries.items())
        for part in (name, data)))


class HostRoot:
    """One such machine, which runs programs until it is stopped."""

    def __init__(self, directory, accel, cpus=1):
        self.directory = pathlib.Path(directory)
        self.accel = accel
        self.cpus = cpus
        self.process = None
        self.port = None
        self.text = b''

    def boot(self):
        """Start, and wait until it can run programs."""
        self.directory.mkdir(parents=True, exist_ok=True)
        kernel = images.kernel(SERIES)
        machine = vm.Machine(
            self.directory, kernel.vmlinux, initramfs(kernel), ARGUMENTS,
            memory=MEMORY, cpus=self.cpus, accel=self.accel, extra=[
                '-fsdev', 'local,id=host,path=/,readonly=on,'
                'security_model=none,multidevs=remap',
                '-device', 'virtio-9p-pci,fsdev=host,mount_tag=host',
                '-device', 'virtio-rng-pci', '-device', 'virtio-serial-pci',
                '-device', 'virtserialport,chardev=port,name=hostroot'])
        console = self.directory / 'console'
        self.port, theirs = socket.socketpair()
        with open(self.directory / 'qemu', 'wb') as complaints:
            self.process = subprocess.Popen(
                [*machine.words, '-serial', f'file:{console}', '-chardev',
                 f'socket,id=port,fd={theirs.fileno()}'],
                stdin=subprocess.DEVNULL, stdout=complaints,
                stderr=complaints, pass_fds=[theirs.fileno()])
        theirs.close()
        with vm.Machine.lock:
            vm.Machine.running.add(self.process)
        self.records(BOOT_LIMIT * vm.SCALE[self.accel], 'ready', {})

    def records(self, limit, last, take):
        """Read answers, of which `take` has what is done with each, until the
        last one comes, and return that."""
        deadline = time.monotonic() + limit
        while True:
            *lines, self.text = self.text.split(b'\n')
            for line in lines:
                record = json.loads(line)
                for name, value in record.items():
                    if name in take:
                        take[name](value)
                if last in record:
                    return record
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.port], [], [], left)[0]:
                raise Ended(f'nothing came of it in {limit:.0f} s; '
                            f'{self.last_words()}')
            data = self.port.recv(1 << 16)
            if not data:
                raise Ended(self.last_words())
            self.text += data

    def last_words(self):
        """What QEMU and the machine said at the end."""
        self.stop()
        said = (self.directory / 'qemu').read_text(errors='replace').strip()
        return '\n'.join([
            'the machine ended' + (f': {said}' if said else ''), *(
                '  | ' + line.rstrip()
                for line in self.console().split('\n')[-20:])])

    def console(self):
        """What its kernel said."""
        try:
            return (self.directory / 'console').read_text(errors='replace')
        except OSError:
            return ''

    def run(self, argv, env, limit, directory):
        """Run a program there: Done. What it says is written to files in a
        directory as it comes."""
        request = {'argv': [str(w) for w in argv], 'env': env,
                   'cwd': str(images.TOP), 'limit': limit}
        files = [pathlib.Path(directory) / name for name in ('stdout', 'stderr')]
        try:
            self.port.sendall(json.dumps(request).encode() + b'\n')
            with open(files[0], 'wb', buffering=0) as out, \
                    open(files[1], 'wb', buffering=0) as err:
                # The agent ends what is late. A machine that is too, is gone.
                last = self.records(limit + 60, 'status', {
                    'stdout': lambda data: out.write(base64.b64decode(data)),
                    'stderr': lambda data: err.write(base64.b64decode(data))})
        except OSError as why:
            raise Ended(self.last_words()) from why
        return Done(last['status'], *(file.read_text(errors='replace')
                                      for file in files), last['late'])

    def stop(self):
        """End the machine."""
        if self.process:
            self.process.kill()
            self.process.wait()
            with vm.Machine.lock:
                vm.Machine.running.discard(self.process)
            self.process = None
