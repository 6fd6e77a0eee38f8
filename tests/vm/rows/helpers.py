# SPDX-License-Identifier: MIT
"""Processes of the initramfs that live on: who moves them, and how far.

tests/vm/helper.c is all of them: it takes a place, becomes of a kind, and says
when it is ready; the switch waits for that. What came of it is judged by what
landing sees, root and cwd of every thread by device, inode and mount; what the
report says must be the same.
"""
import json
import pathlib

import checks
import images
from scenario import Row, disk

HELPER = '/bin/helper'
POLICY = '/etc/pintle/helpers'
DEADLINE_MS = 1500

# A mover: what its helper is, and the line that declares it.
#   mover, kind, options of helper, who it runs under
MOVERS = {
    'kernel': ('kernel', 'plain', '', ''),
    'signal': ('signal', 'handler', '', ''),
    'guardian': ('signal', 'plain', '', '/bin/pintle helper -- '),
    'plymouth': ('plymouth', 'plymouth', '', ''),
    'inject': ('inject', 'plain', '', ''),
    'stop': ('stop', 'plain', '', ''),
}
# switch-root starts nobody. A helper is known by what it shows, or by the name
# in its line of the policy, as `stop` is. `kernel` is a stranger there.
DROPIN = {
    'kernel': ('plain', '', ''),
    'signal': ('handler', '', ''),
    'guardian': ('plain', '', '/bin/pintle helper --mark -- '),
    'plymouth': ('plymouth', '', ''),
    'inject': ('plain', '-m ', ''),
    'stop': ('plain', '', ''),
}

# Where a helper stands, by what helper.c does for it:
#   root        root and cwd are /
#   sub         cwd is /sub
#   chroot      root and cwd are /sub; no /proc, no /run there
#   namespace   a mount namespace of its own, else as root
#   thread      a second thread has an fs_struct of its own, its cwd is /sub
#   descriptor  as root, and a file of the initramfs is open
PLACES = ('root', 'sub', 'chroot', 'namespace', 'thread', 'descriptor')

# What must come of it: moved (root and cwd of every thread), stopped, or what
# of it moved all the same when the helper as a whole stayed:
#   'root'  its root, and its cwd is where it was
#   '-'     neither
# Threads that differ are joined with '+'.
# Why:
#   kernel    pivot_root replaces each root and each cwd that is exactly "/" of
#             the caller's mount (fs/fs_struct.c: chroot_fs_refs)
#   signal    a handler runs in one thread, and finds the new root by /proc; from
#             another mount namespace it would get a root that is not in its own
#   all       a root below "/" is kept below "/", or it is not moved at all
#   guardian  shares its fs_struct with its program; a program that leaves it
#             (unshare(CLONE_NEWNS) does) is moved as anybody is
#   plymouth  as signal
EXPECTED = {
    #              root     sub      chroot   namespace thread  descriptor
    'kernel':   ('moved', 'root',  '-',     '-',     'moved+root', 'moved'),
    'signal':   ('moved', 'moved', '-',     '-',     'moved+root', 'moved'),
    'guardian': ('moved', 'moved', '-',     'moved', 'moved', 'moved'),
    'plymouth': ('moved', 'moved', '-',     'moved', 'moved+root', 'moved'),
    'inject':   ('moved', 'moved', '-',     'moved', 'moved', 'moved'),
    'stop':     ('stopped',) * 6,
}
# The new root has no /sub: there is no jail that a chrooted one could move to.
INJECTED = ('moved', 'moved', '-', 'moved', 'moved', 'moved')
# switch-root, where / has a parent: Linux 7.0. Nobody said that it should be the
# signal or plymouth's request and no other, so what these cannot move is
# injected.
EXPECTED_DROPIN = {
    'kernel':   ('moved', 'root',  '-',     '-',     'moved+root', 'moved'),
    'signal':   INJECTED,
    'guardian': INJECTED,
    'plymouth': INJECTED,
    'inject':   INJECTED,
    'stop':     ('stopped',) * 6,
}
# Before, switch-root has to anchor / when everybody stands below the anchor
# already: pivot_root moves nobody.
EXPECTED_LATE = EXPECTED_DROPIN | {'kernel': ('-',) * 6}

