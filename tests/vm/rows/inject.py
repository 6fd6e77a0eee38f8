# SPDX-License-Identifier: MIT
"""Daemons that know nothing of pintle, moved while they are in a system call.

tests/ns/inject-target.c is all of them but sleep: it becomes a daemon, which
pintle knows by its name alone, and stands where pivot_root leaves it behind. It
is in its call when the switch begins (the image's shell waits HOLD_MS for that,
and notes it), and still in it on the far side (an init notes that before it
tells anybody to go on). What the daemon says of itself then, and where landing
sees it stand, is what these rows are about.
"""
import re

import checks
import images
from scenario import Row, disk

POLICY = '/etc/pintle/helpers'

# A call started again from its beginning would end HOLD_MS late or more.
HOLD_MS = 5000
WORK_MS = 12000
LATE_MS = HOLD_MS - 500

# System calls by number: arch/x86/entry/syscalls/syscall_64.tbl. One that had a
# relative time is taken up again by restart_syscall.
CALLS = {'read': 0, 'poll': 7, 'wait4': 61, 'futex': 202, 'clock_nanosleep': 230,
         'nanosleep': 35, 'epoll_wait': 232}
RESTART = 219

# ns/place.sh has those that are chrooted.
SUB = '-w /sub'
# A daemon: its mover, where it stands, its mode, and the call that each of its
# threads is in. The `-told` ones wait for a byte, the others for WORK_MS.
DAEMONS = {
    'nanosleep':  ('inject', SUB, 'nanosleep', ('nanosleep',)),
    'poll':       ('inject', SUB, 'poll', ('poll',)),
    'futex':      ('inject', SUB, 'futex', ('futex',)),
    'epoll':      ('inject', SUB, 'epoll', ('epoll_wait',)),
    'read-told':  ('inject', SUB, 'told_read', ('read',)),
    'poll-told':  ('auto', SUB, 'told_poll', ('poll',)),
    'futex-told': ('auto', SUB, 'told_futex', ('futex', 'read')),
    'epoll-told': ('auto', SUB, 'told_epoll', ('epoll_wait',)),
}
# Debian's, with glibc; the shell that waits for it is a daemon of that name too.
SLEEP = '/daemons/sleep'
SLEEP_CALLS = ('clock_nanosleep', 'wait4')
SLEEP_SCRIPT = f'''#!/bin/busybox sh
cd /sub
(
	read -r began _ </proc/uptime
	/bin/sleep {WORK_MS // 1000}
	status=$?
	read -r ended _ </proc/uptime
	echo "status $status from $began to $ended" >/run/self.sleep
	: >/run/ready.sleep.end
) &
: >/run/ready.sleep
'''

# note FILE: the call, root and cwd of all threads of theirs. One that runs is on
# its way to a call, unless it was done harm.
NOTE = rf'''#!/bin/busybox sh
note() {{
	for task in /proc/[0-9]*/task/*; do
		read -r name <"$task/comm" || continue
		case " {' '.join(DAEMONS)} sleep " in
		*" $name "*) ;;
		*) continue ;;
		esac
		looks=0
		while read -r call _ <"$task/syscall" &&
			[ "$call" = running ] && [ $looks -lt 100 ]; do
			looks=$((looks + 1))
			/bin/busybox usleep 10000
		done
		echo "$name" "$call" $(/bin/busybox stat -L -c '%d:%i' \
			"$task/root" "$task/cwd")
	done >"$1"
}}
'''
COUNT = len(DAEMONS) + 1
BEFORE = f'''{NOTE}
/bin/helper await {COUNT}
/bin/busybox sleep {HOLD_MS // 1000}
note /run/before
'''
# The limit only names those who say nothing; it is not met.
AFTER = f'''{NOTE}
note /run/after
/bin/busybox stat -L -c '%d:%i' / >/run/root
for go in /run/go.*; do echo >"$go"; done
/bin/busybox timeout 60 /bin/helper await {2 * COUNT}
/bin/busybox tail -n +1 /run/self.* >/run/said
exec /sbin/landing
'''
NOTES = ('before', 'after', 'root', 'said')


def image():
    """The daemons, by name, and the stop before the switch."""
    target = images.program('ns/inject-target')
    policy = [f'{name} {mover} 10s keep /bin/{name} -d '
              f'-t {WORK_MS},{LATE_MS} {place} {mode}'
              for name, (mover, place, mode, _) in DAEMONS.items()]
    policy.append(f'sleep auto 10s keep {SLEEP}')
    return dict(
        add=tuple((target, f'/bin/{name}') for name in DAEMONS) + (
            ('helper', '/bin/helper'), (images.busybox(), '/bin/busybox'),
            (b'', '/sub/file'), (SLEEP_SCRIPT.encode(), SLEEP),
            (BEFORE.encode(), '/bin/sh'),
            (''.join(f'{line}\n' for line in policy).encode(), POLICY)),
        programs=('--program', '/bin/sleep'))


