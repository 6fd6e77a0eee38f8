# SPDX-License-Identifier: MIT
"""Seven daemons (eight processes) that cross and let go of the initramfs: the late copy.

On 6.1 and 6.12 pintle is process 1, and their rules say keep,late-copy. On 7 a
shell is: it calls `pintle migrate --late-copy` and pivot_root, and the real init
unmounts the old root, without -l. In each boot nothing but the copies that are in
use may be left in memory, and the daemons work.
"""
import checks
import images
from scenario import Row, disk

PERL = ("while(1){open(F,'>','/run/perl');close(F);"
        'select(undef,undef,undef,0.1)}')
# name, command; `timeout` is two processes
DAEMONS = (
    ('udevd', '/lib/systemd/systemd-udevd'),
    ('perl', f'/usr/bin/perl -e "{PERL}"'),
    ('tail', '/usr/bin/tail -f /log'),
    ('timeout', '/usr/bin/timeout 9000 /bin/sleep 9000'),
    ('activate', '/usr/bin/systemd-socket-activate -l /run/act /bin/cat'),
    ('syslogd', '/bin/busybox syslogd -n -O /run/syslog'),
    ('klogd', '/bin/busybox klogd -n'),
)
COMMS = {'systemd-udevd': 1, 'perl': 1, 'tail': 1, 'timeout': 1, 'sleep': 1,
         'systemd-socket-': 1, 'busybox': 2}
PROGRAMS = ('/lib/systemd/systemd-udevd', '/usr/bin/perl', '/usr/bin/tail',
            '/usr/bin/timeout', '/bin/sleep', '/usr/bin/systemd-socket-activate')
BALLAST_MB = 64
LEFT_KB = 1024

# They have become what they are.
READY = '''#!/bin/busybox sh
for file in /run/perl /run/act /run/udev/control /dev/log; do
	until [ -e "$file" ]; do /bin/busybox usleep 20000; done
done
until /bin/busybox pidof sleep >/run/pids; do /bin/busybox usleep 20000; done
'''
# The real init: it asks them.
ASK = '''#!/bin/busybox sh
busybox() { /bin/busybox "$@"; }
if [ -e /mnt/shellinit ]; then
	busybox umount /mnt
	echo "umount $?" >>/run/asked
fi
busybox rm /run/perl
busybox logger hello
for count in 1 2 3 4 5 6 7 8 9; do
	[ -e /run/perl ] && busybox grep -q hello /run/syslog && break
	busybox usleep 300000
done
[ -e /run/perl ] && echo "perl works" >>/run/asked
busybox grep -q hello /run/syslog && echo "syslogd works" >>/run/asked
exec /sbin/landing
'''
SHELL_INIT = '''#!/bin/busybox sh
busybox() {{ /bin/busybox "$@"; }}
busybox mkdir -p /proc /sys /dev /run /sysroot
busybox mount -t proc proc /proc
busybox mount -t sysfs sysfs /sys
busybox mount -t devtmpfs devtmpfs /dev
exec </dev/console >/dev/console 2>&1
busybox mount -t tmpfs tmpfs /run
while read -r module parameters; do
	busybox insmod "$module" $parameters
done </etc/pintle/modules
until [ -b /dev/vda ]; do busybox usleep 10000; done
busybox mount -o ro -t ext4 /dev/vda /sysroot
{daemons}
/ready
# One by one, and again: a second is little on an emulated machine.
for pid in $(busybox pidof systemd-udevd perl tail timeout sleep \\
	systemd-socket-activate) $syslogd $klogd; do
	for try in 1 2 3 4 5 6; do
		/bin/pintle migrate /sysroot --late-copy --pid $pid && break
	done
	echo "migrate $?" >>/run/asked
done
for name in dev proc sys run; do
	busybox mount -o move /$name /sysroot/$name
done
cd /sysroot
/bin/pintle pivot-root . mnt
exec /bin/busybox chroot . /sbin/init </dev/console >/dev/console 2>&1
'''