ENDED = 'No such file or directory'

# Before the switch everybody has to be where they will be found.
AWAIT = '#!/bin/helper await {}\n'

# What a shell of an initramfs does until it calls switch_root.
SHELL_INIT = '''#!/bin/busybox sh
busybox() {{ /bin/busybox "$@"; }}
busybox mkdir -p /proc /sys /dev /run /sysroot
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
busybox mkdir -p /dev/pts
busybox mount -t devpts devpts /dev/pts
exec </dev/console >/dev/console 2>&1
busybox mount -t tmpfs tmpfs /run
while read -r module parameters; do
	busybox insmod "$module" $parameters
done </etc/pintle/modules
until [ -b /dev/vda ]; do busybox usleep 10000; done
busybox mount -o ro -t ext4 /dev/vda /sysroot
{helpers}
/bin/helper await {count}
exec /bin/pintle switch-root /sysroot /sbin/init
'''

# All who cross keep what they have; nothing else is owed less.
CROSSED = tuple(c for c in checks.ARRIVED
                if c is not checks.nothing_else_runs)


def late(series):
    """Must switch-root make the anchor itself?"""
    return int(series.split('.')[0]) < 7


def program_of(mover, name):
    """The one that is declared for plymouth's request is known by its
    program's name: its parent is not pid 1 but who shows the splash."""
    return f'/bin/{name}' if mover == 'plymouth' else HELPER


def image(policy, count, cmdline=None, **more):
    """Image with a policy, and the stop before the switch until all stand."""
    programs = {line.split()[4] for line in policy if ' plymouth ' in line}

    def make():
        return dict(cmdline=cmdline, add=files() + tuple(
            ('helper', path) for path in sorted(programs)) + (
            (''.join(f'{line}\n' for line in policy).encode(), POLICY),
            (AWAIT.format(count).encode(), '/bin/sh')), **more)
    return make


def files():
    """What every image has: the helper, its places, pintle as a command."""
    return (('helper', HELPER), (images.pintle(), '/bin/pintle'),
            (images.ballast(1), '/mapped'), (b'', '/sub/file'))


def shell_image(helpers, count, policy):
    """The same under a shell."""
    script = SHELL_INIT.format(
        helpers='\n'.join(f'{line} &' for line in helpers), count=count)

    def make():
        return dict(add=files() + ((images.busybox(), '/bin/busybox'),
                                   (script.encode(), '/shellinit'),
                                   (policy.encode(), POLICY)))
    return make


# --- what landing saw -------------------------------------------------------

def process(boot, name):
    """The process of that name, or None."""
    found = [p for p in boot.facts['processes'] if p['comm'] == name]
    return found[0] if found else None


def came_of(boot, name):
    """What became of a helper: the words of EXPECTED."""
    found = process(boot, name)
    # One that has ended has neither; its init has not waited for it yet.
    if not found or found['root'].get('error') == ENDED:
        return 'stopped'
    words = []
    for thread in found['threads']:
        root, cwd = (checks.same(thread[end], boot.facts['root'])
                     for end in ('root', 'cwd'))
        words.append('moved' if root and cwd else 'root' if root else
                     'cwd' if cwd else '-')
    return '+'.join(dict.fromkeys(words))


def reported(boot, name):
    """The report's entry of a helper, or {}."""
    return next((h for h in boot.report()['helpers'] if h['name'] == name), {})


