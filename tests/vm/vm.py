# SPDX-License-Identifier: MIT
"""One virtual machine: start QEMU, wait for its end, give the end a name.

Success has to be said. A guest passes only if it wrote a closing record with
the right number of lines to the second serial port *and* then ended QEMU
through the debug-exit port (status 33), which no accident does: a panic with
`-no-reboot` and a power-off both leave QEMU with status 0. Everything else is
one of the KINDS.
"""
import dataclasses
import fcntl
import json
import os
import pathlib
import re
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

from silence import Limit

EXIT_SUCCESS = 33       # isa-debug-exit: (0x10 << 1) | 1

KINDS = {
    'landed': 'said all it had to say and ended itself with status 33',
    'panicked': 'the kernel panicked',
    'reset': 'the guest rebooted',
    'powered-off': 'the guest powered off without a verdict',
    'hung': 'nothing was heard from it for the whole silence limit',
    'deadline': 'it was still busy when its time was over',
    'qemu-died': 'QEMU itself failed',
    'cut-short': 'the verdict stops before its closing record',
    'lied': 'closing record and exit status contradict each other',
}

# Always given: tests/README.md says what each of them is for.
KERNEL_ARGUMENTS = ('panic=-1 sysrq_always_enabled=1 printk.devkmsg=on '
                    'cryptomgr.notests nowatchdog '
                    'rcupdate.rcu_cpu_stall_suppress=1 quiet')


@dataclasses.dataclass
class Board:
    """The machine for a kind of CPU."""
    program: str                # QEMU, and its package
    package: str
    words: tuple                # QEMU's words for the board and a plain CPU
    arguments: str              # for the kernel, besides
    verdict: tuple = ('-serial', 'chardev:verdict')
    says_end: bool = True       # by a status: it has isa-debug-exit


# Only the first board has a second serial port; the others get one on PCI.
PCI_PORT = ('-device', 'pci-serial,chardev=verdict')
BOARDS = {
    'amd64': Board('qemu-system-x86_64', 'qemu-system-x86',
                   ('-M', 'pc', '-cpu', 'qemu64',
                    '-device', 'isa-debug-exit,iobase=0xf4,iosize=4'),
                   'console=ttyS0 no_timer_check'),
    'arm64': Board('qemu-system-aarch64', 'qemu-system-arm',
                   ('-M', 'virt', '-cpu', 'cortex-a57'),
                   'console=ttyAMA0 landing.port=/dev/ttyS0',
                   PCI_PORT, False),
    'riscv64': Board('qemu-system-riscv64', 'qemu-system-misc',
                     ('-M', 'virt', '-cpu', 'rv64'), 'console=ttyS0',
                     PCI_PORT, False),
}

# A kernel that says one of these reports a fault of its own.
ALARMS = re.compile(r'\bBUG:|\bWARNING:|Call Trace:|\bOops\b|'
                    r'general protection fault|blocked for more than')

# What EFI firmware sends to each serial port before everything else.
CLEARS_SCREEN = re.compile(r'\A(\x1b\[[0-9;=]*[A-Za-z])+')

# Limits are written for KVM; emulation gets this many times as long.
SCALE = {'kvm': 1, 'tcg': 3}

# QEMU's words for each accelerator. One thread for all emulated CPUs: with one
# each, Linux 7.3 that patches its own code while another CPU runs it dies of
# "Oops: int3" in 1 of 25 boots with two CPUs (QEMU 7.2); with one, in none of
# 145, and no slower when two machines share two cores.
ACCELERATORS = {'kvm': 'kvm', 'tcg': 'tcg,thread=single'}

# One instruction is one nanosecond of the guest's clock, so that CPU times
# repeat, however busy the host is. Waiting (for a disk) takes the host's time:
# with sleep=off, deadlines would pass while the host works for the guest.
ICOUNT = ['-icount', 'shift=0,sleep=on']

# Shares a directory with a machine. QEMU before 8.0 has it. Its sandbox of
# namespaces cannot be had in a container, nor where "/" is no mount.
VIRTIOFSD = '/usr/lib/qemu/virtiofsd'
SANDBOX = ('-o', 'sandbox=chroot')

