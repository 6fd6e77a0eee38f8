# SPDX-License-Identifier: MIT
"""The harness tested on itself, and the choice of its accelerator.

A harness that calls a dead machine alive is worse than none, so each wrong
ending has a guest that ends that way (guest.c) and must be named rightly. None
of this needs pintle.
"""
import json
import os
import pathlib
import platform
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time

import images
import scenario
import silence
import vm

KERNEL = '6.1'

# guest's mode, the kind it must be given, limits, what the console must hold
GUESTS = (
    ('land', 'landed', {}),
    ('panic', 'panicked', {'says': ('Attempted to kill init',)}),
    # the dump of all tasks is what one wants to see of a hang
    ('hang', 'hung', {'silence': 4, 'total': 30, 'says': (
        r'sysrq: Show State', r'sysrq: Show Blocked State', r'task:init ')}),
    ('half', 'cut-short', {}),
    ('miscount', 'lied', {}),
    ('exit-unsaid', 'lied', {}),
    ('land-then-poweroff', 'lied', {}),
    ('poweroff', 'powered-off', {}),
    ('reset', 'reset', {}),
    ('typed', 'landed', {'types': ((r'the (\w+)\? ', 'one\n'),
                                   (r'the (\w+)\? ', 'two\n'))}),
    ('flood', 'deadline', {'silence': 2, 'total': 4}),
)


def rows():
    """One machine per way to end."""
    for mode, kind, limits in GUESTS:
        # what the kernel says while it is being dumped is no alarm
        yield scenario.Row(f'harness/vm/{mode}', KERNEL, f'guest={mode}',
                           kind=kind, disks=[], image=images.guest_initramfs,
                           alarms=kind in ('hung', 'deadline'), **limits)
    # not before it is asked for, which this never is
    yield scenario.Row('harness/vm/typed-in-vain', KERNEL, 'guest=typed',
                       kind='hung', disks=[], image=images.guest_initramfs,
                       alarms=True, silence=4, says=('task:init ',),
                       types=(('the other', 'one\n'),))
    yield Alarm('harness/vm/alarm', KERNEL, 'guest=warn', disks=[],
                image=images.guest_initramfs)
    yield Broken('harness/vm/qemu-dies', KERNEL, kind='qemu-died', disks=[
        scenario.disk(image='/nonexistent')], image=images.guest_initramfs)
    yield Unmet('harness/vm/complaints', KERNEL, 'guest=land', disks=[],
                image=images.guest_initramfs, kind='reset',
                says=('never said',), checks=(lambda boot: ['no'],))


    # what rows/switch.py relies on, on each kernel
    for series in images.KERNELS:
        for words, filesystem, magic in (('root=/dev/vda', 'ramfs', '858458f6'),
                                         ('', 'tmpfs', '1021994')):
            yield scenario.Row(
                f'harness/vm/{filesystem}-{series}', series, words, disks=[],
                image=lambda: images.guest_initramfs('landing'),
                checks=(initramfs_is(magic),))


def initramfs_is(magic):
    """The root of a program that runs as /init has this statfs magic."""
    def initramfs(boot):
        if boot.facts['root']['type'] != magic:
            yield f'its type is {boot.facts["root"]["type"]}, not {magic}'
    return initramfs


class Alarm(scenario.Row):
    """A guest that lands, but whose kernel complained, has failed."""

    def judge(self, boot):
        found = list(super().judge(boot))
        if not any('so says the guest' in c for c in found):
            yield f'the BUG: line of the guest was overlooked: {found}'


class Broken(scenario.Row):
    """QEMU's own words are in the verdict."""

    def judge(self, boot):
        yield from super().judge(boot)
        if 'No such file' not in boot.result.detail:
            yield f'the verdict is only: {boot.result.verdict()}'


class Unmet(scenario.Row):
    """Wrong kind and a sentence nobody said: both are told."""

    def judge(self, boot):
        found = list(super().judge(boot))
        if len(found) != 2 or 'expected reset' not in found[0] or \
                'nobody said' not in found[1]:
            yield f'complaints are {found}'
        self.kind, self.says = 'landed', ()
        found = list(super().judge(boot))
        if found != ['<lambda>: no']:
            yield f'complaints of a check are {found}'