def root():
    """An init that takes notes and tells them, then is landing."""
    return images.root(init=None, files={
        '/sbin/init': AFTER.encode(), '/sbin/landing': images.program('landing'),
        '/bin/busybox': images.busybox(),
        '/bin/helper': images.program('helper')})


def note(boot, name):
    """The lines of a note."""
    text = next(f['text'] for f in boot.facts['files']
                if f['path'] == f'/run/{name}')
    return text.splitlines()


def tasks(boot, name):
    """{daemon: [(call, root, cwd) of each thread]} of a note; no call is -1."""
    found = {}
    for line in note(boot, name):
        daemon, call, root_id, cwd_id = (line.split() + ['-'] * 3)[:4]
        found.setdefault(daemon, []).append(
            (int(call) if call.isdigit() else -1, root_id, cwd_id))
    return found


def in_their_calls(boot):
    """Before and after the switch; elsewhere before, in the new root after."""
    before, after = tasks(boot, 'before'), tasks(boot, 'after')
    new_root, = note(boot, 'root')
    wanted = {name: calls for name, (*_, calls) in DAEMONS.items()}
    for name, calls in (wanted | {'sleep': SLEEP_CALLS}).items():
        numbers = sorted(CALLS[call] for call in calls)
        was = sorted(call for call, *_ in before.get(name, ()))
        if was != numbers:
            yield f'{name}: was in the calls {was}, expected {numbers}'
        now = sorted(call for call, *_ in after.get(name, ()))
        if len(now) != len(numbers) or not set(now) <= {*numbers, RESTART}:
            yield f'{name}: is in the calls {now} after the switch'
        for _, *places in before.get(name, ()):
            if new_root in places:
                yield f'{name}: stood in the new root before the switch'
        for _, *places in after.get(name, ()):
            if places != [new_root] * 2:
                yield f'{name}: has root and cwd at {places}, not {new_root}'


def content(boot):
    """What each says of itself."""
    said = re.split(r'==> /run/self\.(\S+) <==\n',
                    '\n'.join(note(boot, 'said')) + '\n')
    said = dict(zip(said[1::2], said[2::2]))
    there = boot.facts['root']
    for name in DAEMONS:
        lines = said.get(name, 'nothing').strip().split('\n')
        expected = [f'root: {there["dev"]} {there["ino"]}', 'self: good']
        if [line for line in lines if 'took_ms' not in line] != expected:
            yield f'{name} says: {"; ".join(lines)}'
    slept = re.fullmatch(r'status 0 from ([\d.]+) to ([\d.]+)\s*',
                         said.get('sleep', ''))
    took_ms = slept and 1000 * (float(slept[2]) - float(slept[1]))
    # /proc/uptime has hundredths of a second.
    if not slept or not WORK_MS - 20 <= took_ms < WORK_MS + LATE_MS:
        yield f'sleep says: {said.get("sleep")}, and took {took_ms} ms'


def stand_there(boot):
    """All threads, by device, inode and mount; the report agrees."""
    for name in DAEMONS:
        found = [p for p in boot.facts['processes'] if p['comm'] == name]
        if len(found) != 1:
            yield f'{len(found)} processes are called {name}'
        for process in found:
            for thread in process['threads']:
                for end in ('root', 'cwd'):
                    if not checks.same(thread[end], boot.facts['root']):
                        yield (f'the {end} of {name}, thread {thread["tid"]}, '
                               f'is {checks.show(thread[end])}')
    said = [(h['name'], h['mover'], h['outcome'])
            for h in boot.report()['helpers']]
    if sorted(said) != sorted((name, 'inject', 'moved')
                              for name in (*DAEMONS, 'sleep', 'sleep')):
        yield f'the report says {said}'


def rows():
    """One boot for the oldest kernel and for the newest."""
    for series in images.ENDS:
        yield Row(f'vm/{series}/inject-in-a-call', series,
                  'root=/dev/vda rd.break=switch landing.cat=' +
                  ','.join(f'/run/{name}' for name in NOTES),
                  disks=[disk(image=root)], initramfs=image,
                  silence=30, total=90, weight=25,
                  checks=tuple(c for c in checks.ARRIVED
                               if c is not checks.nothing_else_runs) +
                  (in_their_calls, content, stand_there))