# Linux asks the firmware of QEMU's 'pc' for the interrupt of each PCI device, and
# each time interprets a loop of 128 steps in AML (acpi_pci_irq_lookup of
# drivers/acpi/pci_irq.c; build_prt of QEMU's hw/i386/acpi-build.c), which is
# 0.3 of the 4 seconds of an emulated boot of 6.1. 'q35' has a table. Only 'pc' has
# an old IDE controller, and slots for what is plugged in later.
FAST_CHIPSET = 'q35'
# Shorter than SeaBIOS, which looks on all buses for something that it could boot
# although QEMU gives it the kernel. Debian has it in qemu-system-data. It takes the
# place that EFI firmware needs.
FAST_FIRMWARE = 'qboot.rom'
OF_PC = ('ide', 'empty-cd')

# How a disk of each bus is attached; {n} is the disk's number.
BUSES = {
    'virtio': ['-device', 'virtio-blk-pci,drive=disk{n},id=dev{n}{serial}'],
    'nvme': ['-device', 'nvme,drive=disk{n},id=dev{n},serial={name}'],
    'scsi': ['-device', 'virtio-scsi-pci,id=hba{n}',
             '-device', 'scsi-hd,drive=disk{n},bus=hba{n}.0,id=dev{n}{serial}'],
    # as 'scsi', by one of two paths: its serial number is its name
    'path': ['-device', 'virtio-scsi-pci,id=hba{n}',
             '-device', 'scsi-hd,drive=disk{n},bus=hba{n}.0,id=dev{n},'
             'serial={name},wwn=0x{name}'],
    # many of them on one adapter, which Machine adds
    'lun': ['-device', 'scsi-hd,drive=disk{n},bus=luns.0,scsi-id={n},id=dev{n}'
            '{serial}'],
    # a drive with nothing in it: the image is not used
    'empty-cd': ['-device', 'ide-cd,id=dev{n}'],
    'ide': ['-device', 'ide-hd,drive=disk{n},id=dev{n}{serial}'],
    'ahci': ['-device', 'ahci,id=hba{n}',
             '-device', 'ide-hd,drive=disk{n},bus=hba{n}.0,id=dev{n}{serial}'],
    'sd': ['-device', 'sdhci-pci,id=hba{n}',
           '-device', 'sd-card,drive=disk{n},id=dev{n}'],
    'usb': ['-device', 'qemu-xhci,id=hba{n}',
            '-device', 'usb-storage,drive=disk{n},bus=hba{n}.0,id=dev{n}{serial}'],
}


def cable(directory, end):
    """QEMU's words for a network card whose cable leads to another machine:
    `end` is 0 here and 1 there. Either machine may start first."""
    def path(number):
        return f'{directory}/cable{number}'
    pathlib.Path(path(end)).unlink(missing_ok=True)
    return ['-netdev', f'dgram,id=cable,local.type=unix,local.path={path(end)},'
            f'remote.type=unix,remote.path={path(1 - end)}',
            '-device', f'virtio-net-pci,netdev=cable,mac=52:54:00:00:00:0{end}']


class Result:
    """What came of one run."""

    def __init__(self):
        self.kind = None
        self.detail = ''
        self.facts = {}
        self.console = ''
        self.seconds = 0.0
        self.directory = None
        self.command = []
        self.before = []        # verdicts on kernels that died of themselves
        self.points = []        # (name, complaints): rows below the machine's

    def verdict(self):
        """One sentence."""
        text = f'{self.kind}: {KINDS[self.kind]}'
        return f'{text} ({self.detail})' if self.detail else text


def disk_arguments(number, disk):
    """QEMU's words for one disk: (drive, device); see BUSES."""
    serial = disk.get('serial')
    fill = dict(n=number, name=serial or f'disk{number}',
                serial=f',serial={serial}' if serial else '')
    # An image "blkdebug:RULES:FILE" or an address cannot be locked.
    locking = ('' if str(disk['image']).startswith(('blkdebug:', 'nbd'))
               else 'file.locking=off,')
    snapshot = 'off' if disk.get('kept') else 'on'
    drive = ['-drive', f'if=none,id=disk{number},format=raw,'
             f'snapshot={snapshot},{locking}file={disk["image"]}']
    return drive, [word.format(**fill) for word in BUSES[disk['bus']]]