# --- without a machine ----------------------------------------------------

# kind, console, is it the kernel's own death?
DEATHS = (
    ('panicked', 'Oops: int3: 0000 [#1]\nCPU: 0 PID: 0 Comm: swapper/0 Not\n'
     'Kernel panic - not syncing: Fatal exception in interrupt', True),
    ('panicked', 'BUG: unable to handle page fault\nCPU: 1 PID: 1 Comm: '
     'swapper/0 Not\nKernel panic - not syncing: Fatal exception', True),
    ('panicked', 'Oops: 0002 [#1]\nCPU: 0 PID: 57 Comm: helper Not\n'
     'Kernel panic - not syncing: Fatal exception', False),
    ('panicked', 'Kernel panic - not syncing: Attempted to kill init!\n'
     'CPU: 0 PID: 1 Comm: init Not tainted', False),
    # what an image without a working /init comes to
    ('panicked', 'Kernel panic - not syncing: VFS: Unable to mount root fs\n'
     'CPU: 0 PID: 1 Comm: swapper/0 Not tainted', False),
    ('hung', '\r\n', True),
    ('hung', 'task:swapper/0       state:D stack:0     pid:1     ppid:0', True),
    ('hung', 'task:init            state:S stack:0     pid:1     ppid:0\n'
     'task:swapper/1       state:R stack:0     pid:0     ppid:0', False),
    ('landed', '', False), ('reset', '', False),
)


def check_deaths():
    """A kernel's own death, and what only looks like one."""
    for kind, console, expected in DEATHS:
        if vm.died_of_itself(kind, console) != expected:
            yield f'{kind}: not {expected}: {console!r}'


def check_judge():
    """Each ending by its name, from what QEMU leaves behind."""
    said = '{"set": "pid", "value": 1}\r\n'
    clears = '\x1b[2J\x1b[01;01H\x1b[=3h'
    table = (
        # status, reason, clock, console, verdict -> kind
        (33, None, None, '', said + 'landed 1\r\n', 'landed'),
        (33, None, None, '', 'landed 0\n', 'landed'),
        (33, None, None, '', said + 'landed 2\n', 'lied'),
        (33, None, None, '', said, 'lied'),
        (33, None, None, '', '', 'lied'),
        # firmware was there before
        (33, None, None, '', clears + said + 'landed 1\n', 'landed'),
        (33, None, None, '', said + clears + 'landed 1\n', 'lied'),
        (0, 'guest-shutdown', None, '', clears, 'powered-off'),
        (33, None, None, '', said + 'landed 1', 'lied'),
        (33, None, None, '', 'landed 1\n' + said, 'lied'),
        (0, 'guest-shutdown', None, '', said + 'landed 1\n', 'lied'),
        (0, 'guest-shutdown', None, '', '', 'powered-off'),
        (0, 'guest-shutdown', None, '', said, 'cut-short'),
        (0, 'guest-reset', None, '', '', 'reset'),
        (0, 'guest-reset', None, 'Kernel panic - not syncing: x', '',
         'panicked'),
        (0, 'host-qmp-quit', 'silence', '', '', 'hung'),
        (0, 'host-qmp-quit', 'total', '', '', 'deadline'),
        (0, 'host-qmp-quit', 'silence', '', said, 'cut-short'),
        (33, None, 'silence', '', said + 'landed 1\n', 'hung'),
        (1, None, None, '', '', 'qemu-died'),
        (-9, None, None, '', said + 'landed 1\n', 'qemu-died'),
    )
    # of a machine that cannot end with a status
    mute = (
        (0, 'guest-shutdown', None, '', said + 'landed 1\n', 'landed'),
        (0, None, None, '', said + 'landed 1\n', 'landed'),
        (0, 'guest-shutdown', None, '', said + 'landed 2\n', 'lied'),
        (0, 'guest-shutdown', None, '', said, 'cut-short'),
        (0, 'guest-shutdown', None, '', '', 'powered-off'),
        (0, 'guest-reset', None, '', said + 'landed 1\n', 'lied'),
        (0, 'guest-shutdown', None, 'Kernel panic - not syncing: x',
         said + 'landed 1\n', 'lied'),
        (0, 'host-qmp-quit', 'silence', '', said + 'landed 1\n', 'hung'),
    )
    for says_end, rows_of_kind in ((True, table), (False, mute)):
        for *given, expected in rows_of_kind:
            kind, _, _ = vm.judge(*given, says_end)
            if kind != expected:
                yield (f'{given} is called {kind}, expected {expected}'
                       f' (says_end {says_end})')


