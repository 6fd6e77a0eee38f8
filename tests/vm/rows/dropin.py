# SPDX-License-Identifier: MIT
"""pintle under the names of others: the cases of dropin.py, on every kernel.

Each boot takes as many as it can. A refusal leaves the caller everything, so
one shell tries all that are to be refused, and then switches; landings are
combined where one situation does not hide another.
"""
import re

import checks
import dropin
from dropin import ALONE, BASIC, FREED, WAIT
import images


LANDINGS = {case.number: case for case in dropin.CASES if case.lands}
# No child that goes on deleting: who else runs must not hang on time.
SYNC = 'pintle.free=all'
# Known to no proof, but found out on the way: by then / is anchored where it had
# to be, and the first three are moved.
BELOW_RUN = dropin.Case(
    'undo', 'the new root is below /run', 'switch_root',
    '/run/root /sbin/init', prepare='''mkdir /run/root
mount -t tmpfs below /run/root
cp -a /new/. /run/root''', clean='umount /run/root; rmdir /run/root',
    says=r"move '/run' into the new root: the new root is mounted below it")
REFUSED = [case for case in dropin.CASES if not case.lands] + [BELOW_RUN]
# The one sentence of a switch that is made; a word of it is how.
DONE = r'pintle: {}: [a-z]+ switch done'
NOTHING_ELSE = 'pintle: (?!' + DONE.format('[a-z_-]+').partition(' ')[2] + ')'


def proc_by_landing(boot):
    """None was there before, so none is now: landing had to mount it."""
    if boot.facts['mounted'] != '/proc':
        yield f'/proc was there: {dropin.note_mounts(boot)}'


# boot: cases, and what is typed for all of them; what else must hold
BOOTS = {
    'odd': (('8', '9', '12', '17', '18', '19', '20', '21', '24'),
            'switch_root -c /dev/console -- link /sbin/init',
            (dropin.new_root,
             dropin.mounts_are('/dev', '/dev/pts', '/proc', '/other', '/sys'))),
    'read-only': (('10', '20r'),
                  'switch_root -c /dev/nonexist $R /sbin/init --foo -n -c x',
                  (dropin.new_root, dropin.mounts_are('/proc'),
                   *dropin.ARGV)),
    'moved-before': (('3i', '30', '7i'),
                     'run-init -d sys_module,CAP_SYS_TIME,13 $R /sbin/init '
                     '--foo -n -c x',
                     (dropin.new_root, *LANDINGS['30'].checks,
                      *LANDINGS['3i'].checks, *dropin.ARGV)),
    'no-proc': (('3',), 'switch_root $R /sbin/init',
                (dropin.new_root, proc_by_landing)),
    'keep': (('32',), 'run-init -np $R /sbin/init && '
             'exec /tools/run-init -p $R /sbin/init',
             (dropin.new_root, dropin.mounts_are(*dropin.API), dropin.kept)),
    'bound': (('15',), 'switch_root $R /sbin/init',
              LANDINGS['15'].checks),
    'disk': (('35',), 'switch_root $R /sbin/init',
             (dropin.new_root, *LANDINGS['35'].checks)),
    'helpers-move': (('34', '36', '39'), 'switch_root $R /sbin/init',
                     (dropin.new_root, *LANDINGS['36'].checks, *FREED)),
}
# Not as the case has it: with /proc not moved but gone, dracut's /run.
PREPARE = {'no-proc': '''umount /proc
mount -o move /run $R/run
'''}
# boot: what does not hold in it. Its new root has no place for a file, nor /dev
# for a console; there somebody stays; there not all can be freed.
NOT_IN = {
    'read-only': (checks.standard_files, checks.escape_leads_nowhere),
    'helpers-move': ALONE,
    'keep': FREED + ALONE,
    'bound': FREED,
    'disk': FREED,
}


def rows():
    """Some boots for the oldest kernel and the newest."""
    for series in images.ENDS:
        yield refusals(series)
        for name in BOOTS:
            yield landing(series, name)
        yield from alone(series)


def landing(series, name):
    """Cases that land, in one boot."""
    numbers, command, more = BOOTS[name]
    cases = [LANDINGS[number] for number in numbers]
    prepare = PREPARE.get(name) or '\n'.join(dict.fromkeys(
        c.prepare for c in sorted(cases, key=order))) + '\n'
    root = next((c.root for c in cases if c.root != '/new'), '/new')
    exec_ = '' if '&&' in command else 'exec '
    script = (dropin.CALLER.format(root=root) + prepare + 'cd /\n'
              f'{exec_}/tools/{command}\n')
    words = dict.fromkeys([SYNC, *(w for c in cases for w in
                                   c.cmdline.split())])
    must = [c for c in BASIC + ALONE + FREED if c not in NOT_IN.get(name, ())]
    free = FREED[0] in must
    if free:
        words[WAIT] = None
    says = tuple('pintle: [a-z_-]+: ' + c.says for c in cases if c.says)
    done = DONE.format(command.partition(' ')[0])
    return dropin.machine(
        f'vm/{series}/dropin-{name}', series, script,
        disk=any(c.disk for c in cases), cmdline=' '.join(words),
        ballast_mb=16 if free or name == 'keep' else 0, says=(done, *says),
        never=() if says else (NOTHING_ELSE,),
        checks=(*must, *more), weight=5)