class HangingDisk(threading.Thread):
    """Serves a disk image by NBD up to a place, and never answers beyond it; or
    answers after some seconds, and all is well from then on. Without a place, it
    is a write that is not answered.

    It does what QEMU's client asks for: the fixed newstyle handshake with
    NBD_OPT_GO, and simple replies (the NBD project's doc/proto.md).
    """

    def __init__(self, image, until, seconds=None):
        super().__init__(daemon=True)
        self.seconds = seconds
        self.image, self.until = pathlib.Path(image).read_bytes(), until
        self.listener = socket.create_server(('127.0.0.1', 0))
        self.url = f'nbd://127.0.0.1:{self.listener.getsockname()[1]}'
        self.start()

    def run(self):
        while True:
            try:
                with self.listener.accept()[0].makefile('rwb') as client:
                    self.shake_hands(client)
                    self.serve(client)
            except (OSError, struct.error):
                pass            # that machine is gone

    def serve(self, client):
        """Answer requests until the client leaves."""
        while True:
            _, _, kind, handle, offset, length = struct.unpack(
                '>IHHQQI', client.read(28))
            if kind == 2:           # disconnect
                return
            if kind == 1:
                client.read(length)
                time.sleep(self.seconds)
                self.seconds = 0
            if kind == 0 and self.until and offset + length > self.until:
                if self.seconds is None:
                    continue        # this request is never answered
                time.sleep(self.seconds)
                self.until = len(self.image)
            client.write(struct.pack('>IIQ', 0x67446698, 0, handle))
            if kind == 0:
                client.write(self.image[offset:offset + length])
            client.flush()

    def shake_hands(self, client):
        """Negotiate until the client has its export."""
        client.write(b'NBDMAGICIHAVEOPT' + struct.pack('>H', 3))
        client.flush()
        client.read(4)
        while True:
            _, option, length = struct.unpack('>8sII', client.read(16))
            client.read(length)
            answers = [(1 << 31 | 1, b'')]      # unsupported
            if option == 7:
                answers = [(3, struct.pack(
                    '>HQH', 0, len(self.image), 3 if self.until else 1)),
                           (1, b'')]
            for answer, data in answers:
                client.write(struct.pack('>QIII', 0x3e889045565a9, option,
                                         answer, len(data)) + data)
            client.flush()
            if option == 7:
                return


def read_verdict(text):
    """Lines of a verdict -> (facts, number of lines, closing record or None).

    The port adds carriage returns. A line that is not JSON counts as a line
    but tells nothing; only the very last line can be the closing record.
    """
    lines = text.replace('\r', '').split('\n')
    unfinished = lines.pop()
    closing = None
    if not unfinished and lines:
        match = re.fullmatch(r'landed (\d+)', lines[-1])
        if match:
            closing = int(match[1])
            lines.pop()
    facts = {}
    for line in lines:
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if 'set' in record:
            facts[record['set']] = record['value']
        elif 'add' in record:
            facts.setdefault(record['add'], []).append(record['value'])
    return facts, len(lines), closing


def judge(status, reason, clock, console, verdict, says_end=True):
    """How a machine ended -> (kind, detail, facts).

    status:  QEMU's exit status
    reason:  of QMP's SHUTDOWN event, None if there was none
    clock:   'silence' or 'total' if that limit ended the run, else None
    says_end: of the board. If it cannot, a machine that has landed switches
             its power off; riscv64's QEMU then ends without a reason
             (hw/misc/sifive_test.c, 7.2)
    """
    verdict = CLEARS_SCREEN.sub('', verdict)
    facts, count, closing = read_verdict(verdict)
    panic = re.search(r'Kernel panic - not syncing[^\r\n]*', console)
    if clock == 'silence':
        ending, detail = 'hung', ''
    elif clock == 'total':
        ending, detail = 'deadline', ''
    elif status not in (0, EXIT_SUCCESS):
        return 'qemu-died', f'exit status {status}', facts
    elif status == EXIT_SUCCESS or (not says_end and closing is not None and
                                    not panic and reason in
                                    (None, 'guest-shutdown')):
        if closing is None:
            return 'lied', 'status 33 without a closing record', facts
        if closing != count:
            return 'lied', (f'closing record promises {closing} lines, '
                            f'{count} came'), facts
        return 'landed', '', facts
    elif panic:
        ending, detail = 'panicked', panic[0]
    elif reason == 'guest-reset':
        ending, detail = 'reset', ''
    else:
        ending, detail = 'powered-off', reason or 'QEMU gave no reason'
    if clock and closing is not None:
        return ending, 'after its closing record', facts
    if closing is not None:
        return 'lied', f'closing record, but then {ending}', facts
    if verdict.strip():
        return 'cut-short', f'{count} lines, then {ending}', facts
    return ending, detail, facts


