# SPDX-License-Identifier: MIT
"""The situations that whoever calls switch_root, run-init or pivot_root gets
into, as data: for the rows of pintle (rows/dropin.py) and for the comparison
with the programs whose names it takes (tests/compare).

The caller is a busybox shell, process 1 of a real initramfs. A case either
`lands`: the shell executes the program and the new root's init says what it
found; or it is to be refused: then the program is the first process of a pid
namespace of its own, so that the shell can tell what it left behind.
"""
import dataclasses
import re
import typing

import checks
import images
import scenario

PINTLE = 'pintle'
# Program -> the tools it has; where each is in the tree of Debian's packages.
PEERS = {
    'util-linux': {'switch_root': '/sbin/switch_root',
                   'pivot_root': '/sbin/pivot_root'},
    'klibc': {'run-init': '/usr/lib/klibc/bin/run-init',
              'pivot_root': '/usr/lib/klibc/bin/pivot_root'},
    'busybox': {'switch_root': '/bin/busybox', 'run-init': '/bin/busybox',
                'pivot_root': '/bin/busybox'},
}
PACKAGES = ('busybox-static', 'klibc-utils', 'util-linux')
TOOLS = ('switch_root', 'run-init', 'pivot_root')

# What a shell of an initramfs does until it calls switch_root. $R is the new
# root.
CALLER = '''#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /run /sub
/bin/busybox mount -t proc proc /proc
/bin/busybox --install -s /bin
export PATH=/bin FOO=bar
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts
mount -t devpts devpts /dev/pts
exec </dev/console >/dev/console 2>&1
mount -t tmpfs run /run
echo '<3>caller: here' >/dev/kmsg
R={root}
mkdir -p $R
mount -t tmpfs -o mode=755 new $R
(cd $R && mkdir dev proc sys run sbin bin etc tmp lib)
cp /bin/landing $R/sbin/init
'''

# For cases that are to be refused: what was there is written down before and
# after, by programs that no deletion of the initramfs reaches.
WATCHER = '''
mkdir /keep
mount -t tmpfs keep /keep
mkdir /keep/bin /keep/proc
mount -t proc proc /keep/proc
cp /bin/busybox /bin/landing /keep/bin
/keep/bin/busybox --install -s /keep/bin
PATH=/keep/bin
: >/keep/nothing

snapshot() {
	cat /keep/proc/self/mountinfo >/keep/mounts.$1
	find / -xdev | sort >/keep/files.$1
	cat /keep/proc/sys/kernel/usermodehelper/* >/keep/masks.$1
	cut -d ' ' -f 5 /keep/mounts.$1 | sort >/keep/points.$1
}

# try NAME HOW COMMAND
try() {
	snapshot before
	case $2 in
	first) unshare -p -f sh -c "exec $3" ;;
	plain) sh -c "exec $3" ;;
	esac >/keep/out 2>/keep/err </keep/nothing
	status=$?
	# One that deletes in the background is let finish.
	while grep -qsx -e switch_root -e run-init /keep/proc/[0-9]*/comm; do
		usleep 10000
	done
	snapshot after
	echo "case $1"
	echo "status $status"
	for what in mounts files masks; do
		cmp -s /keep/$what.before /keep/$what.after ||
			echo "changed $what"
	done
	diff /keep/points.before /keep/points.after | sed -n 's|^-/|lost /|p'
	echo "deleted $(diff /keep/files.before /keep/files.after | grep -c '^-/')"
	sed 's/^/out /' /keep/out
	sed 's/^/err /' /keep/err
}
'''

# An old root that is no initramfs: the shell comes to the disk first.
TO_DISK = '''#!/bin/busybox sh
/bin/busybox mkdir -p /proc /dev /disk
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t devtmpfs devtmpfs /dev
while read -r module parameters; do
	/bin/busybox insmod "$module" $parameters
done </etc/pintle/modules
until [ -b /dev/vda ]; do /bin/busybox usleep 10000; done
/bin/busybox mount -t ext4 /dev/vda /disk
/bin/busybox umount /dev
/bin/busybox umount /proc
exec /bin/busybox switch_root /disk /caller
'''

