# SPDX-License-Identifier: MIT
"""Where a script of the namespace tier runs: here, or in a machine.

A script says in a line `# needs: WORD...` what it cannot be without; each word is
tried here, once (TRIALS). What this host refuses, ns/as-root may get by a detour;
otherwise a machine has it whose root is that of this host (hostroot.py). A line
`# host: NAME COMMAND...` is run here in any case, because a machine has no network
and is slow: the variable NAME is then the last line that the command prints.
"""
import functools
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tempfile
import threading

import harness
import hostroot
import images
import scenario
import vm

# Mount and process namespaces with a tmpfs and a /proc, as lib.sh makes them:
# where "/" is no mount, as in a chroot, unshare cannot make it private.
NAMESPACES = '''
	how='unshare -m'
	[ "$(id -u)" = 0 ] || how='unshare -rm'
	mkdir in
	$how sh -ec 'mount -t tmpfs tmpfs in; mkdir in/proc
		unshare -pf --kill-child sh -ec "mount -t proc proc in/proc
			chroot / true"'
'''
# word -> what is tried, by the shell in an empty directory
TRIALS = {
    'nothing': 'true',
    # root that can become another user
    'root': '[ "$(id -u)" = 0 ] || { echo "not root" >&2; exit 1; }\n'
            'setpriv --reuid 65534 --regid 65534 --clear-groups true',
    # root of the machine, with its kernel threads and loop devices:
    # PROC_USER_INIT_INO is the number of the first user namespace
    # (include/linux/proc_ns.h)
    'machine': '[ "$(id -u)" = 0 ] && [ "$(cat /proc/2/comm)" = kthreadd ] && '
               '[ -w /dev/loop-control ] && '
               '[ "$(readlink /proc/self/ns/user)" = "user:[4026531837]" ] || '
               '{ echo "not root of the machine" >&2; exit 1; }',
    'namespaces': NAMESPACES,
    'trace': 'strace -qq -o trace true',
    # a user namespace in a mount namespace, which has a parent for "/"
    'users': '[ "$(id -u)" = 0 ] && unshare -m unshare -U true ||'
             ' unshare -rm unshare -U true',
    'fuse': 'exec 3<>/dev/fuse',
}
HERE = pathlib.Path(__file__).resolve().parent
AS_ROOT = str(HERE.parent / 'ns' / 'as-root')
# where -> what a script is begun with there
BEGUN = {'here': ('sh',), 'as-root': (AS_ROOT, 'sh'), 'machine': ('sh',)}
RESTARTS = scenario.RESTARTS