def died_of_itself(kind, console):
    """Did the kernel end without any program having to do with it?

    An emulated machine on a busy host may die before a program ran, or in its
    idle task. It is then started anew. An end that a program causes recurs.
    """
    if kind == 'panicked':
        oops = re.search(r'\bOops\b|\bBUG:', console)
        comm = oops and re.search(r'\bComm: (\S+)', console[oops.end():])
        return bool(comm) and comm[1].startswith('swapper/')
    # The dump of all tasks (SysRq-t) has process 1, unless nothing runs.
    return kind == 'hung' and (
        not console.strip() or
        bool(re.search(r'task:swapper/\d+ .*\bpid:1\b', console)))


class Machine:
    """One QEMU. Everything that it writes goes to `directory`."""

    # every machine that runs now: on a signal, the runner ends them
    running = set()
    lock = threading.Lock()
    # how many are judged at once
    count = int(os.environ.get('PINTLE_VMS', '2'))
    places = threading.BoundedSemaphore(count)

    def __init__(self, directory, kernel, initramfs, cmdline='', memory=256,
                 cpus=1, disks=(), accel='tcg', silence=10, total=40,
                 plug=None, icount=False, extra=(), share=None,
                 share_by='virtiofs', share_with=None, network=(), beside=None,
                 unplugged=False, types=(), always=KERNEL_ARGUMENTS,
                 arch='amd64', console='', usb_keyboard=False, chipset=None,
                 tpm=None):
        self.directory = pathlib.Path(directory)
        self.board = board = BOARDS[arch]
        # only emulation counts instructions, and has CPUs of other kinds
        accel = 'tcg' if icount or arch != 'amd64' else accel
        self.accel = accel
        scale = SCALE[accel]
        self.silence, self.total = silence * scale, total * scale
        # (regular expression, disk[, seconds]): attached once the console
        # matches, or so many seconds later
        self.plug = plug
        # (regular expression, text): typed at the console, one after another,
        # each once the console matches behind the match of the one before
        self.types = list(types)
        # typed at the only keyboard, which is USB, instead
        self.usb_keyboard = usb_keyboard
        arguments = re.sub(r'\bconsole=\S+', f'console={console}',
                           board.arguments) if console else board.arguments
        self.words = [
            board.program, *board.words,
            *(('-M', chipset, '-bios', FAST_FIRMWARE) if chipset else ()),
            '-accel', ACCELERATORS[accel],
            *(('-cpu', 'host') if accel == 'kvm' else ()),
            '-smp', str(cpus), '-m', str(memory), '-nodefaults',
            '-display', 'none', '-no-reboot',
            '-kernel', str(kernel), '-initrd', str(initramfs),
            '-append', f'{arguments} {always} {cmdline}'.strip()]
        if any(disk['bus'] == 'lun' for disk in disks):
            self.words += ['-device', 'virtio-scsi-pci,id=luns']
        for number, disk in enumerate(disks):
            drive, device = disk_arguments(number, disk)
            self.words += drive + device
        # the directory with what a TPM remembers, of which it gets a copy
        self.tpm = tpm
        self.plug_at = None
        if plug:
            drive, _ = disk_arguments(len(disks), plug[1])
            self.words += drive
            self.plug_device = disk_arguments(len(disks), plug[1])[1][1]
        if icount:
            self.words += ICOUNT
        self.words += list(extra)
        if usb_keyboard:
            self.words += ['-machine', 'i8042=off', '-device',
                           'qemu-xhci,id=keys', '-device',
                           'usb-kbd,bus=keys.0']
        # QEMU's words for the cable; a Machine that runs beside this one until
        # this one ends, and the regular expression upon which it starts (None:
        # at once)
        self.words += list(network)
        self.unplugged = unplugged
        self.process = None
        self.beside, self.beside_at = beside or (None, None)
        self.share = share_by == 'virtiofs' and share
        # a library that is preloaded into virtiofsd: see unrooted.c
        self.share_with = share_with
        self.share_socket = self.directory / 'virtiofs'
        if share_by == '9p':
            self.words += [
                '-fsdev', f'local,id=share,path={share},readonly=on,'
                'security_model=none',
                '-device', 'virtio-9p-pci,fsdev=share,mount_tag=share']
        elif share:
            self.words += [
                '-object', f'memory-backend-memfd,id=ram,size={memory}M',
                '-machine', 'memory-backend=ram',
                '-chardev', f'socket,id=share,path={self.share_socket}',
                '-device', 'vhost-user-fs-pci,chardev=share,tag=share']

    def by_hand(self):
        """The same machine for a person, with its console on the terminal."""
        return shlex.join(self.words + ['-serial', 'stdio',
                                        *self.verdict_to('/dev/null')])

    def verdict_to(self, path):
        """QEMU's words for the port that the verdict comes from."""
        return ['-chardev', f'file,id=verdict,path={path}',
                *self.board.verdict]

    def serve(self, complaints):
        """Share the directory; the daemon ends when QEMU does."""
        self.share_socket.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
            listener.bind(str(self.share_socket))
            listener.listen(1)
            subprocess.Popen(
                [VIRTIOFSD, *SANDBOX, f'--fd={listener.fileno()}', '-o',
                 f'source={self.share}'], stdin=subprocess.DEVNULL,
                stdout=complaints, stderr=complaints,
                pass_fds=[listener.fileno()], env={**os.environ, **(
                    {'LD_PRELOAD': str(self.share_with)}
                    if self.share_with else {})})

    def start(self):
        """Boot beside another machine; nobody judges how this one ends."""
        self.directory.mkdir(parents=True, exist_ok=True)
        with open(self.directory / 'qemu', 'wb') as complaints:
            self.process = subprocess.Popen(
                self.words + ['-serial', f'file:{self.directory / "console"}'],
                stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints)
        with Machine.lock:
            Machine.running.add(self.process)

    def stop(self):
        """End a machine that was started."""
        if self.process:
            self.process.kill()
            self.process.wait()
            with Machine.lock:
                Machine.running.discard(self.process)

    def run(self):
        """Boot when there is a place, wait, judge."""
        with Machine.places:
            return self.run_at_once()

    def run_at_once(self):
        """The same, whoever else runs."""
        self.directory.mkdir(parents=True, exist_ok=True)
        console = self.directory / 'console'
        verdict = self.directory / 'verdict'
        console.write_bytes(b'')
        verdict.write_bytes(b'')
        ours, theirs = socket.socketpair()
        keyboard = Keyboard(self.types, self.directory) if self.types else None
        words = self.words + (
            ['-chardev', f'pipe,id=console,path={keyboard.path}',
             '-serial', 'chardev:console']
            if keyboard else ['-serial', f'file:{console}']) + [
            *self.verdict_to(verdict),
            '-chardev', f'socket,id=qmp,fd={theirs.fileno()}',
            '-mon', 'chardev=qmp,mode=control']
        (self.directory / 'command').write_text(self.by_hand() + '\n')
        result = Result()
        result.directory = self.directory
        result.command = self.by_hand()
        start = time.monotonic()
        with open(self.directory / 'qemu', 'wb') as complaints:
            if self.share:
                self.serve(complaints)
            tpm = self.tpm and Tpm(self.tpm, self.directory)
            process = subprocess.Popen(
                words + (tpm.words() if tpm else []),
                stdin=subprocess.DEVNULL, stdout=complaints, stderr=complaints,
                pass_fds=[theirs.fileno(), *([tpm.fd] if tpm else [])])
        theirs.close()
        with Machine.lock:
            Machine.running.add(process)
        if self.beside and not self.beside_at:
            self.beside.start()
        try:
            clock, reason = self.watch(process, ours, (console, verdict), start,
                                       keyboard)
        finally:
            if self.beside:
                self.beside.stop()
            if process.poll() is None:
                process.kill()
            process.wait()
            with Machine.lock:
                Machine.running.discard(process)
            ours.close()
            if tpm:
                tpm.close()
            if keyboard:
                keyboard.close()
        result.seconds = time.monotonic() - start
        result.console = console.read_bytes().decode('utf-8', 'replace')
        result.kind, result.detail, result.facts = judge(
            process.returncode, reason, clock, result.console,
            verdict.read_bytes().decode('ascii', 'replace'),
            self.board.says_end)
        if result.kind == 'qemu-died':
            said = (self.directory / 'qemu').read_text(errors='replace')
            result.detail += ': ' + ' '.join(said.split())[:400]
        return result

    def watch(self, process, qmp, files, start, keyboard=None):
        """Wait for the end; returns (limit that was hit, shutdown reason)."""
        def last_heard():
            # by mtime, so that nothing has to read while the guest talks
            age = time.time() - max(f.stat().st_mtime for f in files)
            return max(start, time.monotonic() - age)

        pidfd = os.pidfd_open(process.pid)
        events = QmpEvents(qmp)
        poll = select.poll()
        poll.register(pidfd, select.POLLIN)
        poll.register(qmp, select.POLLIN)
        if keyboard:
            poll.register(keyboard.heard, select.POLLIN)
            if self.usb_keyboard:
                keyboard.press = events.type
        events.send('qmp_capabilities')
        if self.unplugged:
            events.send('set_link', name='cable', up=False)
        silence, total = (Limit(process.pid, seconds)
                          for seconds in (self.silence, self.total))
        ending = None           # (clock, when to quit)
        ended = 0
        try:
            while True:
                now = time.monotonic()
                # No event tells that the machine has said something.
                limit = ending[1] if ending else min(
                    total.end(start), silence.end(last_heard()), now + 1)
                if self.plug or self.beside_at:
                    # No event tells that a file grew. Only rows that plug
                    # something or start a server have to look.
                    limit = min(limit, now + 0.2)
                ready = dict(poll.poll(max(0, limit - now) * 1000 + 1))
                if qmp.fileno() in ready and not events.read():
                    poll.unregister(qmp)
                if keyboard and keyboard.heard in ready:
                    keyboard.listen()
                if pidfd in ready:
                    events.drain()
                    # If it was told to quit, the limit is the reason.
                    return ending and ending[0], events.reason
                now = time.monotonic()
                if self.plug and self.plug_at is None and re.search(
                        self.plug[0], files[0].read_text(errors='replace')):
                    self.plug_at = now + sum(self.plug[2:])
                if self.plug and self.plug_at and now >= self.plug_at:
                    events.plug(self.plug_device)
                    self.plug = None
                if self.beside_at and re.search(
                        self.beside_at, files[0].read_text(errors='replace')):
                    self.beside.start()
                    self.beside_at = None
                if ending:
                    if now >= ending[1]:
                        events.send('quit')
                        ending = ending[0], now + 5
                        if now > ended + 20:
                            process.kill()
                    continue
                if now >= total.end(start):
                    clock = 'total'
                elif now >= silence.end(last_heard()):
                    clock = 'silence'
                else:
                    continue
                # let the kernel say where each task is
                for key in '9wt':
                    events.sysrq(key)
                ending = clock, now + 2
                ended = now
        finally:
            os.close(pidfd)