# An init that looks first.
LOOKER = '''cp /bin/busybox $R/bin/busybox
cp /bin/landing $R/sbin/landing
cat >$R/sbin/init <<'END'
#!/bin/busybox sh
%s
exec /sbin/landing "$@"
END
chmod 755 $R/sbin/init
'''

# initramfs-tools and udev's hook move all that is mounted by themselves, and
# leave a link.
MOVED = '''mount -o move /run $R/run
mount -o move /dev $R/dev
rm -rf /dev
ln -s $R/dev /dev
mount -o move /sys $R/sys
mount -o move /proc $R/proc
exec <$R/dev/console >$R/dev/console 2>&1
'''

API = ('/dev', '/dev/pts', '/proc', '/run', '/sys')
NET_RAW, SYS_MODULE, SYS_TIME = 13, 16, 25


@dataclasses.dataclass(frozen=True)
class Case:
    """One situation."""
    number: str
    situation: str
    tool: str
    words: str                  # after the tool's name, as the shell reads it
    lands: bool = False
    status: int = 1             # of pintle, if it does not land
    says: str = ''              # and its sentence, whole, as a regex
    prepare: str = ''           # before, in the shell
    clean: str = ''             # after a refusal: undoes that
    root: str = '/new'
    how: str = 'first'          # or 'plain': not process 1
    before: str = 'cd /'        # the same command's
    cmdline: str = ''
    ballast_mb: int = 0
    disk: bool = False          # the old root is one
    checks: tuple = ()          # of what landing says; names are the table's
    # of a Boot: what the table says of a landing besides
    note: typing.Optional[typing.Callable] = None
    why: str = ''               # pintle differs from an original on purpose

    @property
    def command(self):
        """As it is typed."""
        return f'{self.tool} {self.words}'.strip()


# --- what a landing shows ---------------------------------------------------

def points(boot):
    """Where something is mounted, but for `/`, sorted."""
    return sorted(m['point'] for m in boot.mounts() if m['point'] != '/')


def note_argv(boot):
    """init's arguments."""
    return 'init gets ' + ' '.join(boot.facts['argv'])


def note_mounts(boot):
    """The mounts that came along."""
    return 'mounts: ' + (' '.join(points(boot)) or 'none')


def note_memory(boot):
    """Is the initramfs still there?"""
    kept = checks.held_kb(boot.facts['memory_end']) > checks.LEFT_KB
    return 'initramfs ' + ('kept' if kept else 'freed')


def cat(boot, path):
    """A file that landing was asked for, or ''."""
    return next((f['text'] or '' for f in boot.facts.get('files', ())
                 if f['path'] == path), '')


def sets(boot):
    """The capabilities that the cases drop: which set still has them."""
    left = set()
    found = dict(re.findall(r'^Cap(\w+):\s*([0-9a-f]+)$',
                            cat(boot, '/proc/self/status'), re.M))
    masks = cat(boot, '/proc/sys/kernel/usermodehelper/bset').split()
    for name in ('Inh', 'Prm', 'Eff', 'Bnd'):
        if not found or int(found[name], 16) & DROPPED:
            left.add(name)
    if not masks or int(masks[0]) & DROPPED:
        left.add('usermodehelper')
    return left


DROPPED = 1 << NET_RAW | 1 << SYS_MODULE | 1 << SYS_TIME


def note_capabilities(boot):
    """What still has the capabilities."""
    return 'capabilities left in: ' + (' '.join(sorted(sets(boot))) or 'none')


def note_console(boot):
    """What init's first three descriptors are."""
    wrong = list(checks.standard_files(boot))
    return 'console' if not wrong else 'no console of the new root'


def note_helpers(boot):
    """Who moved: root and cwd of each."""
    words = []
    for process in boot.facts['processes']:
        if process['comm'].startswith('h-'):
            moved = [end for end in ('root', 'cwd') if checks.same(
                process[end], boot.facts['root'])]
            words.append(f'{process["comm"]} {"+".join(moved) or "stays"}')
    return ', '.join(sorted(words)) or 'no helper'


def note_userns(boot):
    """Can it make a user namespace?"""
    return 'unshare(CLONE_NEWUSER): ' + boot.facts['userns']


def note_left(boot):
    """What became of the disk."""
    return 'disk ' + ('whole' if 'caller' in cat(boot, '/run/left').split()
                      else 'emptied')


# --- what must hold ---------------------------------------------------------

