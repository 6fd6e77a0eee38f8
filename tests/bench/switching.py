# SPDX-License-Identifier: MIT
"""The switch alone: programs that Debian 12 has for it, and pintle, called with
the same words by the same /init, in an initramfs with so many files of so many
MiB in all."""
import pathlib
import stat

import fitting
import images
import measure
import telling

PACKAGES = ('busybox-static', 'klibc-utils', 'tiny-initramfs-core', 'toybox',
            'util-linux')
KERNEL = '6.12'
# files and MiB: along one axis, then along the other
SIZES = ((10, 150), (1000, 150), (10000, 150), (100000, 150), (1000, 1),
         (1000, 500))
# none but who calls
EMPTY = (0, 0)
LATER_S = 5
# Who deletes nothing does not depend on how much there is.
CONSTANT = ('nothing', 'pintle -p', 'klibc -p')
CONSTANT_AT = (EMPTY, (1000, 1), (10000, 150))
# Two runs of the same differ by so much.
NOISE_MB = 0.5
# of Shmem and Unevictable, when all is gone
LEFT_KB = 512
SWITCH = ('/new', '/sbin/init')


def programs():
    """{name: (files of the image, words, kernel parameters)}"""
    tree = images.debian(PACKAGES)

    def peer(name, *words):
        return images.with_libraries(name, tree), (name, *words)

    def static(name, *words):
        return {name: tree / name[1:]}, (name, *words)

    klibc = {f'/lib/{p.name}': p for p in (tree / 'lib').glob('klibc-*.so')}
    run_init = '/usr/lib/klibc/bin/run-init'
    pintle = images.pintle()
    ours = {'/bin/switch_root': pintle}, ('/bin/switch_root',)
    return {
        'nothing': ({}, ('-',), ''),
        'pintle': (*ours, ''),
        'pintle sync': (*ours, 'pintle.free=all'),
        'pintle 100 ms': (*ours, 'pintle.free=100'),
        'pintle -p': ({'/bin/run-init': pintle}, ('/bin/run-init', '-p'), ''),
        'util-linux': (*peer('/sbin/switch_root'), ''),
        'busybox': (*static('/bin/busybox', 'switch_root'), ''),
        'klibc': ({run_init: tree / run_init[1:], **klibc}, (run_init,), ''),
        'klibc -p': ({run_init: tree / run_init[1:], **klibc},
                     (run_init, '-p'), ''),
        'toybox': (*peer('/bin/toybox', 'switch_root'), ''),
    }


def record(name, mode, data=b''):
    """One entry of a newc archive."""
    return images.cpio({name: (mode, data)})[:-124]