def cells(place, table):
    """A check of one column of a table; each failing cell is named."""
    def cells_of(boot):
        for mover, row in table.items():
            name = f'{mover}-{place}'[:15]
            expected = row[PLACES.index(place)]
            observed = came_of(boot, name)
            if observed != expected:
                yield (f'{mover} x {place}: expected {expected}, landing saw '
                       f'{observed}: {process(boot, name)}')
            said = reported(boot, name)
            word = said.get('outcome', 'nothing')
            if word != {'moved': 'moved', 'stopped': 'stopped'}.get(
                    observed, 'stayed'):
                yield (f'{mover} x {place}: landing saw {observed}, the report '
                       f'says {word}: {said}')
            if observed == 'moved' and said.get('why'):
                yield (f'{mover} x {place}: it moved, and the report says why '
                       f'it did not: {said}')
            if (place == 'descriptor' and observed == 'moved' and
                    'fd' not in said.get('holds', ())):
                yield f'{mover}: its descriptor is not in the report: {said}'
    cells_of.__name__ = 'cells'
    return cells_of


def matrix(series, place):
    """All movers at one place: as /init, and under a shell."""
    policy = []
    for mover, (how, kind, option, under) in MOVERS.items():
        name = f'{mover}-{place}'[:15]
        policy.append(f'{mover} {how} {DEADLINE_MS}ms '
                      f'{"stop" if mover == "stop" else "keep"} '
                      f'{under}{program_of(how, name)} '
                      f'-n {name} {option}{place} {kind}')
    yield Row(f'vm/{series}/helpers-init-{place}', series,
              'root=/dev/vda rd.break=switch',
              initramfs=image(policy, len(MOVERS)),
              checks=CROSSED + (cells(place, EXPECTED),))
    helpers = [f'{under}{HELPER} -n {mover}-{place} {option}{place} {kind}'
               for mover, (kind, option, under) in DROPIN.items()]
    yield Row(f'vm/{series}/helpers-dropin-{place}', series,
              'root=/dev/vda rdinit=/shellinit',
              initramfs=shell_image(
                  helpers, len(helpers),
                  f'stop stop {DEADLINE_MS}ms stop /bin/stop-{place}\n'),
              checks=CROSSED + (cells(place, EXPECTED_LATE if late(series)
                                      else EXPECTED_DROPIN),))


# --- never harmful ----------------------------------------------------------

# name: mover, fate, place, kind, what came of it, how the report calls that,
# and what the one line about it must say (None: there is nothing to say)
HARMLESS = {
    'unhandled': ('signal', 'keep', 'sub', 'plain', 'root', 'stayed',
                  'it neither catches nor blocks SIGURG'),
    'ignoring':  ('signal', 'keep', 'sub', 'ignoring', 'root', 'stayed',
                  'it neither catches nor blocks SIGURG'),
    'blocking':  ('signal', 'keep', 'sub', 'blocking', 'root', 'stayed',
                  'it did not act on the signal in time'),
    'deaf':      ('signal', 'keep', 'sub', 'deaf', 'root', 'stayed',
                  'it did not act on the signal in time'),
    'stopped':   ('signal', 'keep', 'sub', 'stopped', 'root', 'stayed',
                  'it is stopped and did not take the signal in time'),
    'dying':     ('signal', 'keep', 'sub', 'dying', 'stopped', 'ended',
                  'it has ended'),
    'unending':  ('stop', 'stop', 'sub', 'unending', 'stopped', 'stopped',
                  'it did not end on SIGTERM'),
    'forking':   ('signal', 'keep', 'sub', 'forking', 'moved', 'moved', None),
    'mute':      ('plymouth', 'keep', 'sub', 'plymouth-mute', 'root', 'stayed',
                  'it did not answer in time'),
    # Nobody said that these know the signal.
    'blocks-auto': ('auto', 'keep', 'sub', 'blocking', 'moved', 'moved', None),
    'emulator':  ('auto', 'keep', 'sub', 'emulator', 'moved', 'moved', None),
    # Not declared for the signal alone: half of the time is for what is next.
    'deaf-auto': ('auto', 'keep', 'sub', 'deaf', 'moved', 'moved',
                  'by signal: it did not act on the signal in time, injecting'),
    'stop-auto': ('auto', 'keep', 'sub', 'stopped', 'moved', 'moved',
                  'did not take the signal in time, injecting'),
}
# One socket, so one boot each; no kernel differs. This one nobody declared for
# its own request alone.
ACKS = {
    'acks': ('auto', 'keep', 'sub', 'plymouth-acks', 'moved', 'moved',
             'by plymouth: it said that it had moved, but it has not, injecting'),
}
OTHER = {
    'other': ('none', 'keep', 'sub', 'plymouth-uid', 'root', 'stayed',
              'nobody was to move it'),
}
HARMLESS_MS = 3000
# To look, to send, to write lines to a serial console, on an emulated CPU that
# two who fork take most of. One deadline after the other would be 12 s.
SLACK_MS = 5500


