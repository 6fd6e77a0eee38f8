# SPDX-License-Identifier: MIT
"""pintle.altroot=, and programs of other architectures over their libraries.

The real root has busybox, pintle and a static qemu-user, and two altroots with
nothing but Debian's `hello`, its loader and libc, for i386 and for arm64. The
real init is a script that runs both and says in the kernel's log what came.
"""
import checks
import images
from scenario import Row, disk

INIT = b'''#!/bin/busybox sh
export PATH=/bin
try() {
	say="$1"
	shift
	said=$("$@" 2>&1)
	echo "<4>$say: $? $said" >/dev/kmsg
}
out='pintle altroot --no-alt --'
arm64='pintle altroot --prefix /emul/arm64 --'
try i386 /usr/bin/hello
try 'i386 without' $out /emul/ia32-linux/usr/bin/hello
try arm64 $out $arm64 qemu-aarch64-static /usr/bin/hello
try 'arm64 without' $out qemu-aarch64-static /emul/arm64/usr/bin/hello
try both cat /etc/both /etc/true /etc/alone
try create sh -c 'echo new >/etc/new'
try write sh -c 'echo new >/etc/both; echo new >/etc/true'
try 'written' $out cat /etc/both /emul/ia32-linux/etc/both /etc/true
true=/run/pintle/true-root
alt=$true/emul/ia32-linux
# until PATH shows WORDS, for some seconds at most
shows() {
	tries=30
	while [ "$(cat "$1" 2>&1)" != "$2" ] && [ $tries != 0 ]; do
		busybox sleep 0.1
		tries=$((tries - 1))
	done
	cat "$1"
}
echo renamed >$alt/x
busybox mv $alt/x $alt/etc/both
try replaced shows /etc/both renamed
busybox rm $alt/etc/both $alt/etc/alone
try deleted shows /etc/both true
try 'deleted too' shows /etc/alone \
	"cat: can't open '/etc/alone': No such file or directory"
busybox mkdir $alt/run
echo late >$true/etc/late
try created shows /etc/late late
try clash cat /tmp/clash
try 'true root' ls $true/emul
try mender busybox pidof altroot-mender
exec /sbin/landing "$@"
'''

HELLO = 'Hello, world!'
SAYS = (
    f'i386: 0 {HELLO}',
    r'i386 without: 127 .*No such file or directory',
    f'arm64: 0 {HELLO}',
    r"arm64 without: [1-9].*'/lib/ld-linux-aarch64.so.1'",
    r'both: 0 altroot\\x0atrue\\x0aaltroot',
    r'create: 1 .*Read-only file system',
    r'write: 0',
    r'written: 0 true\\x0anew\\x0anew',
    r'replaced: 0 renamed',
    r'deleted: 0 true',
    r"deleted too: 1 cat: can't open",
    r'created: 0 late',
    r"show '/tmp/clash': a directory in one root, none in the other: as in the "
    r'true root',
    r'clash: 0 true',
    r'true root: 0 arm64\\x0aia32-linux',
    r'mender: 0 [0-9]+$',
)
ARCHITECTURES = (
    ('i386', 'ia32-linux', 'ld-linux.so.2', 'i386-linux-gnu'),
    ('arm64', 'arm64', 'ld-linux-aarch64.so.1', 'aarch64-linux-gnu'),
)


def real_root():
    """The disk: a root whose /lib is a link, over which two others lie."""
    qemu = images.need('qemu-aarch64-static', 'qemu-user-static')
    files = {
        '/bin/busybox': images.busybox(),
        '/bin/pintle': images.pintle(),
        '/bin/qemu-aarch64-static': qemu.resolve(),
        '/sbin/landing': images.program('landing'),
        '/sbin/init': INIT,
        '/usr/lib/of-the-true-root': b'',
        '/lib': ('link', 'usr/lib'),
        '/etc/both': b'true\n',
        '/etc/true': b'true\n',
        '/emul/ia32-linux/etc/both': b'altroot\n',
        '/emul/ia32-linux/etc/alone': b'altroot\n',
        '/tmp': (0o1777, None),
        '/tmp/clash': b'true\n',
        '/emul/ia32-linux/tmp': (0o1777, None),
        '/emul/ia32-linux/tmp/clash': None,
        **{f'/bin/{name}': ('link', 'busybox') for name in ('sh', 'cat', 'ls')},
    }
    for arch, name, loader, triplet in ARCHITECTURES:
        tree = images.debian(('hello',), arch)
        for path in ('usr/bin/hello', f'lib/{loader}',
                     f'lib/{triplet}/libc.so.6'):
            files[f'/emul/{name}/{path}'] = (tree / path).resolve()
    return images.root(init=None, files=files, megabytes=48)


def is_a_view(boot):
    """The root is ours, and its mounts are of the disk."""
    roots = [m for m in boot.mounts() if m['point'] == '/']
    if [m['source'] for m in roots] != [
            'pintle-altroot:/run/pintle/true-root']:
        yield f'mounts on /: {roots}'


def rows():
    """The whole booted system over the altroot; once it cannot be had."""
    for series in ('6.1', '7'):
        yield Row(f'vm/{series}/altroot', series,
                  'root=/dev/vda rw pintle.altroot=/emul/ia32-linux',
                  disks=[disk(image=real_root)], says=SAYS,
                  fetches=(real_root,),
                  checks=(checks.is_pid_1, checks.pid_1_in_root, is_a_view))
    yield Row('vm/6.12/altroot-refused', '6.12',
              'root=/dev/vda rw pintle.altroot=/emul', kind='reset',
              disks=[disk(files={'/emul/etc': b'no directory'})],
              says=(r"pintle: switch: show '/etc': a directory in one root, "
                    r'none in the other',
                    r'pintle: switch: show both roots: 1 paths cannot be'))