class Tpm:
    """A TPM 2.0, by swtpm, that remembers what the directory `state` holds. It
    works on a copy, in the directory `at`. `fd` is QEMU's end of the connection.
    """

    def __init__(self, state, at):
        memory = pathlib.Path(at) / 'tpm'
        shutil.rmtree(memory, ignore_errors=True)
        shutil.copytree(state, memory)
        self.socket, theirs = socket.socketpair()
        self.fd = self.socket.fileno()
        with open(memory / 'log', 'wb') as log:
            self.process = subprocess.Popen(
                ['swtpm', 'socket', '--tpm2', '--tpmstate', f'dir={memory}',
                 '--ctrl', f'type=unixio,clientfd={theirs.fileno()}',
                 '--terminate'], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, pass_fds=[theirs.fileno()])
        theirs.close()
        with Machine.lock:
            Machine.running.add(self.process)

    def words(self):
        """QEMU's."""
        return ['-chardev', f'socket,id=tpm,fd={self.fd}',
                '-tpmdev', 'emulator,id=tpm0,chardev=tpm',
                '-device', 'tpm-tis,tpmdev=tpm0']

    def close(self):
        """QEMU is gone, and what the TPM remembers is written."""
        self.socket.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        with Machine.lock:
            Machine.running.discard(self.process)