def policy_of(table):
    """Its lines, the deadline HARMLESS_MS for each."""
    return [f'{name} {mover} {HARMLESS_MS}ms {fate} '
            f'{program_of(mover, name)} -n {name} {place} {kind}'
            for name, (mover, fate, place, kind, *_) in table.items()]


def stage_ms(boot, name):
    """How long a stage took."""
    stage = next(s for s in boot.report()['stages'] if s['stage'] == name)
    return (stage['end_us'] - stage['begin_us']) / 1000


def harmless(table):
    """What came of each, and its one line."""
    def harmless_to_boot(boot):
        for name, (*_, expected, word, sentence) in table.items():
            observed = came_of(boot, name)
            if observed != expected:
                yield f'{name}: expected {expected}, landing saw {observed}'
            said = reported(boot, name)
            if said.get('outcome') != word:
                yield f'{name}: expected {word}, the report says {said}'
            lines = [k['text'] for k in boot.facts['kmsg']
                     if f"move '{name}' (pid" in k['text']]
            if len(lines) != (1 if sentence else 0):
                yield f'{name}: is named in {len(lines)} lines: {lines}'
            elif sentence and sentence not in lines[0]:
                yield f'{name}: its line does not say {sentence!r}: {lines[0]}'
        freed_us = boot.report()['switch']['freed']['us']
        took = stage_ms(boot, 'switch') - freed_us / 1000
        if took > HARMLESS_MS + SLACK_MS:
            yield (f'the switch took {took:.0f} ms; all deadlines are '
                   f'{HARMLESS_MS} ms, and run together')
    return harmless_to_boot


def harmless_row(series, name, table, extra=(), **more):
    """One boot with all of a table; extra: lines that only disturb."""
    policy = policy_of(table) + list(extra)
    return Row(f'vm/{series}/helpers-{name}', series,
               'root=/dev/vda rd.break=switch',
               initramfs=image(policy, len(policy)),
               checks=CROSSED + (harmless(table),), **more)


# --- bystanders ---------------------------------------------------------------

# The real init: it tells the executors, and waits for what comes of them, in
# silence.
SWITCHED = '''#!/bin/busybox sh
: >/run/switched
count=0
until [ -e /run/ran.one -a -e /run/ran.two ] || [ $count -ge 60 ]; do
	/bin/busybox usleep 50000
	count=$((count + 1))
done
/bin/busybox ls /run >/run/there
exec /sbin/landing
'''


def bystander_disk():
    """A root whose init is SWITCHED, then landing."""
    return disk(image=lambda: images.root(init=None, files={
        '/sbin/landing': images.program('landing'),
        '/bin/busybox': images.busybox(), '/sbin/init': SWITCHED.encode()}))


def lived(boot):
    """Whoever was about to execute a program did, and nobody has died."""
    there = boot.facts['files'][0]['text'].split()
    for name in ('ran.one', 'ran.two'):
        if name not in there:
            yield f'{name[4:]} did not execute its program: {there}'
    found = process(boot, 'emulator')
    if not found or found['root'].get('error') == ENDED:
        yield 'the emulator has died'


def not_asked(boot):
    """Nobody knows them, so nobody touches them."""
    for name in ('one', 'two', 'emulator'):
        said = reported(boot, name)
        if said.get('mover') != 'none' or said.get('outcome') != 'stayed':
            yield f'{name}: the report says {said}'