@functools.lru_cache(maxsize=None)
def refused(word, where):
    """Why this host does not give that, here or by as-root, or None."""
    with tempfile.TemporaryDirectory() as directory:
        done = subprocess.run([*BEGUN[where], '-ec', TRIALS[word]], text=True,
                              cwd=directory,
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
    if not done.returncode:
        return None
    said = [line for line in done.stderr.split('\n') if line.strip()]
    return f'this host refuses {word} (' + (
        said[0] if said else f'status {done.returncode}') + ')'


def header(path):
    """What a script says of itself: (words that it needs, {NAME: command})."""
    text = path.read_text()
    needs = re.search(r'^# needs: (.+)$', text, re.M)
    if not needs or set(needs[1].split()) - set(TRIALS):
        raise SystemExit(f'tests/run: collect rows: {path} has no line '
                         f'"# needs:" with words of {", ".join(TRIALS)}')
    return needs[1].split(), dict(
        re.findall(r'^# host: (\w+) (.+)$', text, re.M))


def place(path):
    """Where a script runs, a word of BEGUN, and why not here."""
    where = os.environ.get('PINTLE_NS', 'auto')
    if where not in ('auto', *BEGUN):
        raise SystemExit(f'tests/run: PINTLE_NS={where}: must be one of auto, '
                         f'{", ".join(BEGUN)}')
    needs, _ = header(path)
    if where == 'here' or needs == ['nothing']:
        return 'here', None
    if where != 'auto':
        return where, f'PINTLE_NS={where} asks for it'
    for where in ('here', 'as-root'):
        why = next(filter(None, (refused(word, where) for word in needs)), None)
        if not why:
            return where, next(filter(None, (
                refused(word, 'here') for word in needs)), None)
    return 'machine', why


def said(paths):
    """One line: where the scripts run, and why."""
    away = {'as-root': [], 'machine': []}
    for path in paths:
        where, why = place(path)
        if why:
            away[where].append(why)
    name = {'as-root': 'by tests/ns/as-root',
            'machine': f'in a machine ({harness.accelerator()}, kernel '
                       f'{hostroot.SERIES})'}
    return '; '.join([
        f"ns: on this host's own kernel, {os.uname().release}", *(
            f'{len(whys)} of {len(paths)} scripts {name[where]}: '
            f'{", ".join(dict.fromkeys(whys))}'
            for where, whys in away.items() if whys)])


def environment(path, **env):
    """The variables of a script, with what its lines `# host:` say."""
    for name, command in header(path)[1].items():
        words = shlex.split(command)
        done = subprocess.run([images.TOP / words[0], *words[1:]], text=True,
                              stdin=subprocess.DEVNULL, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = done.stdout.strip().split('\n')
        if done.returncode or not lines[-1]:
            raise images.Failed(f'{command} ended with status '
                                f'{done.returncode}\n{done.stderr}')
        env[name] = lines[-1]
    return env


class Machines:
    """The machines that run scripts, at most one for each that runs now."""

    def __init__(self):
        self.lock = threading.Lock()
        self.idle = []
        self.count = 0

    def take(self):
        """One that runs and is idle, or a new one."""
        with self.lock:
            if self.idle:
                return self.idle.pop()
            self.count += 1
            number = self.count
        machine = hostroot.HostRoot(
            images.BUILD / 'tests' / 'out' / 'ns-machine' / str(number),
            harness.accelerator())
        machine.boot()
        return machine

    def run(self, words, directory, limit, env):
        """Run a program in one: (status, stdout, stderr, complaint)."""
        slower = hostroot.SLOWER[harness.accelerator()]
        limit *= slower
        # What a person has set has no part in it.
        env = {'PATH': f'{os.environ["PATH"]}:/usr/sbin:/sbin',
               'HOME': str(pathlib.Path.home()), 'LC_ALL': 'C.UTF-8',
               'SLOWER': str(slower), **env,
               **{name: os.environ[name] for name in (
                   'XDG_CACHE_HOME', 'PINTLE_CACHE') if name in os.environ}}
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        for left in range(RESTARTS, -1, -1):
            machine = None
            try:
                machine = self.take()
                done = machine.run(words, env, limit, directory)
                break
            except hostroot.Ended as why:
                if not left or not (machine is None or vm.died_of_itself(
                        'panicked', machine.console())):
                    return None, '', '', str(why)
        with self.lock:
            self.idle.append(machine)
        return done.status, done.stdout, done.stderr, done.complaint(limit)

    def stop(self):
        """End all that are idle."""
        with self.lock:
            while self.idle:
                self.idle.pop().stop()


machines = Machines()


# --- the tests of this ------------------------------------------------------

# shell script -> how it must end, as (status, stdout, complaint)
ENDS = (
    ('echo out; echo err >&2; exit 3', (3, 'out\n', 'it ended with status 3')),
    ('kill -9 $$', (-9, '', 'signal 9 ended it')),
    # The next one must find nothing of it.
    ('sleep 3600 & echo "$$" >"$TOP/build/ns-machine-was-here"', (0, '', None)),
    ('grep -lx sleep /proc/[0-9]*/comm 2>/dev/null; :', (0, '', None)),
    # all that it said is there, although it is more than a pipe holds
    ('seq 30000', (0, ''.join(f'{n}\n' for n in range(1, 30001)), None)),
)


def check_machine(read_tap):
    """A machine tells how a program ended, the namespace tier is what it is
    here, and nothing of the host was changed."""
    directory = images.BUILD / 'tests' / 'out' / 'harness' / 'ns-machine'
    path = HERE.parent / 'ns' / 'semantics.sh'
    env = environment(path, PINTLE=str(images.pintle().resolve()),
                      TOP=str(images.TOP))
    for script, expected in ENDS:
        status, out, _, complaint = machines.run(
            ['sh', '-c', script], directory, 60, env)
        if (status, out, complaint) != expected:
            yield (f'{script}: {status}, {out[-60:]!r}, {complaint}; expected '
                   f'{expected[0]}, {expected[1][-60:]!r}, {expected[2]}')
    if (images.BUILD / 'ns-machine-was-here').exists():
        yield 'what is written in a machine is on the host'
    *_, complaint = machines.run(['sleep', '3600'], directory, 0.1, env)
    if not complaint or 'not done' not in complaint:
        yield f'a program that takes too long: {complaint}'
    status, out, err, complaint = machines.run(['sh', path], directory, 300,
                                               env)
    points, fault = read_tap(out)
    bad = [description for ok, description, *_ in points if not ok]
    if status or fault or bad or len(points) < 100:
        yield (f'{path.name} in a machine: {len(points)} points, of them '
               f'failed: {bad}; {complaint}, {fault}\n{err}')
