# SPDX-License-Identifier: MIT
"""What must hold on the far side of a switch, for rows of any kind.

Each check takes a scenario.Boot and yields a sentence for each thing that is
wrong.
"""

NULLFS = '4e554c4c'     # statfs magic of nullfs, Linux 7.0
API_MOUNTS = ('/dev', '/proc', '/sys', '/run')
LEFT_KB = 3072          # how much of an initramfs may remain in memory


def same(one, other):
    """Are two places the same: one mount and one inode?"""
    return (one.get('dev'), one.get('ino'), one.get('mnt')) == (
        other.get('dev'), other.get('ino'), other.get('mnt'))


def show(place):
    """A place in a few words."""
    if 'error' in place:
        return place['error']
    return (f'device {place["dev"]} inode {place["ino"]} mount {place["mnt"]}'
            f' type {place["type"]}')


def is_pid_1(boot):
    """The real init has the pid that matters."""
    if boot.facts['pid'] != 1:
        yield f'init runs as pid {boot.facts["pid"]}'


def one_root(boot):
    """The mount table has one `/`, and it is the real one."""
    roots = [m for m in boot.mounts() if m['point'] == '/']
    if len(roots) != 1:
        yield f'{len(roots)} mounts on /: ' + '; '.join(
            m['line'] for m in roots)
    elif roots[0]['type'] in ('rootfs', 'tmpfs', 'ramfs', 'nullfs'):
        yield f'/ is still a {roots[0]["type"]}: {roots[0]["line"]}'
    elif roots[0]['id'] != boot.facts['root']['mnt']:
        yield (f'/ is mount {boot.facts["root"]["mnt"]}, but the table says '
               f'{roots[0]["line"]}')
    # A subvolume has a device number of its own.
    elif roots[0]['type'] != 'btrfs' and (
            roots[0]['dev'] != boot.facts['root']['dev']):
        yield (f'/ is device {boot.facts["root"]["dev"]}, but the table says '
               f'{roots[0]["line"]}')


def pid_1_in_root(boot):
    """Root and cwd of pid 1 are `/` itself, and nothing that it covers."""
    for name in ('pid1_root', 'pid1_cwd'):
        if not same(boot.facts[name], boot.facts['root']):
            yield (f'{name} is {show(boot.facts[name])}; / is '
                   f'{show(boot.facts["root"])}')


def kernel_threads_moved(boot):
    """Kernel threads stand in the new root; from 7.3 on in their own nullfs.

    kdevtmpfs has a mount namespace of its own on every kernel.
    """
    places = boot.facts['kthread_places']
    counted = sum(p['count'] for p in places)
    if counted != boot.facts['kthreads'] or counted < 10:
        yield f'{boot.facts["kthreads"]} threads, {counted} of them placed'
    for place in places:
        if place['comm'] == 'kdevtmpfs' and place['count'] == 1:
            continue
        for end in ('root', 'cwd'):
            where = place[end]
            if boot.kernel.version >= (7, 3):
                fine = where.get('type') == NULLFS
            else:
                fine = same(where, boot.facts['root'])
            if not fine:
                yield (f'{place["count"]} kernel threads, {place["comm"]} '
                       f'among them, have their {end} at {show(where)}')


def nothing_else_runs(boot):
    """Only those processes of the initramfs are left that were to stay.

    The child that still frees the initramfs was asked to, if the report says so.
    A process without memory has ended and only waits for init to reap it, as a
    driver's child does that was stuck in its hardware at the switch.
    """
    others = [p for p in boot.facts['processes']
              if p['pid'] != 1 and (p['maps'] or 'error' not in p['exe'])]
    # A root that has no place for /run has no report either.
    if others and 'a child goes on' in (boot.report()['switch']['left']['why'] or ''):
        cleaner = next((p for p in others if p['nice'] == 19), None)
        others = [p for p in others if p is not cleaner]
    for process in others:
        yield f'pid {process["pid"]} ({process["comm"]}) is still there'


def held_kb(memory):
    """What /proc/meminfo says is held by files that no disk has: those of an
    initramfs, which is a tmpfs or a ramfs, and copies of them."""
    return memory['Shmem'] + memory['Unevictable']


def mapped_files(boot):
    """{(device, inode): bytes} of what processes map, but for pid 1 and the
    child that still frees the initramfs, which ends."""
    return {(file['dev'], file['ino']): file['bytes']
            for p in boot.facts['processes']
            if p['pid'] != 1 and p['nice'] != 19 for file in p['maps']}