def bystanders(series):
    """Beside a boot by pintle, where they are declared, and beside its
    switch_root, where they are strangers."""
    kinds = {'one': 'executor', 'two': 'executor', 'emulator': 'emulator'}
    movers = {'one': 'signal', 'two': 'auto', 'emulator': 'auto'}
    yield Row(f'vm/{series}/bystander-init', series,
              'root=/dev/vda rd.break=switch landing.cat=/run/there',
              disks=[bystander_disk()], initramfs=image(
                  [f'{name} {movers[name]} {DEADLINE_MS}ms keep {HELPER} '
                   f'-n {name} sub {kind}' for name, kind in kinds.items()],
                  len(kinds)),
              silence=30, checks=CROSSED + (lived,))
    yield Row(f'vm/{series}/bystander-dropin', series,
              'root=/dev/vda rdinit=/shellinit landing.cat=/run/there',
              disks=[bystander_disk()], initramfs=shell_image(
                  [f'{HELPER} -n {name} sub {kind}'
                   for name, kind in kinds.items()], len(kinds), ''),
              silence=30, checks=CROSSED + (lived, not_asked))


# --- what is left in memory ---------------------------------------------------

BALLAST_MB = 64
LEFT_SECONDS = 5


def pinned_agrees(boot):
    """The report's bytes are what the kernel says of those files."""
    report = boot.report()
    names = ('first', 'second', 'third')
    for name in names:
        if came_of(boot, name) != 'moved':
            yield f'{name}: landing saw {came_of(boot, name)}'
        holds = reported(boot, name).get('holds', ())
        if 'exe' not in holds:
            yield f'{name}: the report says that it holds {holds}'
    # One executable, for all; and the file that one of them maps.
    exe = {process(boot, name)['exe_bytes'] for name in names}
    expected = sum(exe) + images.MIB
    said = report['pinned']['bytes']
    if len(exe) != 1 or said != expected:
        yield f'the report says {said} bytes are pinned, files have {expected}'
    if report['pinned']['processes'] != len(names):
        yield f'the report says {report["pinned"]}'


def left_in_memory(boot):
    """At most LEFT_KB beyond what the helpers pin, and not less than that."""
    end = boot.facts['memory_end']
    left = checks.held_kb(end)
    pinned = boot.report()['pinned']['bytes'] // 1024
    if not pinned <= left <= pinned + checks.LEFT_KB:
        yield f'{left} kB are in memory; helpers pin {pinned} kB ({end})'


def ballast_row(series):
    """Three that survive, in an image nobody could overlook."""
    policy = [f'first signal 5s keep {HELPER} -n first sub handler',
              f'second inject 5s keep {HELPER} -n second sub plain',
              f'third auto 5s keep {HELPER} -n third mapping handler']
    # as much as may be left, at most: then it needs not be waited for longer
    limit = checks.LEFT_KB + 1024
    return Row(f'vm/{series}/helpers-ballast', series,
               'root=/dev/vda rd.break=switch '
               f'landing.wait={LEFT_SECONDS},{limit}', memory=512,
               initramfs=image(policy, 3, ballast_mb=BALLAST_MB),
               checks=CROSSED + (pinned_agrees, left_in_memory))


def all_copied(boot):
    """All that the helpers execute and map is in /run."""
    run = run_device(boot)
    for name in ('first', 'second', 'plymouthd'):
        found = process(boot, name)
        if came_of(boot, name) != 'moved':
            yield f'{name}: landing saw {came_of(boot, name)}'
        for file in (found['exe'], *found['maps']):
            if file['dev'] != run:
                yield f'{name} uses {file}, /run is {run}'
        if not found['exe_link'].endswith(' (deleted)'):
            yield f'{name}: a name is left of its copy: {found["exe_link"]}'
    yield from checks.nothing_pinned(boot)


def copies_in_memory(boot):
    """At most LEFT_KB beyond what is mapped, and not less than that."""
    sizes = checks.mapped_files(boot)
    mapped = sum(sizes.values()) // 1024
    end = boot.facts['memory_end']
    left = checks.held_kb(end)
    if not mapped <= left <= mapped + checks.LEFT_KB:
        yield f'{left} kB are in memory; {mapped} kB are mapped ({end})'
    # The 1 MiB that `second` maps is one of them.
    if images.MIB not in sizes.values() or len(sizes) < 6:
        yield f'the helpers map {sizes}'