def check_verdict():
    """Facts survive the serial port."""
    facts, count, closing = vm.read_verdict(
        '{"set": "a", "value": "\\u00ff"}\r\nnoise\r\n'
        '{"add": "b", "value": 1}\r\n{"add": "b", "value": 2}\r\nlanded 4\r\n')
    if (facts, count, closing) != ({'a': '\xff', 'b': [1, 2]}, 4, 4):
        yield f'read as {facts}, {count} lines, closing record {closing}'


def check_cpio():
    """cpio itself reads our archives back."""
    images.need('cpio', 'cpio')
    archive = images.cpio({'a': (0o100644, b'text'), 'b': (0o40755, b''),
                           'c': (0o120777, b'a'), 'odd name': (0o100755, b'')})
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run(['cpio', '-idm', '--quiet'], input=archive,
                              cwd=directory, check=False, capture_output=True)
        names = sorted(os.listdir(directory))
        if done.returncode or done.stderr or \
                names != ['a', 'b', 'c', 'odd name']:
            yield f'cpio unpacks {names}, saying {done.stderr}'
        elif open(f'{directory}/c', encoding='ascii').read() != 'text':
            yield 'the link does not lead to its target'


def check_partitions():
    """Backup and primary tables agree, and the content is where they say."""
    content = bytes(range(256)) * 4096
    disk = images.partitioned(content)
    if disk[images.MIB:images.MIB + len(content)] != content:
        yield 'the content is not at 1 MiB'
    if disk[512:520] != b'EFI PART' or disk[-512:-504] != b'EFI PART':
        yield 'a GPT header is missing'
    here, other = struct.unpack_from('<QQ', disk, 512 + 24)
    if (here, other) != (1, len(disk) // 512 - 1):
        yield f'the primary header says it is at {here}, the other at {other}'


def check_silence():
    """The clock of silence stands for who has no CPU, but not for who sleeps,
    and never for long."""
    cpu = min(os.sched_getaffinity(0))
    spin = f'import os\nos.sched_setaffinity(0, [{cpu}])\nwhile True: pass'
    crowd = [subprocess.Popen([sys.executable, '-c', spin]) for _ in range(3)]
    crowd.append(subprocess.Popen(['sleep', '99']))
    try:
        busy, asleep = (silence.Limit(p.pid, 1) for p in crowd[2:])
        time.sleep(1)           # they have begun
        for one in (busy, asleep):
            one.end(100)
        time.sleep(3)
        if not silence.waited(crowd[2].pid):
            return              # this kernel does not count it
        late = busy.end(100.001) - 101
        if not 0.5 < late <= silence.MOST:
            yield f'who had a third of a CPU for 3 s has {late:.2f} s more'
        if asleep.end(100) > 101.3:
            yield f'who slept has {asleep.end(100) - 101:.2f} s more'
        if not 103 <= busy.end(102.9) < 104.2:
            yield 'who was heard again has the time of before'
    finally:
        for one in crowd:
            one.kill()
            one.wait()


def check_exponents():
    """What tests/bench makes of growth: a fixed cost hides nothing."""
    sys.path.append(str(images.TOP / 'tests' / 'bench'))
    import fitting
    numbers = 0, 1, 10, 100, 1000
    for power in (0.5, 1, 1.3, 2):
        for fixed in (0.001, 20, 5000):
            times = {n: fixed + 0.2 * n ** power if n else fixed
                     for n in numbers}
            for form in ('above none', 'between steps'):
                found = fitting.FORMS[form](times)
                if abs(found - power) > 0.001:
                    yield f'{fixed} + 0.2 N^{power}, {form}: {found}'
            if power == 1 and abs(fitting.at_the_margin(times) - 0.2) > 1e-9:
                yield f'each costs {fitting.at_the_margin(times)}, not 0.2'
    if fitting.between_steps({1: 5.0, 10: 5.0, 100: 9.0}) < 1e9:
        yield 'what grows at the end alone has an exponent'
    steady = dict.fromkeys(numbers, 7.0)
    if fitting.between_steps(steady) or fitting.above_none(steady):
        yield 'what does not grow has an exponent'


# In the place of QEMU: it says that it runs, and goes on for ever. The question
# whether KVM works is for the real one.
FOR_EVER = """#!/bin/sh
case $* in
*/out,format=raw*) echo $$ >{0}/new && mv {0}/new {0}/runs ;;
*) exec {1} "$@" ;;
esac
exec sleep 1000
"""


def check_in_machine():
    """A signal to scripts/in-machine ends its machine, and nothing is left."""
    real = images.need('qemu-system-x86_64', 'qemu-system-x86')
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / 'root').mkdir()
        images.run(['tar', '-C', work / 'root', '-cf', work / 'root.tar', '.'])
        qemu = work / 'qemu-system-x86_64'
        qemu.write_text(FOR_EVER.format(work, real))
        qemu.chmod(0o755)
        with open(work / 'log', 'wb') as log, subprocess.Popen(
                [images.TOP / 'scripts/in-machine', work / 'root.tar',
                 work / 'out'], stdin=subprocess.DEVNULL, stdout=log,
                stderr=log, env=dict(os.environ, TMPDIR=name,
                                     PATH=f'{work}:{os.environ["PATH"]}')) as it:
            before = time.monotonic()
            while not (work / 'runs').exists() and it.poll() is None and (
                    time.monotonic() < before + 300):
                time.sleep(0.1)
            if not (work / 'runs').exists():
                it.kill()
                yield f'no machine: {(work / "log").read_text()[-400:]}'
                return
            it.terminate()
            pid = int((work / 'runs').read_text())
            try:
                it.wait(30)
            except subprocess.TimeoutExpired:
                yield 'SIGTERM does not end it'
            for _ in range(100):
                if not os.path.exists(f'/proc/{pid}'):
                    return
                time.sleep(0.1)
            yield 'its machine runs on'
            os.kill(pid, signal.SIGKILL)