def new_root(boot):
    """One `/` in the table, and it is the tmpfs that was $R."""
    roots = [m for m in boot.mounts() if m['point'] == '/']
    if len(roots) != 1:
        yield f'{len(roots)} mounts on /'
    elif roots[0]['source'] != 'new':
        yield f'/ is {roots[0]["line"]}'


def environment(boot):
    """The caller's environment reached init."""
    if 'FOO=bar' not in boot.facts['environ']:
        yield f'the environment is {boot.facts["environ"]}'


def mounts_are(*expected):
    """These and no others are mounted, once each."""
    def mounts(boot):
        if points(boot) != sorted(expected):
            yield f'mounted are {points(boot)}, expected {sorted(expected)}'
    return mounts


def noted(function, text):
    """What the table would say is this."""
    def note(boot):
        if function(boot) != text:
            yield f'{function(boot)}; expected {text}'
    note.__name__ = function.__name__
    return note


def kept(boot):
    """The initramfs is still in memory."""
    held = boot.facts['memory_end']
    if checks.held_kb(held) < 8 << 10:
        yield f'it was freed: {held}'


# What each landing owes.
BASIC = (checks.is_pid_1, checks.pid_1_in_root, checks.kernel_threads_moved,
         checks.user_namespaces, checks.standard_files,
         checks.escape_leads_nowhere, environment)
ALONE = (checks.nothing_else_runs,)
FREED = (checks.memory_freed,)
WAIT = f'landing.wait=5,{checks.LEFT_KB}'

ARGV = (checks.argv_is('/sbin/init', '--foo', '-n', '-c', 'x'),)

# --- the cases --------------------------------------------------------------

FIND = "find init '{}' in the new root: "
NO_MOUNT = ('it is a directory of another mount, not a mount of its own')
WIPES = 'it deletes the initramfs, then finds out'
TOO_LATE = 'the originals find out when there is no way back'

# klibc wants a console in the new root even for a dry run.
WITH_DEV = {'prepare': 'mount -o bind /dev $R/dev', 'clean': 'umount $R/dev'}