def copied_row(series):
    """The same with copies: static ones, a daemon with glibc, a mapped file."""
    helpers = (f'first signal 5s keep,copy {HELPER} -n first sub handler',
               f'second inject 5s keep,copy {HELPER} -n second mapping plain')
    programs = ['--with-plymouth=details,copy']
    for line in helpers:
        programs += ['--helper', line]
    # What is mapped is above 3 MiB, so this is waited for only if it fails.
    limit = checks.LEFT_KB + 3 * 1024

    def make():
        return dict(programs=tuple(programs), ballast_mb=BALLAST_MB,
                    add=files() + (
                        (b'/mapped\n', '/etc/pintle/copy'),
                        (AWAIT.format(2).encode(), '/bin/sh')))
    return Row(f'vm/{series}/helpers-ballast-copy', series,
               'root=/dev/vda rd.break=switch '
               f'landing.wait={LEFT_SECONDS},{limit}', memory=512,
               initramfs=make, never=('leaving it where it is',),
               checks=CROSSED + (all_copied, copies_in_memory))


def copy_fails_row(series):
    """A file that is not there, one that /run has no room for: no harm."""
    line = f'first signal 5s keep,copy {HELPER} -n first mapping handler'
    cannot = "copy '{}' to '/run/pintle/copy': {}, leaving it where it is"

    def make():
        # A fifth of this machine is less than the ballast.
        made = image([line], 1, ballast_mb=BALLAST_MB)()
        made['add'] += ((b'/nowhere\n/ballast\n/mapped\n',
                         '/etc/pintle/copy'),)
        return made

    def crossed(boot):
        if came_of(boot, 'first') != 'moved':
            yield f'first: landing saw {came_of(boot, "first")}'
        # Also what came after the one that had filled /run.
        maps = process(boot, 'first')['maps']
        if [m['dev'] for m in maps] != [run_device(boot)] * 2:
            yield f'first uses {maps}, /run is {run_device(boot)}'
    return Row(f'vm/{series}/helpers-copy-fails', series,
               'root=/dev/vda rd.break=switch '
               f'landing.wait={LEFT_SECONDS},{checks.LEFT_KB}', memory=288,
               initramfs=make,
               says=(cannot.format('/nowhere', 'No such file or directory'),
                     cannot.format('/ballast', 'No space left on device')),
               checks=CROSSED + (crossed, checks.memory_freed))


# --- the story ----------------------------------------------------------------

def story_signal(boot):
    """P was asked, came along, and nothing of the old root is held."""
    observed, said = came_of(boot, 'P'), reported(boot, 'P')
    if observed != 'moved' or said.get('outcome') != 'moved':
        yield f'P: landing saw {observed}, the report says {said}'
    if said.get('holds') != [] or said.get('bytes') != 0:
        yield f'P holds something of the old root: {said}'
    yield from checks.nothing_pinned(boot)
    if process(boot, 'P')['exe']['dev'] != run_device(boot):
        yield f'P does not run from /run: {process(boot, "P")["exe"]}'


def story_no_signal(boot):
    """P stands where it stood, and is reported by name and bytes."""
    observed, said = came_of(boot, 'P'), reported(boot, 'P')
    if observed != 'root' or said.get('outcome') != 'stayed':
        yield f'P: landing saw {observed}, the report says {said}'
    if said.get('mover') != 'none':
        yield f'P: {said}'
    size = process(boot, 'P')['exe_bytes']
    if not {'cwd', 'exe'} <= set(said['holds']) or said['bytes'] != size:
        yield f'P holds its cwd and {size} bytes: {said}'
    pinned = boot.report()['pinned']
    if pinned != {'processes': 1, 'bytes': size}:
        yield f'P alone pins {size} bytes, the report says {pinned}'


def run_device(boot):
    """/run, as landing says devices."""
    return next(m['dev'] for m in boot.mounts() if m['point'] == '/run')