def order(case):
    """A mount that is made read-only or shared comes last."""
    return case.number in ('19', '20r')


# --- refusals ---------------------------------------------------------------

def refusals(series):
    """All of them, then the plain switch: it must have everything it needs."""
    script = (dropin.CALLER.format(root='/new') + dropin.WATCHER +
              dropin.tried(REFUSED) + '''cp /keep/cases /run/cases
PATH=/bin
umount /keep/proc
umount /keep
exec /tools/switch_root $R /sbin/init --foo -n -c x
''')
    return dropin.machine(
        f'vm/{series}/dropin-refusals', series, script, ballast_mb=64,
        cmdline=f'{SYNC} {WAIT} landing.cat=/run/cases',
        checks=(refused, one_line_in_kmsg, dropin.new_root,
                dropin.mounts_are(*dropin.API), *dropin.ARGV, *BASIC, *ALONE,
                *FREED, checks.report_readable),
        weight=15, silence=20, total=60)


def refused(boot):
    """Status, words, and nothing that the caller has no more."""
    found = dropin.read_refusals(dropin.cat(boot, '/run/cases'))
    for case in REFUSED:
        said = found.get(case.number)
        where = f'case {case.number}, {case.command}'
        if not said:
            yield f'{where}: it was not tried'
            continue
        if said.status != case.status:
            yield f'{where}: status {said.status}, expected {case.status}'
        if said.changed or said.deleted:
            yield (f'{where}: changed {" ".join(said.changed)}: '
                   f'{said.harm()}')
        line = said.err.partition('\n')[0]
        if not re.fullmatch(f'pintle: {case.tool}: {case.says}'
                            if case.says else '', line):
            yield f'{where}: it said {line!r}'
        if case.number.startswith('6') and not said.out or (
                not case.number.startswith('6') and said.out):
            yield f'{where}: standard output has {said.out!r}'


def one_line_in_kmsg(boot):
    """What was refused has its reason there; a dry run says nothing."""
    lines = [k['text'] for k in boot.facts['kmsg']]
    for case in REFUSED:
        wanted = bool(case.says) and case.tool != 'pivot_root' and \
            '-n ' not in case.words
        pattern = f'pintle: {case.tool}: {case.says}'
        there = sum(bool(re.fullmatch(pattern, line)) for line in lines)
        twins = sum(c.says == case.says and c.tool == case.tool and
                    c.words.find('-n ') < 0 for c in REFUSED)
        if case.says and wanted and there < twins:
            yield f'case {case.number}: {there} lines in kmsg: {case.says}'
        if case.says and not wanted and not twins and there:
            yield f'case {case.number}: it speaks in kmsg: {case.says}'


# --- process 1 itself fails -------------------------------------------------

SHELL = b'''#!/bin/busybox sh
/bin/busybox cat /proc/self/mountinfo >/run/after
if [ ! -e /new/sbin/other ]; then
	/bin/busybox ln -s init /new/sbin/other
	exit 0
fi
exec /bin/landing
'''

FAILS = dropin.CALLER.format(root='/new') + '''
cat /proc/self/mountinfo >/run/before
exec /tools/switch_root $R /sbin/other --foo -n -c x || echo "the shell is back"
'''


def unchanged(boot):
    """The shell saw the mounts that the caller had."""
    before = dropin.cat(boot, '/run/before')
    if not before or before != dropin.cat(boot, '/run/after'):
        yield 'the mount table is another one'


def alone(series):
    """exec as process 1, without and with a shell to fall back on.

    Every machine is given panic=, which says that nobody is there to type."""
    why = r"find init '/sbin/other' in the new root: No such file or directory"
    # The image has a shell: it is not for want of one.
    yield add_shell(dropin.machine(
        f'vm/{series}/dropin-exits', series, FAILS, kind='panicked',
        says=(rf'pintle: switch_root: {why}', 'exitcode=0x00007f00'),
        never=('the shell is back',), weight=3))
    yield with_shell(series, 'dropin-shell', '', why)
    # Who asks for it gets it where nobody is to type, too.
    if series == '6.12':
        yield with_shell(series, 'dropin-shell-asked', 'rd.shell', why)


def add_shell(row):
    """To the row's image."""
    image = row.initramfs

    def initramfs():
        wanted = image()
        return dict(wanted, add=wanted['add'] + ((SHELL, '/bin/sh'),))
    row.initramfs = initramfs
    return row


def with_shell(series, name, asked, why):
    """It mends what was wrong, and ends; then the switch is tried again."""
    row = add_shell(dropin.machine(
        f'vm/{series}/{name}', series, FAILS,
        cmdline=f'{SYNC} {asked} landing.cat=/run/before,/run/after',
        says=(rf'pintle: switch_root: {why}',),
        checks=(unchanged, dropin.new_root, dropin.mounts_are(*dropin.API),
                checks.argv_is('/sbin/other', '--foo', '-n', '-c', 'x'),
                *BASIC, *ALONE)))
    if not asked:
        row.always = row.always.replace('panic=-1 ', '')
    return row