CASES = (
    Case('1', 'the plain case', 'switch_root', '$R /sbin/init a b',
         lands=True, note=note_argv,
         checks=(new_root, checks.argv_is('/sbin/init', 'a', 'b'))),
    Case('2', '/dev /proc /sys /run are mounted, /dev/pts too', 'switch_root',
         '$R /sbin/init', lands=True, note=note_mounts,
         checks=(mounts_are(*API),),
         why='moved with what is below them, as util-linux does'),
    Case('3', 'the caller has moved them already', 'switch_root',
         '$R /sbin/init', lands=True, prepare=MOVED, note=note_mounts,
         checks=(mounts_are(*API),),
         why="util-linux follows udev's link, and unmounts what it leads to"),
    Case('3i', 'the same, as initramfs-tools does it', 'run-init',
         '$R /sbin/init', lands=True, prepare=MOVED, note=note_mounts,
         checks=(mounts_are(*API),)),
    Case('4', 'no operand', 'switch_root', '',
         says=r'usage: switch_root \[.*'),
    Case('4i', 'one operand', 'run-init', '$R', says=r'usage: run-init \[.*'),
    Case('5', 'empty operands', 'switch_root', '"" ""',
         says=r'usage: switch_root \[.*'),
    Case('6', 'help', 'switch_root', '--help', status=0),
    Case('6v', 'version', 'switch_root', '-V', status=0,
         why="util-linux's option"),
    Case('7', "options behind init are init's", 'switch_root',
         '$R /sbin/init --foo -n -c x', lands=True, note=note_argv,
         checks=ARGV),
    Case('7i', "options behind init are init's", 'run-init',
         '$R /sbin/init --foo -n -c x', lands=True, prepare=MOVED,
         note=note_argv,
         checks=ARGV),
    Case('8', '-- before the operands', 'switch_root', '-- $R /sbin/init',
         lands=True, why='-- ends the options, as getopt(3) has it'),
    Case('9', '-c, a console', 'switch_root', '-c /dev/console $R /sbin/init',
         lands=True, note=note_console,
         checks=(checks.standard_files,),
         why="busybox's option; its /dev does not come along"),
    Case('10', '-c, no such console', 'switch_root',
         '-c /dev/nonexist $R /sbin/init', lands=True,
         says=r"open the console '/dev/nonexist': No such file or directory, "
         r'ignoring', why="busybox's option"),
    Case('10i', '-c, no such console', 'run-init',
         '-c /dev/nonexist $R /sbin/init', lands=True,
         says=r"open the console '/dev/nonexist': No such file or directory, "
         r'ignoring', why='a console is no reason to stop there: ' + TOO_LATE),
    Case('11', 'no such new root', 'switch_root', '/none /sbin/init',
         says=r"open the new root '/none': No such file or directory"),
    Case('11i', 'no such new root', 'run-init', '/none /sbin/init',
         says=r"open the new root '/none': No such file or directory"),
    Case('12', 'a relative new root', 'switch_root', 'new /sbin/init',
         lands=True, why='a path is a path'),
    Case('13', 'the new root is /', 'switch_root', '/ /sbin/init',
         says=r"switch to '/': it is the old root itself",
         why='util-linux unmounts first'),
    Case('14', 'a plain directory of the initramfs', 'switch_root',
         '/plain /sbin/init', prepare='mkdir /plain', clean='rmdir /plain',
         says=rf"switch to '/plain': {NO_MOUNT}",
         why='util-linux moves first'),
    Case('15', 'a directory of the initramfs, bound on itself', 'switch_root',
         '/self /sbin/init', lands=True, prepare='''mkdir /self
mount -o bind /self /self
R=/self
mkdir -p /self/dev /self/proc /self/sys /self/run /self/sbin /self/bin
''' + LOOKER % '/bin/busybox sleep 2',
         checks=(mounts_are(*API),),
         why='the new root is spared, util-linux deletes it'),
    Case('16', 'a directory of another mount', 'switch_root',
         '$R/sub /sbin/init', prepare='mkdir $R/sub; cp -r $R/sbin $R/sub',
         clean='rm -r $R/sub', says=rf"switch to '/new/sub': {NO_MOUNT}",
         why=TOO_LATE),
    Case('16i', 'a directory of another mount', 'run-init',
         '$R/sub /sbin/init', prepare='mkdir $R/sub; cp -r $R/sbin $R/sub',
         clean='rm -r $R/sub', says=rf"switch to '/new/sub': {NO_MOUNT}",
         why=TOO_LATE),
    Case('17', 'two levels deep, and another mount elsewhere', 'switch_root',
         '$R /sbin/init', lands=True, root='/mnt/root',
         prepare='mkdir -p /x/y; mount -t tmpfs x /x/y'),
    Case('17i', 'two levels deep, and another mount elsewhere', 'run-init',
         '$R /sbin/init', lands=True, root='/mnt/root',
         prepare='mkdir -p /x/y; mount -t tmpfs x /x/y\n' + MOVED,
         why='klibc stops at the first directory that it cannot remove'),
    Case('18', 'the new root is a link', 'switch_root', '/link /sbin/init',
         lands=True, prepare='ln -s $R /link'),
    Case('19', 'the mounts are shared', 'switch_root', '$R /sbin/init',
         lands=True, prepare='mount --make-rshared /', note=note_mounts,
         checks=(mounts_are(*API),),
         why='what must be private is made so, and shared again if it fails'),
    Case('20', 'the new root lacks /dev /sys /run', 'switch_root',
         '$R /sbin/init', lands=True, prepare='rmdir $R/dev $R/sys $R/run',
         note=note_mounts, checks=(mounts_are(*API),), why='they are made'),
    Case('20r', 'the same, read-only', 'switch_root', '$R /sbin/init',
         lands=True, prepare='''rmdir $R/dev $R/sys $R/run
mount -o remount,ro $R''', note=note_mounts, checks=(mounts_are('/proc'),),
         says=r"carry '/dev' into the new root: Read-only file system, leaving "
         r"it behind; make an empty directory '/dev' there"),
    Case('21', "the new root's /run is an absolute link", 'switch_root',
         '$R /sbin/init', lands=True,
         prepare='rmdir $R/run; mkdir $R/other; ln -s /other $R/run',
         note=note_mounts,
         checks=(mounts_are('/dev', '/dev/pts', '/proc', '/other', '/sys'),),
         why='a link in the new root leads to a place in the new root'),
    Case('22', 'no such init', 'switch_root', '$R /sbin/none', status=127,
         says=FIND.format('/sbin/none') + 'No such file or directory',
         why='known before anything is touched'),
    Case('22i', 'no such init', 'run-init', '$R /sbin/none',
         says=FIND.format('/sbin/none') + 'No such file or directory',
         why='known before anything is touched'),
    Case('23', 'init is not executable', 'switch_root', '$R /etc/init',
         status=126, prepare='echo >$R/etc/init', clean='rm $R/etc/init',
         says=FIND.format('/etc/init') + 'it is not an executable file',
         why='known before anything is touched'),
    Case('23s', "init's interpreter is missing", 'switch_root', '$R /etc/init',
         status=127, prepare="echo '#!/none' >$R/etc/init; "
         'chmod 755 $R/etc/init', clean='rm $R/etc/init',
         says=r"find '/none', the interpreter of init '/etc/init', in the new "
         r'root: No such file or directory',
         why='known before anything is touched'),
    Case('24', 'init is an absolute link', 'switch_root', '$R /sbin/init',
         lands=True, prepare='mv $R/sbin/init $R/lib/real; '
         'ln -s /lib/real $R/sbin/init'),
    Case('24o', 'to what only the initramfs has', 'switch_root',
         '$R /etc/init', status=127, prepare='ln -s /bin/busybox $R/etc/init',
         clean='rm $R/etc/init',
         says=FIND.format('/etc/init') + 'No such file or directory',
         why='known before anything is touched'),
    Case('25', '-n, and all is well', 'run-init', '-n $R /sbin/init',
         status=0, how='plain', **WITH_DEV),
    Case('26', '-n, no such init', 'run-init', '-n $R /sbin/nope',
         how='plain', **WITH_DEV,
         says=FIND.format('/sbin/nope') + 'No such file or directory'),
    Case('27', '-n, init is a directory', 'run-init', '-n $R /lib',
         how='plain', **WITH_DEV,
         says=FIND.format('/lib') + 'it is a directory',
         why='busybox asks access(2), which says yes'),
    Case('28', '-n, nothing is mounted there', 'run-init',
         '-n /plain /sbin/init', how='plain', prepare='mkdir /plain',
         clean='rmdir /plain', says=rf"switch to '/plain': {NO_MOUNT}"),
    Case('29', '-n, the new root has no /dev/console', 'run-init',
         '-n $R /sbin/init', status=0, how='plain', prepare='rmdir $R/dev',
         clean='mkdir $R/dev', why='/dev may be moved there yet'),
    Case('29m', '-n, /proc and /dev are there already', 'run-init',
         '-n $R /sbin/init', status=0, how='plain',
         prepare='mount -o move /proc $R/proc; mount -o move /dev $R/dev',
         clean='mount -o move $R/proc /proc; mount -o move $R/dev /dev'),
    Case('30', '-d, in each form', 'run-init',
         '-d sys_module,CAP_SYS_TIME,13 $R /sbin/init', lands=True,
         prepare=MOVED,
         cmdline='landing.cat=/proc/self/status,'
         '/proc/sys/kernel/usermodehelper/bset', note=note_capabilities,
         checks=(noted(note_capabilities, 'capabilities left in: none'),),
         why='each knows one form; klibc fails with its own'),
    Case('30b', "-d, busybox's form", 'run-init',
         '-d sys_module,sys_time,net_raw $R /sbin/init', lands=True,
         prepare=MOVED, cmdline='landing.cat=/proc/self/status,'
         '/proc/sys/kernel/usermodehelper/bset', note=note_capabilities,
         checks=(noted(note_capabilities, 'capabilities left in: none'),),
         why='each knows one form'),
    Case('30k', "-d, klibc's form", 'run-init',
         '-d CAP_SYS_MODULE,CAP_SYS_TIME,CAP_NET_RAW $R /sbin/init',
         lands=True, prepare=MOVED, cmdline='landing.cat=/proc/self/status,'
         '/proc/sys/kernel/usermodehelper/bset', note=note_capabilities,
         checks=(noted(note_capabilities, 'capabilities left in: none'),),
         why='klibc fails with its own, after the deletion'),
    Case('30u', '-d, an unknown name', 'run-init',
         '-d nonsense $R /sbin/init',
         says=r"drop 'nonsense': unknown capability",
         why='known before anything is touched'),
    Case('31', '-n with -d', 'run-init', '-n -d sys_module $R /sbin/init',
         status=0, how='plain', why='a dry run lowers no mask of the kernel'),
    # Where nobody stays Linux 7.3 frees it when the mount goes, -p or not.
    Case('32', '-p, and somebody stays there', 'run-init', '-p $R /sbin/init',
         lands=True, ballast_mb=16, prepare='''/bin/helper -n stays sub plain &
/bin/helper await 1
''' + MOVED, cmdline='landing.wait=1,0', note=note_memory,
         checks=(kept,), why="klibc's option"),
    Case('33', 'not process 1', 'switch_root', '$R /sbin/init', how='plain',
         says=r"switch to '/new': only pid 1 may, and this is another process; "
         r'use exec', why='what runs as process 1 would lose its files'),
    Case('33i', 'not process 1', 'run-init', '$R /sbin/init', how='plain',
         says=r"switch to '/new': only pid 1 may, and this is another process; "
         r'use exec', why='what runs as process 1 would lose its files'),
    Case('34', 'no /init (rdinit=)', 'switch_root', '$R /sbin/init',
         lands=True, prepare='rm /init', why='the name is nobody\'s business'),
    Case('35', 'the old root is a disk', 'switch_root', '$R /sbin/init',
         lands=True, disk=True, note=note_left, prepare=LOOKER % '''\
/bin/busybox mkdir -p /tmp/disk
/bin/busybox mount -t ext4 /dev/vda /tmp/disk
/bin/busybox ls /tmp/disk >/run/left
/bin/busybox umount /tmp/disk''', cmdline='landing.cat=/run/left',
         checks=(noted(note_left, 'disk whole'),),
         why='only an initramfs is deleted, and no other root is refused'),
    Case('36', 'helpers at / and below it, marked with @', 'switch_root',
         '$R /sbin/init', lands=True, prepare='''
/bin/helper -n h-root -m root plain &
/bin/helper -n h-sub -m sub plain &
/bin/helper await 2''', note=note_helpers,
         checks=(noted(note_helpers, 'h-root root+cwd, h-sub root+cwd'),),
         why='helpers are moved; the others of their kinds, and those without '
         'the mark: tests/vm/rows/helpers.py'),
    Case('37', 'user namespaces', 'switch_root', '$R /sbin/init', lands=True,
         note=note_userns),
    Case('38', '64 MB in the initramfs', 'switch_root', '$R /sbin/init',
         lands=True, ballast_mb=64, cmdline=WAIT, note=note_memory,
         checks=FREED),
    Case('39', 'pintle.switch=move: as where pivot_root is refused',
         'switch_root', '$R /sbin/init', lands=True,
         cmdline=f'pintle.switch=move {WAIT}', ballast_mb=16,
         note=note_memory, checks=FREED),
    Case('40', 'no such place for the old root', 'pivot_root', '$R /none',
         says=r"make '/new' the root and '/none' the old one's place: '/none': "
         r'No such file or directory'),
    Case('40m', 'no mount', 'pivot_root', '/plain /plain',
         prepare='mkdir /plain', clean='rmdir /plain',
         says=r"make '/plain' the root and '/plain' the old one's place: "
         r"'/(' has no parent mount; only switch_root can leave it|"
         r"plain' is on the mount of the current root)"),
    Case('40o', 'one operand', 'pivot_root', '$R',
         says=r'usage: pivot_root NEW_ROOT PUT_OLD'),
)