def root_disk():
    """A root whose init is ASK, then landing."""
    return disk(image=lambda: images.root(init=None, files={
        '/sbin/landing': images.program('landing'), '/mnt': None,
        '/bin/busybox': images.busybox(), '/sbin/init': ASK.encode()}))


def text_of(boot):
    """What ASK wrote down."""
    return boot.facts['files'][0]['text'].splitlines()


def daemons(boot):
    """All of them live in the new root."""
    found = {}
    for process in boot.facts['processes']:
        if process['comm'] not in COMMS or process['pid'] == 1:
            continue
        if 'error' not in process['root']:
            found[process['comm']] = found.get(process['comm'], 0) + 1
            for end in ('root', 'cwd'):
                if not checks.same(process[end], boot.facts['root']):
                    yield (f'the {end} of {process["comm"]} is '
                           f'{checks.show(process[end])}')
    if found != COMMS:
        yield f'these are alive: {found}'
    for line in ('perl works', 'syslogd works'):
        if line not in text_of(boot):
            yield f'not {line!r}: {text_of(boot)}'


def unmounted(boot):
    """Not detached: nobody was left in it."""
    if text_of(boot).count('migrate 0') != sum(COMMS.values()):
        yield f'not all of them moved: {text_of(boot)}'
    if 'umount 0' not in text_of(boot):
        yield f'the old root was not unmounted: {text_of(boot)}'


def nothing_held(boot):
    """The report says what each held before, and nothing after."""
    said = boot.report()['helpers']
    if len(said) != sum(COMMS.values()):
        yield f'the report has {[h["name"] for h in said]}'
    for helper in said:
        if helper['holds'] or helper['bytes'] or not helper.get(
                'bytes_before_late_copy'):
            yield f'the report says: {helper}'
    yield from checks.nothing_pinned(boot)


def copies_in_memory(boot):
    """Less than 1 MB of the old root is left: all else is copies in use."""
    sizes = checks.mapped_files(boot)
    mapped = sum(sizes.values()) // 1024
    end = boot.facts['memory_end']
    left = checks.held_kb(end)
    if left > mapped + LEFT_KB:
        yield f'{left} kB are in memory; {mapped} kB are mapped ({end})'
    if mapped < 5000:
        yield f'only {mapped} kB are mapped: {sizes}'


def image(**more):
    """All programs, and ballast that could not be overlooked."""
    words = [word for name in PROGRAMS for word in ('--program', name)]

    def make():
        made = dict(more)
        made['programs'] = (*words, *made.get('programs', ()))
        made['add'] = ((images.busybox(), '/bin/busybox'),
                       (images.pintle(), '/bin/pintle'),
                       (b'one line\n' * 9, '/log'), *more.get('add', ()))
        return dict(ballast_mb=BALLAST_MB, **made)
    return make


def rows():
    """One boot for each kernel."""
    wait = f'landing.cat=/run/asked landing.wait=5,{12 * 1024}'
    rules = [word for name, command in DAEMONS for word in (
        '--helper', f'{name} auto 9s keep,late-copy {command}')]
    for series in ('6.1', '6.12'):
        yield Row(f'vm/{series}/late-copy', series,
                  f'root=/dev/vda rd.break=switch {wait}', memory=512,
                  disks=[root_disk()], weight=12, silence=40,
                  initramfs=image(programs=rules,
                                  add=((READY.encode(), '/bin/sh'),)),
                  checks=tuple(c for c in checks.ARRIVED
                               if c is not checks.nothing_else_runs) + (
                      daemons, nothing_held, copies_in_memory))
    starts = '\n'.join(f'{command} &\n{name}=$!'
                       for name, command in DAEMONS)
    yield Row('vm/7/late-copy-umount', '7',
              f'root=/dev/vda rdinit=/shellinit {wait}', memory=512,
              disks=[root_disk()], weight=12, silence=40,
              initramfs=image(add=(
                  (READY.encode(), '/ready'),
                  (SHELL_INIT.format(daemons=starts).encode(),
                   '/shellinit'))),
              checks=(daemons, unmounted, copies_in_memory))
