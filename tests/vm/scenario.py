# SPDX-License-Identifier: MIT
"""A row of the VM tier: what to boot, how it should end and what must hold."""
import dataclasses
import json
import os
import pathlib
import re
import shutil
import typing

import firmware
import images
import vm

# The modules that an initramfs needs for a disk of each bus. pintle-mkinitramfs
# leaves out those that are built into the kernel.
MODULES = {
    'virtio': ('virtio_pci', 'virtio_blk'),
    'nvme': ('nvme',),
    'scsi': ('virtio_pci', 'virtio_scsi', 'sd_mod'),
    'path': ('virtio_pci', 'virtio_scsi', 'sd_mod'),
    'lun': ('virtio_pci', 'virtio_scsi', 'sd_mod'),
    'ide': ('ata_piix', 'sd_mod'),
    'ahci': ('ahci', 'sd_mod'),
    'empty-cd': ('ata_piix', 'sr_mod'),
    'sd': ('sdhci_pci', 'mmc_block'),
    'usb': ('xhci_pci', 'usb_storage', 'sd_mod'),
}


# How often a machine is started anew if its kernel died of itself.
RESTARTS = 2


def disk(bus='virtio', serial=None, image=None, **variant):
    """A disk: with this image (or a function that makes one), or with one by
    images.root() of this variant."""
    return dict(bus=bus, serial=serial,
                image=image or (lambda: images.root(**variant)))


@dataclasses.dataclass
class Row:
    """One boot and what is expected of it."""
    name: str                       # 'vm/6.1/pivot-ramfs-1cpu'
    kernel: str                     # a series, as images.kernel() takes it
    cmdline: str = ''
    always: str = vm.KERNEL_ARGUMENTS       # in front of it
    disks: list = dataclasses.field(default_factory=lambda: [disk()])
    # arguments for images.initramfs(), or a function that returns them; by
    # default 'modules' follows from the disks
    initramfs: typing.Any = dataclasses.field(default_factory=dict)
    kind: str = 'landed'            # how it should end: vm.KINDS
    says: tuple = ()                # regular expressions the log must match
    never: tuple = ()               # ... and must not
    checks: tuple = ()              # functions of a Boot, yielding complaints
    # rows of their own below this one: a function of a Boot that yields
    # (name, complaints); it is called if the boot ended as it should
    points: typing.Optional[typing.Callable] = None
    alarms: bool = False            # may the kernel complain?
    cpus: int = 1
    memory: int = 256
    silence: float = 10
    total: float = 40
    plug: typing.Optional[tuple] = None     # (pattern, disk[, seconds])
    types: tuple = ()               # (regular expression, text to type then)
    usb_keyboard: bool = False      # typed at the only keyboard, which is USB
    console: str = ''               # the kernel's first; '': the board's
    icount: bool = False            # time counts instructions: vm.ICOUNT
    efi: bool = False               # started by the firmware of firmware.py
    quick: bool = False             # may stand for its kernel in `quick`
    skip: str = ''                  # why it is not run
    weight: float = 4               # seconds, until a run has measured it
    image: typing.Optional[typing.Callable] = None  # instead of initramfs
    share: typing.Optional[dict] = None     # {path: content}
    share_by: str = 'virtiofs'      # or '9p'
    # a machine beside this one, at the other end of a network cable: arguments
    # of vm.Machine, and `at`, the regular expression upon which it starts, if
    # not at once. {}: nobody is there; `unplugged`: the cable is not plugged in
    server: typing.Any = None
    # the directory with what the machine's TPM remembers, or a function that
    # makes it
    tpm: typing.Any = None
    # functions that fetch, or make of what is fetched, what is kept for all
    fetches: tuple = ()

    def ahead(self):
        """Fetch what takes long, before the row's turn comes."""
        images.kernel(self.kernel)
        for fetch in self.fetches:
            fetch()

    @staticmethod
    def ready(disks):
        """The disks, with images that have been made."""
        return [dict(d, image=d['image']() if callable(d['image'])
                     else d['image']) for d in disks]

    def packed(self, kernel, disks):
        """The initramfs, with the modules for these disks."""
        if self.image:
            return self.image()
        wanted = dict(self.initramfs() if callable(self.initramfs)
                      else self.initramfs)
        wanted.setdefault('modules', modules_of([d['bus'] for d in disks]))
        return images.initramfs(kernel, **wanted)

    def shorter(self, kernel):
        """What makes the kernel's boot shorter. Rows that count instructions
        compare with the whole of it: crowd.py."""
        return '' if self.icount else kernel.arguments

    def chipset(self, kernel, disks):
        """The faster one, unless the row needs what only the other has, or
        counts instructions."""
        if kernel.arch != 'amd64' or self.plug or self.icount or self.efi \
                or any(d['bus'] in vm.OF_PC for d in disks):
            return None
        return vm.FAST_CHIPSET

    def run(self, directory, accel):
        """Boot and judge: (complaints, vm.Result)."""
        kernel = images.kernel(self.kernel)
        disks = self.ready(self.disks)
        plug = self.plug and (self.plug[0], self.ready([self.plug[1]])[0],
                              *self.plug[2:])
        initramfs = self.packed(kernel, disks + ([plug[1]] if plug else []))
        tree = self.share and pathlib.Path(directory) / 'share'
        share_with = None
        for one in disks:
            if 'hangs_at' in one:
                one['image'] = vm.HangingDisk(one['image'], one['hangs_at'],
                                              one.get('hangs_for')).url
        board = vm.BOARDS[kernel.arch]
        images.need(board.program, board.package)
        if self.tpm:
            images.need('swtpm', 'swtpm')
        if tree:
            if self.share_by == 'virtiofs':
                images.need(vm.VIRTIOFSD, 'qemu-system-common')
                if os.getuid() != 0:
                    share_with = images.preloaded('unrooted')
            shutil.rmtree(tree, ignore_errors=True)
            tree.mkdir(parents=True)
            images.lay_out(tree, {name: images.program(what)
                                  if isinstance(what, str) else what
                                  for name, what in self.share.items()})
        network, beside = (), None
        server = self.server() if callable(self.server) else self.server
        if server is not None:
            network = vm.cable(directory, 0)
        unplugged = bool(server) and server.get('unplugged', False)
        if server and not unplugged:
            arguments = {'chipset': vm.FAST_CHIPSET, **server,
                         'disks': self.ready(server['disks'])}
            at = arguments.pop('at', None)
            beside = vm.Machine(
                pathlib.Path(directory) / 'server', accel=accel,
                network=vm.cable(directory, 1), **arguments), at
        before = []
        while True:
            result = vm.Machine(
                directory, kernel.vmlinuz if self.efi else kernel.vmlinux,
                initramfs, self.cmdline,
                extra=firmware.words(directory) if self.efi else (),
                memory=self.memory, cpus=self.cpus, disks=disks, accel=accel,
                silence=self.silence, total=self.total, plug=plug,
                icount=self.icount, share=tree,
                always=f'{self.shorter(kernel)} {self.always}'.strip(),
                share_by=self.share_by, share_with=share_with,
                network=network, beside=beside, unplugged=unplugged, arch=kernel.arch,
                types=self.types, console=self.console,
                chipset=self.chipset(kernel, disks),
                usb_keyboard=self.usb_keyboard,
                tpm=self.tpm() if callable(self.tpm) else self.tpm).run()
            if len(before) == RESTARTS or not vm.died_of_itself(
                    result.kind, result.console):
                break
            before.append(result.verdict())
            (result.directory / 'console').rename(
                result.directory / f'console.died-{len(before)}')
        result.before = before
        boot = Boot(self, kernel, result)
        (pathlib.Path(directory) / 'facts.json').write_text(
            json.dumps(result.facts, indent=1) + '\n')
        complaints = list(self.judge(boot))
        if self.points and result.kind == self.kind:
            try:
                result.points = list(self.points(boot))
            except (KeyError, TypeError, IndexError, ValueError) as why:
                complaints.append(f'points: the facts lack what they look '
                                  f'for: {why!r}')
        return complaints, result

    def judge(self, boot):
        """What is wrong with a boot, one sentence each."""
        result = boot.result
        if result.kind != self.kind:
            yield f'expected {self.kind}, got {result.verdict()}'
        log = boot.log()
        for pattern in self.says:
            if not re.search(pattern, log):
                yield f'nobody said: {pattern}'
        for pattern in self.never:
            for match in re.finditer(f'.*{pattern}.*', log):
                yield f'somebody said: {match[0].strip()}'
        if not self.alarms:
            # Neither the trace of a panic is an alarm, nor are the traces of
            # all tasks, for which the harness asks.
            heard = log.split('sysrq: ')[0].split('Kernel panic')[0]
            for line in heard.split('\n'):
                if vm.ALARMS.search(line):
                    yield f'the kernel complained: {line.strip()}'
        if result.kind == self.kind:
            for check in self.checks:
                try:
                    for complaint in check(boot):
                        yield f'{check.__name__}: {complaint}'
                except (KeyError, TypeError, IndexError, ValueError) as why:
                    yield (f'{check.__name__}: the facts lack what it looks '
                           f'for: {why!r}')