# --- machines ---------------------------------------------------------------

def tools_of(program):
    """(file, place in the initramfs) of a program and its libraries."""
    if program == PINTLE:
        return [(images.pintle(), f'/tools/{t}') for t in TOOLS]
    tree = images.debian(PACKAGES)
    files = {}
    for tool, path in PEERS[program].items():
        if program == 'util-linux':
            files.update(images.with_libraries(path, tree))
        files[f'/tools/{tool}'] = tree / path.lstrip('/')
    if program == 'klibc':
        for library in tree.glob('lib/klibc-*.so'):
            files[f'/lib/{library.name}'] = library
    return [(file, place) for place, file in files.items()]


def caller(case, program):
    """The script of one case."""
    script = CALLER.format(root=case.root)
    if case.lands:
        return (f'{script}{case.prepare}\n{case.before}\n'
                f'exec /tools/{case.command}\n')
    end = '''cp /keep/cases /run/cases
PATH=/bin
umount /keep/proc
umount /keep
exec /tools/switch_root $R /sbin/init --foo -n -c x
''' if program == PINTLE else 'exec /keep/bin/landing\n'
    return script + WATCHER + tried((case,), program) + end


def tried(cases, program=PINTLE):
    """The lines that try cases and write down what came of each."""
    lines = ['{']
    for case in cases:
        if case.prepare:
            lines.append(case.prepare)
        # $R is expanded by this shell; quotes are for the other one
        command = f'/tools/{case.command}'.replace('"', '\\"')
        # util-linux does not ask who calls it; as a plain process, its deletion
        # in the background comes to an end
        how = 'plain' if program == 'util-linux' else case.how
        lines.append(f'try {case.number} {how} "{command}"')
        if case.clean:
            lines.append(case.clean)
    return '\n'.join([*lines, '} >/keep/cases', ''])