class Keyboard:
    """Somebody at the serial console, who reads and types.

    They do it through pipes. QEMU writes each byte by itself, and a socket is
    full after some 280 of these. Then logfile= has one of them twice (QEMU
    7.2), and Linux waits 10 ms for its port and overwrites the byte
    (8250_port.c, 6.12).
    """

    def __init__(self, types, directory):
        self.types = list(types)
        self.console = open(directory / 'console', 'ab', buffering=0)
        self.path = directory / 'keyboard'
        self.typed, self.heard = (
            self.pipe(f'{self.path}.{way}') for way in ('in', 'out'))
        fcntl.fcntl(self.heard, fcntl.F_SETPIPE_SZ, 1 << 20)
        self.press = lambda text: os.write(self.typed, text.encode())
        self.text = ''

    @staticmethod
    def pipe(path):
        """A new pipe. Both of its ends are open here, so that nobody who reads
        it sees its end."""
        pathlib.Path(path).unlink(missing_ok=True)
        os.mkfifo(path)
        return os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)

    def listen(self):
        """Read what is there and answer it; False if nothing was there."""
        try:
            data = os.read(self.heard, 65536)
        except BlockingIOError:
            return False
        self.console.write(data)
        self.text += data.decode('utf-8', 'replace')
        while self.types:
            found = re.search(self.types[0][0], self.text)
            if not found:
                break
            self.text = self.text[found.end():]
            self.press(self.types.pop(0)[1])
        return True

    def close(self):
        """QEMU is gone: read the rest."""
        self.types = []
        while self.listen():
            pass
        for fd, way in ((self.typed, 'in'), (self.heard, 'out')):
            os.close(fd)
            os.unlink(f'{self.path}.{way}')
        self.console.close()