def stories(series):
    """S switches, P is in a sub directory: with the signal, and without."""
    signal = [f'P signal 5s keep {HELPER} -n P -r sub handler']
    silent = [f'P none 5s keep {HELPER} -n P -m sub plain']
    yield Row(f'vm/{series}/story-signal', series,
              'root=/dev/vda rd.break=switch '
              f'landing.wait={LEFT_SECONDS},{checks.LEFT_KB}',
              initramfs=image(signal, 1),
              checks=CROSSED + (story_signal, checks.memory_freed))
    yield Row(f'vm/{series}/story-no-signal', series,
              'root=/dev/vda rd.break=switch', initramfs=image(silent, 1),
              says=(r"pintle: switch: move 'P' \(pid \d+\) by none: nobody "
                    'was to move it',),
              checks=CROSSED + (story_no_signal,))


# --- many -----------------------------------------------------------------------

COUNTS = (10, 100, 1000)
# What the 900 more may cost, in times of what the 90 cost: linear is 10.
# In six runs on three kernels, on a busy machine, it was 8.7 to 10.9.
FACTOR = 13


class Many(Row):
    """The same boot with more and more helpers; pid 1's CPU time is compared,
    in instructions."""

    def run(self, directory, accel):
        complaints, took = [], {}
        for count in COUNTS:
            row = Row(f'{self.name}-{count}', self.kernel, self.cmdline,
                      initramfs=image(
                          [f'many signal 60s keep {HELPER} sub many {count}'],
                          1), memory=512, icount=True, silence=40, total=100,
                      checks=CROSSED + (all_moved(count, took),))
            there = pathlib.Path(directory) / str(count)
            there.mkdir(parents=True, exist_ok=True)
            wrong, result = row.run(there, accel)
            complaints += [f'{count} helpers: {text}' for text in wrong]
            if result.kind != 'landed':
                return complaints, result
        (pathlib.Path(directory) / 'facts.json').write_text(
            json.dumps(took, indent=1) + '\n')
        few, many = (took[b] - took[a] for a, b in zip(COUNTS, COUNTS[1:]))
        if many > FACTOR * few:
            complaints.append(f'not linear, pid 1 took (in us): {took}')
        return complaints, result


def all_moved(count, took):
    """Every one of them; and what that took is noted."""
    def moved(boot):
        took[count] = boot.facts['cpu_us']
        helpers = [p for p in boot.facts['processes'] if p['comm'] == 'helper']
        there = sum(checks.same(p[end], boot.facts['root'])
                    for p in helpers for end in ('root', 'cwd'))
        if len(helpers) != count or there != 2 * count:
            yield (f'{len(helpers)} are alive, and {there} roots and cwds of '
                   'theirs are in the new root')
        if boot.report()['helpers_total'] != count:
            yield f'the report counts {boot.report()["helpers_total"]}'
    return moved


def rows():
    """Two ways to get there, six places; then stories."""
    for series in images.ENDS:
        for place in PLACES:
            yield from matrix(series, place)
        yield harmless_row(series, 'harmless', HARMLESS, (
            f'chain none 1s stop {HELPER} -n chain sub chain',))
        yield ballast_row(series)
        yield copied_row(series)
        yield from stories(series)
        yield from bystanders(series)
    yield copy_fails_row('6.12')
    # Forked when the first look was over, and still in the old root.
    yield Row('vm/6.12/helpers-born-meanwhile', '6.12',
              'root=/dev/vda rd.break=switch', initramfs=image(
                  [f'bearing signal 5s keep {HELPER} sub bearing'], 1),
              checks=CROSSED + (all_moved(2, {}),))
    yield harmless_row('6.12', 'plymouth-acks', ACKS)
    yield harmless_row('6.12', 'plymouth-of-another', OTHER, says=(
        "connect to plymouthd at '@/org/freedesktop/plymouthd': uid 1000 "
        'listens there, not root, leaving it alone',))
    yield Many('vm/6.12/helpers-many', '6.12', 'root=/dev/vda rd.break=switch',
               weight=60)