def initramfs(script, program, disk=False, ballast_mb=0):
    """Arguments of images.initramfs()."""
    def make():
        add = [*tools_of(program), ('landing', '/bin/landing'),
               ('helper', '/bin/helper'), (images.busybox(), '/bin/busybox'),
               ((TO_DISK if disk else script).encode(), '/caller')]
        return dict(add=tuple(add), ballast_mb=ballast_mb, modules=(
            'virtio_pci', 'virtio_blk', 'ext4') if disk else ('virtio_pci',))
    return make


def disk_of(script, program):
    """A disk that is the old root: what the initramfs is otherwise."""
    def make():
        files = {place: file for file, place in tools_of(program)}
        files.update({'/caller': script.encode(),
                      '/bin/busybox': images.busybox(),
                      '/bin/landing': images.program('landing')})
        return images.root(init=None, files=files)
    return [scenario.disk(image=make)]


def machine(name, series, script, program=PINTLE, disk=False, ballast_mb=0,
            cmdline='', **more):
    """A row whose initramfs runs this script."""
    # The kernel gives its tmpfs half of what the packed image has left.
    more.setdefault('memory', 512 if ballast_mb > 16 else 256)
    return scenario.Row(
        name, series, f'rdinit=/caller {cmdline}'.strip(),
        disks=disk_of(script, program) if disk else [],
        initramfs=initramfs(script, program, disk, ballast_mb), **more)