def functions():
    """The rows that need no machine."""
    return [('harness/' + f.__name__[len('check_'):].replace('_', '-'), f) for f in (
        check_judge, check_deaths, check_verdict, check_cpio, check_partitions,
        check_exponents, check_silence, check_in_machine)]


# --- the accelerator ------------------------------------------------------

_lock = threading.Lock()
_choice = []


def accelerator():
    """kvm or tcg; KVM only if it has booted something here.

    /dev/kvm may open, make a machine, and yet not run a kernel.
    """
    asked = os.environ.get('PINTLE_ACCEL', 'auto')
    if asked in vm.SCALE:
        return asked
    if asked != 'auto':
        raise ValueError(f'PINTLE_ACCEL={asked}: must be auto, kvm or tcg')
    with _lock:
        if not _choice:
            _choice.append(_probe())
    return _choice[0]


def _probe():
    if not os.access('/dev/kvm', os.R_OK | os.W_OK):
        return 'tcg'
    store = images.BUILD / 'tests' / 'accel.json'
    # another kernel or another QEMU may know better
    version = subprocess.run(['qemu-system-x86_64', '--version'], text=True,
                             stdout=subprocess.PIPE, check=True).stdout
    key = [platform.node(), platform.release(), version.split('\n')[0]]
    try:
        kept = json.loads(store.read_text())
        if kept['key'] == key:
            return kept['accel']
    except (OSError, ValueError, KeyError, TypeError):
        pass
    kernel = images.kernel(KERNEL)
    result = vm.Machine(images.BUILD / 'tests' / 'out' / 'kvm-probe',
                        kernel.vmlinuz, images.guest_initramfs(), 'guest=land',
                        accel='kvm', silence=10, total=10).run()
    accel = 'kvm' if result.kind == 'landed' else 'tcg'
    store.parent.mkdir(parents=True, exist_ok=True)
    store.write_text(json.dumps({'key': key, 'accel': accel,
                                 'why': result.verdict()}) + '\n')
    return accel