class QmpEvents:
    """QEMU's monitor, as far as it is needed here."""

    def __init__(self, sock):
        self.sock = sock
        sock.setblocking(False)
        self.text = b''
        self.reason = None
        self.errors = []

    def send(self, command, **arguments):
        """Send one command. Of the answers, only errors are kept."""
        message = {'execute': command}
        if arguments:
            message['arguments'] = arguments
        try:
            self.sock.send(json.dumps(message).encode() + b'\n')
        except OSError:
            pass                # it is gone, which the pidfd tells

    def sysrq(self, key):
        """Press Alt+SysRq+key."""
        self.send('send-key', keys=[
            {'type': 'qcode', 'data': code} for code in ('alt', 'sysrq', key)])

    def type(self, text):
        """Press the keys for a text of small letters, one after another."""
        for letter in text:
            self.send('send-key', keys=[{
                'type': 'qcode',
                'data': {' ': 'spc', '\n': 'ret'}.get(letter, letter)}])

    def plug(self, device):
        """device_add with the words of a -device argument."""
        driver, *rest = device.split(',')
        self.send('device_add', driver=driver,
                  **dict(word.split('=', 1) for word in rest))

    def read(self):
        """Read what is there; False at its end."""
        try:
            data = self.sock.recv(65536)
        except BlockingIOError:
            return True
        except OSError:
            return False
        self.text += data
        *lines, self.text = self.text.split(b'\n')
        for line in lines:
            try:
                message = json.loads(line)
            except ValueError:
                continue
            if message.get('event') == 'SHUTDOWN':
                self.reason = message['data'].get('reason')
            if 'error' in message:
                self.errors.append(message['error'].get('desc', ''))
        return bool(data)

    def drain(self):
        """Read the last events of a QEMU that is gone."""
        while select.select([self.sock], [], [], 0)[0] and self.read():
            pass


def end_all():
    """Called on a signal, so that no machine survives its runner."""
    with Machine.lock:
        for process in Machine.running:
            process.send_signal(signal.SIGKILL)