def case_machine(case, series, program):
    """A row of one case alone."""
    cmdline = case.cmdline
    if not case.lands:
        cmdline += ' landing.cat=/run/cases,/keep/cases'
    return machine(f'{case.number}/{program}', series, caller(case, program),
                   program, disk=case.disk, ballast_mb=case.ballast_mb,
                   cmdline=cmdline, alarms=True)


# --- what came of the refusals ----------------------------------------------

@dataclasses.dataclass
class Refusal:
    """What a case left behind."""
    status: int = -1
    changed: tuple = ()         # 'mounts', 'files', 'masks'
    lost: tuple = ()            # mounts
    deleted: int = 0            # files of the initramfs
    out: str = ''
    err: str = ''

    def harm(self):
        """What the caller does not have any more."""
        words = []
        if self.lost:
            words.append('lost ' + ' '.join(sorted(self.lost)))
        elif 'mounts' in self.changed:
            words.append('mounts changed')
        if self.deleted:
            words.append('initramfs deleted')
        elif self.changed == ('files',):
            words.append('files added')
        if 'masks' in self.changed:
            words.append('usermodehelper masks lowered')
        return ', '.join(words)


def read_refusals(text):
    """{number: Refusal} from what the script wrote."""
    found, now = {}, None
    for line in text.split('\n'):
        word, _, rest = line.partition(' ')
        if word == 'case':
            now = found.setdefault(rest, Refusal())
        elif word == 'status':
            now.status = int(rest)
        elif word == 'changed':
            now.changed += (rest,)
        elif word == 'lost':
            now.lost += (rest,)
        elif word == 'deleted':
            now.deleted = int(rest)
        elif word in ('out', 'err'):
            setattr(now, word, f'{getattr(now, word)}{rest}\n')
    return found