def nothing_pinned(boot):
    """The report says that nobody holds anything of the old root."""
    pinned = boot.report()['pinned']
    if pinned != {'processes': 0, 'bytes': 0}:
        yield f'somebody holds something of the old root: {pinned}'


def memory_freed(boot):
    """The memory of the initramfs is free again within the given time."""
    end = boot.facts['memory_end']
    left = held_kb(end)
    if left > LEFT_KB:
        took = boot.facts['memory_ms'] - boot.facts['start_ms']
        yield (f'{left} kB are still held {took} ms after init started '
               f'(Shmem {end["Shmem"]}, Unevictable {end["Unevictable"]})')


def user_namespaces(boot):
    """User namespaces can be made; a chrooted pid 1 would get EPERM."""
    if boot.facts['userns'] != 'ok':
        yield f'unshare(CLONE_NEWUSER): {boot.facts["userns"]}'


def standard_files(boot):
    """Only 0, 1 and 2 are open: the console, opened in the new root."""
    fds = boot.facts.get('fds', [])
    numbers = sorted(f['fd'] for f in fds)
    if numbers != [0, 1, 2]:
        yield f'open descriptors are {numbers}: ' + ', '.join(
            f'{f["fd"]} {f["link"]}' for f in fds)
    visible = {m['id'] for m in boot.mounts()}
    for f in fds:
        if not f['char'] or f['rdev'] not in ('5:1', '4:64'):
            yield f'descriptor {f["fd"]} is {f["link"]}, not the console'
        elif f['mnt'] not in visible:
            yield (f'descriptor {f["fd"]} ({f["link"]}) was opened on mount '
                   f'{f["mnt"]}, which the new root does not have')


def escape_leads_nowhere(boot):
    """mkdir foo; chroot foo; cd ..; chroot . ends at `/` again."""
    where = boot.facts['escape']
    if not same(where, boot.facts['root']):
        yield f'the way out of a chroot leads to {show(where)}'


def api_mounts(boot):
    """/dev, /proc, /sys and /run are there once each, and no other mount is.

    Where there are helpers, /dev/pts is there too.
    """
    points = [m['point'] for m in boot.mounts()]
    for point in API_MOUNTS:
        if points.count(point) != 1:
            yield f'{point} is mounted {points.count(point)} times'
    others = set(points) - set(API_MOUNTS) - {'/'}
    if boot.has_helpers():
        others ^= {'/dev/pts'}
    others = sorted(others)
    if others:
        yield f'mounted or not, against what is expected: {" ".join(others)}'
    if boot.facts['mounted']:
        yield f'landing had to mount {boot.facts["mounted"]} itself'


def report_readable(boot):
    """The report is JSON, and the text for people is there too."""
    if not isinstance(boot.report(), dict):
        yield 'report.json is not an object'
    if not boot.facts['report_text']:
        yield 'there is no report.txt'


def argv_is(*words):
    """init's argument vector, exactly."""
    def argv(boot):
        if boot.facts['argv'] != list(words):
            yield f'{boot.facts["argv"]}, expected {list(words)}'
    return argv


def environ_is(*words):
    """init's environment, in any order."""
    def environ(boot):
        if sorted(boot.facts['environ']) != sorted(words):
            yield f'{boot.facts["environ"]}, expected {list(words)}'
    return environ


def strategy_is(name):
    """How the switch was made, according to the report."""
    def strategy(boot):
        said = boot.report()['switch']['strategy']
        if said != name:
            yield f'switched by {said}, expected {name}'
    return strategy


def root_mount(fstype=None, source=None, options=(), without=()):
    """The mount table says this about `/`."""
    def root(boot):
        mount = next(m for m in boot.mounts() if m['point'] == '/')
        have = mount['options'] + mount['fs_options']
        if fstype and mount['type'] != fstype:
            yield f'type {mount["type"]}, expected {fstype}'
        if source and mount['source'] != source:
            yield f'source {mount["source"]}, expected {source}'
        for option in options:
            if option not in have:
                yield f'{option} is not among {",".join(have)}'
        for option in without:
            if option in have:
                yield f'{option} is among {",".join(have)}'
    return root


# What every boot that lands owes.
ARRIVED = (is_pid_1, one_root, pid_1_in_root, kernel_threads_moved,
           nothing_else_runs, user_namespaces, standard_files,
           escape_leads_nowhere, api_mounts, report_readable)