def bulk(files, mib):
    """An archive of so many files, of that many MiB together."""
    def make(path):
        data = bytes(max(1, mib * images.MIB // files))
        with open(path, 'wb') as out:
            out.write(record('data', stat.S_IFDIR | 0o755))
            for number in range(files):
                directory = f'data/{number // 100}'
                if number % 100 == 0:
                    out.write(record(directory, stat.S_IFDIR | 0o755))
                out.write(record(f'{directory}/{number}',
                                 stat.S_IFREG | 0o644, data))
            out.write(images.cpio({}))
            out.write(bytes(-out.tell() % 512))
    return images.cached('.bulk', make, 'bulk 1', files, mib)


def image(files, words, many=None):
    """The initramfs of a caller."""
    entries = {}
    content = {'/init': images.program('bench/caller'),
               '/arrival': images.program('bench/arrival'), **files}
    for name, source in content.items():
        for parent in pathlib.PurePosixPath(name).parents:
            if str(parent) != '/':
                entries[str(parent)[1:]] = (stat.S_IFDIR | 0o755, b'')
        entries[name[1:]] = (stat.S_IFREG | 0o755, source.read_bytes())
    entries['order'] = (stat.S_IFREG | 0o644, '\n'.join(words).encode())
    head = images.cpio(entries)
    head += bytes(-len(head) % 512)
    behind = bulk(*many) if many else None

    def make(path):
        with open(path, 'wb') as out:
            out.write(head)
            if behind:
                out.write(behind.read_bytes())
    return images.cached('.switch', make, head, behind.name if behind else '')


def emptied(name):
    """Did what is to be deleted go, and what is to stay stay?"""
    def check(facts):
        kept = name.endswith('-p') or name.startswith('nothing')
        if not kept and facts['files_later'] > LEFT_KB:
            yield f'{facts["files_later"]} kB of files are still there'
        if 'called' not in facts:
            yield 'nobody said when it was called'
        if bool(facts['pintle']) != name.startswith('pintle'):
            yield 'it is not what it is called'
    return check


def machines(size, only=()):
    """{name: Machine} of everybody at this size."""
    found = {}
    for name, (files, words, parameters) in programs().items():
        if only and not name.startswith(only) or \
                name in CONSTANT and size not in CONSTANT_AT:
            continue
        found[f'{name} {size[0]}x{size[1]}'] = measure.Machine(
            KERNEL, image(files, [*words, *SWITCH],
                          size if size != EMPTY else None),
            f'root=/dev/none {parameters} arrival.later={LATER_S}',
            memory=2048, check=emptied(name))
    return found


def figures(found):
    """{name: {what: Figure}} of what the machines said."""
    return {name: {
        'ms': measure.Figure.of((f['first'] - f['called']) / 1e6 for f in runs),
        'at once': measure.Figure.of(f['used_at_once'] / 1024 for f in runs),
        'later': measure.Figure.of(f['used_later'] / 1024 for f in runs),
    } for name, runs in found.items()}


def measured(runs, only=()):
    """A telling.Result."""
    raw = {}
    for size in (EMPTY, *SIZES):
        wanted = machines(size, ('nothing',) if size == EMPTY else
                          only and ('nothing', *only))
        measure.say(f'the switch, {size[0]} files, {size[1]} MiB: '
                    f'{len(wanted)} programs, {runs} runs')
        raw.update(measure.in_turns(wanted, runs))
    by_size = {size: figures({
        name.rpartition(' ')[0]: found for name, found in raw.items()
        if name.endswith(f' {size[0]}x{size[1]}')}) for size in (EMPTY, *SIZES)}
    # an initramfs that never held more than who calls
    nobody = by_size.pop(EMPTY)
    if 'nothing' not in nobody:
        raise images.Failed('the empty initramfs, which memory is compared '
                            f'with: {"; ".join(measure.failed.values())}')
    empty = nobody['nothing']['at once'].median
    return telling.Result(
        [time_table(by_size), memory_table(by_size, empty)], plots(by_size, empty),
        [] if only else goals(by_size, empty), short(by_size, empty), raw)


def label(size):
    """As a column is called."""
    return f'{size[0]:,} files, {size[1]} MB'


def every_name(by_size):
    """Who was measured anywhere."""
    return list(dict.fromkeys(n for found in by_size.values() for n in found))


def of(by_size, size, name, what):
    """A figure, None where it was not to be measured, or that it failed."""
    if name in by_size[size]:
        return by_size[size][name][what]
    return ('failed' if f'{name} {size[0]}x{size[1]}' in measure.failed
            else None)


def time_table(by_size):
    """Milliseconds from the call to the new init."""
    names = every_name(by_size)
    return telling.Table(
        'switch-time', 'The switch: milliseconds from the call to the first '
        "line of the new init",
        'util-linux and `pintle` delete in the background, `pintle 100 ms` '
        '(pintle.free=100) so long before that, `-p` and `nothing` (mount '
        'move, chroot, exec) never; busybox and klibc move none of /dev, '
        '/proc, /sys and /run.',
        ('', *map(label, by_size)),
        [[name, *(of(by_size, size, name, 'ms') for size in by_size)]
         for name in names])


def remaining(by_size, size, name, empty):
    """MiB left, at once and later."""
    return ' → '.join(
        f'{max(0, by_size[size][name][when].median - empty):.1f}'
        for when in ('at once', 'later'))


def memory_table(by_size, empty):
    """MiB left."""
    def left(size, name):
        if not isinstance(of(by_size, size, name, 'later'), measure.Figure):
            return of(by_size, size, name, 'later')
        return remaining(by_size, size, name, empty)
    names = every_name(by_size)
    return telling.Table(
        'switch-memory', 'The switch: MB of memory left, when the new init '
        f'begins → {LATER_S} s later',
        'More than in the same machine whose initramfs never held anything: '
        'the files, and what the kernel keeps for each.',
        ('', *map(label, by_size)),
        [[name, *(left(size, name) for size in by_size)]
         for name in names])


def plots(by_size, empty):
    """Time and memory against number, and against size."""
    along = {'files': [s for s in by_size if s[1] == 150],
             'megabytes': sorted(s for s in by_size if s[0] == 1000)}
    found = []
    names = every_name(by_size)
    for axis, sizes in along.items():
        number = 0 if axis == 'files' else 1
        found.append(telling.Plot(
            f'switch-{axis}', 'From the call of switch_root to the new init',
            f'{axis} in the initramfs', 'ms of virtual time',
            {name: [(s[number], by_size[s][name]['ms'].median) for s in sizes
                    if name in by_size[s]]
             for name in names if name not in CONSTANT}))
        # below which two runs of the same are apart
        found.append(telling.Plot(
            f'switch-{axis}-memory', 'Memory left when the new init begins',
            f'{axis} in the initramfs', 'MB, not less than it is exact',
            {name: [(s[number], max(NOISE_MB, by_size[s][name][
                'at once'].median - empty)) for s in sizes
                    if name in by_size[s]]
             for name in names if name not in CONSTANT}))
    return found


# What pintle is compared with, and what does the same as it.
OURS = ('pintle', 'pintle sync', 'pintle 100 ms')
PEERS = ('util-linux', 'busybox', 'klibc', 'toybox')


def goals(by_size, empty):
    """Goal b of the project, and what is of goal c here."""
    def left(size, name, when):
        return max(0, by_size[size][name][when].median - empty)

    def time(size, name):
        return by_size[size][name]['ms'].median

    found = []
    lost = [name for name in measure.failed
            if name.rpartition(' ')[2] in
            [f'{s[0]}x{s[1]}' for s in by_size]]
    if lost:
        return [telling.Goal('b', 'the switch, at each size beside each peer',
                             f'not measured: {", ".join(lost)}', False)]
    for ours in OURS:
        beaten = [f'{peer} at {label(size)}' for size in by_size
                  for peer in PEERS
                  if time(size, peer) < time(size, ours) and
                  left(size, peer, 'at once') + NOISE_MB <
                  left(size, ours, 'at once')]
        found.append(telling.Goal(
            'b', f'{ours}: nobody is both faster and leaves less',
            ', '.join(beaten) or 'nobody is', not beaten))

    def worst(number, what, values, limit, unit):
        size = max(values, key=values.get)
        found.append(telling.Goal(
            number, what, f'{values[size]:.2f}{unit} ({label(size)}); '
            f'least {min(values.values()):.2f}{unit}', values[size] <= limit))

    worst('b', 'default: at most 1.1 × util-linux’s time', {
        s: time(s, 'pintle') / time(s, 'util-linux') for s in by_size}, 1.1,
          ' ×')
    worst('b', 'default: at most half of what util-linux leaves then', {
        s: left(s, 'pintle', 'at once') /
        max(NOISE_MB, left(s, 'util-linux', 'at once')) for s in by_size}, 0.5,
          ' ×')
    worst('b', f'default: at most 3 MB {LATER_S} s later', {
        s: left(s, 'pintle', 'later') for s in by_size}, 3, ' MB')
    # What the default cannot be together with being as fast, on one CPU.
    worst('b', 'pintle.free=100: at most half of what util-linux leaves then', {
        s: left(s, 'pintle 100 ms', 'at once') /
        max(NOISE_MB, left(s, 'util-linux', 'at once')) for s in by_size}, 0.5,
          ' ×')
    worst('b', 'synchronous: at most 0.6 × klibc’s time', {
        s: time(s, 'pintle sync') / time(s, 'klibc') for s in by_size}, 0.6,
          ' ×')
    worst('b', 'synchronous: no more memory left than klibc', {
        s: left(s, 'pintle sync', 'at once') - left(s, 'klibc', 'at once')
        for s in by_size}, NOISE_MB, ' MB')
    worst('b', 'nothing deleted: not slower than klibc’s `-p`', {
        s: time(s, 'pintle -p') / time(s, 'klibc -p') for s in by_size
        if s in CONSTANT_AT}, 1,
          ' ×')
    for ours in OURS:
        times = {s[0]: time(s, ours) for s in by_size if s[1] == 150}
        # What only differs from run to run has steps too.
        k = (fitting.between_steps(times)
             if times[max(times)] > times[min(times)] else None)
        found.append(telling.Goal(
            'c', f'{ours}: the time grows with an exponent of at most '
            f'{fitting.LIMIT} with the files', 'it does not grow'
            if k is None else f'{k:.2f} (between steps)',
            k is None or k <= fitting.LIMIT))
    return found


# What the README shows.
SHORT = ((1000, 1), (10000, 150), (1000, 500))


def short(by_size, empty):
    """For the README: time and memory."""
    return [(f'the switch, {label(size)}: ms, and MB left then and '
             f'{LATER_S} s later', '; '.join(
                 f'{name} {telling.shown(found["ms"].median)}, '
                 f'{remaining(by_size, size, name, empty)}'
                 for name, found in by_size[size].items()
                 if name not in CONSTANT))
            for size in SHORT if size in by_size]
