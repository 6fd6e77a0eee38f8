# SPDX-License-Identifier: MIT
"""What is said where, and to whom the words of a long command line go."""
import re

import checks
from scenario import Row, disk

STAGES = ('modules', 'splash', 'resume', 'helpers', 'device', 'check', 'root',
          'usr', 'switch', 'exec')

# Longer than x86's own limit of 2048 bytes only together, so in two lines. Words
# with a dot are a module's: the kernel hands them to nobody.
PADDING = ' '.join(f'nobody.word{n}="{n} blanks in a value"' for n in range(40))
IMAGE_LINE = (f'root=/dev/nowhere init=/other rootflags=noatime rd.timeout=1 '
              f'rotfstype=xfs ' + 'rootflags=nodev,noexec ' * 110)
KERNEL_LINE = (f'root=LABEL=wrong {PADDING} root="LABEL=the root" '
               'pintle.switsh=move pintle.free=all rw init=/nowhere ro '
               'rootflags=nodev,nosuid rd.timeout=60 "init=/sbin/init" '
               'word=x word="last one" debug single -- root=/dev/none "two words"')


def of_pintle(text):
    """The lines it said."""
    return re.findall(r'pintle: (.*)', text)


def silent(boot):
    """Nothing on the console, and all of it in the log."""
    said = boot.result.console.strip()
    if said:
        yield f'the console has: {said}'
    logged = of_pintle('\n'.join(k['text'] for k in boot.facts['kmsg']))
    for beginning in ("root: '/dev/vda' is '/dev/vda', ext4, ", 'exec: '):
        if not any(line.startswith(beginning) for line in logged):
            yield f'the log has no "{beginning}": {logged}'


def told(boot):
    """Each stage begins, in order, and later than the one before."""
    found = re.findall(r'pintle: (\w+): (\d+) ms after the kernel',
                       boot.result.console)
    if tuple(stage for stage, _ in found) != ('anchor', *STAGES):
        yield f'stages: {found}'
    times = [int(ms) for _, ms in found]
    if times != sorted(times) or not times or times[0] < 100:
        yield f'times: {times}'


def on_both(boot):
    """The line is on the serial console and on the screen."""
    screen = ''.join(f['text'] or '' for f in boot.facts['files'])
    for name, text in (('serial', boot.result.console), ('screen', screen)):
        # on a screen lines have no ends
        if 'it is not a parameter of pintle' not in text:
            yield f'the {name} console has: {text[-400:]!r}'


def on_null(boot):
    """There is no console: 0, 1 and 2 are open all the same."""
    links = [(f['fd'], f['link']) for f in boot.facts.get('fds', [])]
    if links != [(n, '/dev/null') for n in range(3)]:
        yield f'open are {links}'


def no_console(boot):
    """The kernel has none, and the log has all."""
    if boot.result.console.strip():
        yield f'the console has: {boot.result.console}'
    logged = of_pintle('\n'.join(k['text'] for k in boot.facts['kmsg']))
    if not any(line.startswith('exec: ') for line in logged):
        yield f'the log has: {logged}'


def heard(boot):
    """Whoever types at the console reads each byte that was sent once."""
    text = boot.result.console
    called = re.findall(r'\] calling +(\S+) @ \d+\r', text)
    back = re.findall(r'\] initcall (\S+) returned 0 after \d+ usecs\r', text)
    if len(called) < 500:
        yield f'{len(called)} calls of the kernel'
    for name in sorted(set(back) - set(called)):
        yield f'nobody called {name}'


def rows():
    """On the oldest kernel and the newest."""
    for series in ('6.1', '7'):
        yield row(series, 'quiet', 'root=/dev/vda', checks.ARRIVED + (silent,))
        yield row(series, 'two', 'root=/dev/vda pintle.colour=blue loglevel=7 '
                  'console=tty0 landing.cat=/dev/vcs1',
                  checks.ARRIVED + (on_both,))
        # Only that one may be a console, and there is no such driver. (ttyS9,
        # with fewer ports than that, may be ttyS0: univ8250_console_setup().)
        yield row(series, 'none', 'root=/dev/vda pintle.colour=blue loglevel=7',
                  tuple(c for c in checks.ARRIVED
                        if c is not checks.standard_files)
                  + (on_null, no_console), console='none0')
        yield Row(
            f'vm/{series}/console-long-lines', series, KERNEL_LINE, weight=4,
            disks=[disk(label='the root')], initramfs=dict(cmdline=IMAGE_LINE),
            says=(r"pintle: settings: read 'rotfstype': it is not a parameter "
                  r"of pintle, but 'rootfstype' is, ignoring",
                  r"pintle: settings: read 'pintle.switsh': it is not a "
                  r"parameter of pintle, but 'pintle.switch' is, ignoring"),
            never=("parameter of pintle, ignoring",),
            checks=checks.ARRIVED + (
                checks.root_mount('ext4', '/dev/vda', ('ro', 'nodev', 'nosuid'),
                                  ('noexec', 'noatime')),
                checks.argv_is('/sbin/init', 'single', 'root=/dev/none',
                               'two words'),
                checks.environ_is('HOME=/', 'TERM=linux', 'word=last one'),
                long_enough, told))
    # Of the harness: it reads what was said, however long it takes to look
    # through that for a pattern; the socket is full meanwhile.
    yield row('6.12', 'heard', 'root=/dev/vda ignore_loglevel initcall_debug',
              checks.ARRIVED + (heard,),
              types=((r'(.*\n){8}nobody says it', ''),))


def long_enough(boot):
    """The row shows what it says it does."""
    if len(IMAGE_LINE) + len(KERNEL_LINE) + 200 < 4096:
        yield f'{len(IMAGE_LINE)} and {len(KERNEL_LINE)} bytes'
    if len(boot.row.cmdline) + 250 > 2048:
        yield f'{len(boot.row.cmdline)} bytes: the kernel cuts it'


def row(series, name, words, wanted, **more):
    """A boot of a disk."""
    return Row(f'vm/{series}/console-{name}', series, words, weight=3,
               checks=wanted, **more)