def modules_of(buses):
    """The modules for these buses, or for virtio if there are none."""
    names = [name for bus in buses for name in MODULES[bus]]
    return tuple(dict.fromkeys(names)) or MODULES['virtio']


class Boot:
    """A boot that has ended: what the checks look at."""

    def __init__(self, row, kernel, result):
        self.row, self.kernel, self.result = row, kernel, result
        self.facts = result.facts

    def log(self):
        """The console, and what landing found in the kernel's log besides."""
        lines = [self.result.console.replace('\r', '')]
        lines += [k['text'] for k in self.facts.get('kmsg', ())]
        return '\n'.join(lines)

    def mounts(self):
        """The lines of mountinfo, parsed: proc_pid_mountinfo(5)."""
        found = []
        for line in self.facts['mountinfo']:
            left, right = line.split(' - ', 1)
            ident, parent, dev, sub, point, options, *_ = left.split(' ')
            fstype, source, fs_options = right.split(' ', 2)
            found.append(dict(id=int(ident), parent=int(parent), dev=dev,
                              sub=sub, point=point, options=options.split(','),
                              type=fstype, source=source,
                              fs_options=fs_options.split(','), line=line))
        return found

    def has_helpers(self):
        """Does the image start any helpers?"""
        wanted = self.row.initramfs
        wanted = wanted() if callable(wanted) else wanted
        return any(word.startswith(('--helper', '--with-plymouth'))
                   for word in wanted.get('programs', ())) or any(
                       to == '/etc/pintle/helpers'
                       for _, to in wanted.get('add', ()))

    def report(self):
        """The report that pintle leaves, parsed."""
        text = self.facts['report']
        if text is None:
            raise ValueError('there is no /run/pintle/report.json')
        return json.loads(text)
