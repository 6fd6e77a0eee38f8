# SPDX-License-Identifier: MIT
"""How the time grows with the number of helpers, processes, mounts and disks.

The first three as the switch alone is measured (switching.py), with a crowd
around the caller; disks in whole boots.

T(N) is hardly a power of N alone: there is what nobody adds to, so that small
numbers cost the same, and the exponent of a line through log T and log N tells
of that. Three are given, and a goal is held against the largest of the last two:

    through all     least squares through log T(N), log N: as it would be drawn
    above none      the same of T(N) - T(0); T(0) is measured, not fitted
    between steps   of the three largest numbers, each r times the one before:
                    log((T3 - T2) / (T2 - T1)) / log r. For a + b N^k that is
                    k, whatever a is
"""
import dataclasses
import functools
import math

import booting
import images
import measure
import scenario
import switching
import telling

LIMIT = 1.1
EACH_MS = 0.2
KERNEL = switching.KERNEL


@dataclasses.dataclass(frozen=True)
class Axis:
    """What there are more and more of."""
    name: str
    what: str               # as the table has it
    numbers: tuple          # the last three each so many times the one before
    each: bool = False      # is what one of them costs a goal?


PEOPLE = (0, 1, 10, 100, 1000)
AXES = (
    Axis('signal', 'helpers that handle the signal', PEOPLE, True),
    Axis('ptrace', 'helpers moved by ptrace', PEOPLE, True),
    Axis('others', 'processes that need not be moved',
         (0, 10, 100, 1000, 10000)),
    Axis('mounts', 'mounts that stay in the initramfs', PEOPLE),
    Axis('carried', 'mounts below /run, that come along', PEOPLE),
)
# With 16 partitions each. A boot has one at least.
DISKS = Axis('disks', 'disks of 16 partitions', (1, 4, 16, 64))
SCENE = booting.Scene('disks', '6.1', 'lun', '/dev/sda',
                      ('virtio_pci', 'virtio_scsi', 'sd_mod'),
                      ('pintle list', 'pintle generic'))


def crossed(axis, number):
    """Is everybody where they should be after the switch?"""
    def check(facts):
        people = number if axis in ('signal', 'ptrace', 'others') else 0
        if facts['processes'] != people + 1:
            yield f'{facts["processes"]} processes are left of {people + 1}'
        moved = 1 if axis == 'others' else people + 1
        if facts['processes_here'] != moved:
            yield f'{facts["processes_here"]} stand in the new root of {moved}'
        # of /, dev, proc, sys and run
        mounts = 5 + (number if axis == 'carried' else 0)
        if facts['mounts'] != mounts:
            yield f'{facts["mounts"]} mounts are seen, not {mounts}'
        yield from switching.emptied('pintle')(facts)
    return check


def crowds(axis):
    """{name: Machine} of one axis."""
    files, words, _ = switching.programs()['pintle']
    packed = switching.image(files, [*words, *switching.SWITCH])
    return {f'{axis.name} {number}': measure.Machine(
        KERNEL, packed, f'root=/dev/none caller.crowd={axis.name}:{number} '
        f'arrival.later={switching.LATER_S}', memory=2048,
        check=crossed(axis.name, number)) for number in axis.numbers}


def disks(number):
    """So many, the root on the last."""
    return tuple(scenario.Row.ready(None, [
        *(scenario.disk('lun', image=functools.partial(images.crowd, n))
          for n in range(1, number)),
        scenario.disk('lun', image=lambda: images.crowd(0, booting.root()))]))


def boots(who):
    """{name: Machine} with more and more disks."""
    image, parameters = booting.CONTESTANTS[who]

    def check(facts):
        if not any(' ext4 /dev/sd' in line for line in facts.get('roots', ())):
            yield f'the root is {facts.get("roots")}'
        if not facts['pintle']:
            yield 'it is not what it is called'
    return {f'disks {who} {number}': measure.Machine(
        SCENE.kernel, image(SCENE), f'root=UUID={booting.ROOT} ro {parameters}',
        disks=disks(number), memory=1024, check=check)
        for number in DISKS.numbers}


def slope(points):
    """Of the line of least squares through these (x, y)."""
    n = len(points)
    mean_x, mean_y = (sum(values) / n for values in zip(*points))
    return (sum((x - mean_x) * (y - mean_y) for x, y in points) /
            sum((x - mean_x) ** 2 for x, _ in points))


def through_all(times):
    """{N: T} -> exponent; N = 0 has no place on such a line."""
    return slope([(math.log(n), math.log(t)) for n, t in times.items() if n])


def above_none(times):
    """{N: T} -> exponent, None if there is no T(0)."""
    if 0 not in times:
        return None
    above = {n: t - times[0] for n, t in times.items() if n}
    if min(above.values()) <= 0:
        return None
    return through_all(above)


def between_steps(times):
    """{N: T} -> exponent, None if the time does not grow."""
    first, second, third = sorted(times)[-3:]
    lower, upper = (times[second] - times[first], times[third] - times[second])
    if lower <= 0 or upper <= 0:
        return None
    return math.log(upper / lower) / math.log(third / second)


def at_the_margin(times):
    """Milliseconds that each of the last ones adds."""
    second, third = sorted(times)[-2:]
    return (times[third] - times[second]) / (third - second)


def measured(runs, only=()):
    """(tables, plots, goals, raw)"""
    raw, lines = {}, []
    for axis in AXES:
        if only and not axis.name.startswith(tuple(only)):
            continue
        wanted = crowds(axis)
        measure.say(f'growth, {axis.what}: {len(wanted)} numbers, {runs} runs')
        found = measure.in_turns(wanted, runs)
        raw.update(found)
        lines.append((axis, axis.what, {
            int(name.rpartition(' ')[2]): measure.Figure.of(
                (f['first'] - f['called']) / 1e6 for f in facts)
            for name, facts in found.items()}, {
            int(name.rpartition(' ')[2]): measure.Figure.of(
                (f['ran'] - f['called_ran']) / 1e6 for f in facts)
            for name, facts in found.items()}))
    if not only or DISKS.name.startswith(tuple(only)):
        for who in SCENE.who:
            wanted = boots(who)
            measure.say(f'growth, {DISKS.what}, {who}: {len(wanted)} numbers, '
                        f'{runs} runs')
            found = measure.in_turns(wanted, runs)
            raw.update(found)
            lines.append((DISKS, f'{DISKS.what}: {who}', {
                int(name.rpartition(' ')[2]): measure.Figure.of(
                    f['since_init'] / 1e6 for f in facts)
                for name, facts in found.items()}, None))
    return tables(lines), plots(lines), goals(lines), raw


def medians(figures):
    """{N: Figure} -> {N: T}"""
    return {number: figure.median for number, figure in figures.items()}


def tables(lines):
    """The times, and what they come to."""
    numbers = sorted({n for _, _, took, _ in lines for n in took})
    return [telling.Table(
        'growth-time', 'Growth: milliseconds, with so many',
        'From the call of switch_root to the new init '
        f'(Linux {images.kernel(KERNEL).release}); with disks, from "Run '
        f'/init" (Linux {images.kernel(SCENE.kernel).release}), the root by '
        'its UUID on the last of them.',
        ('', *(f'{n:,}' for n in numbers)),
        [[what, *(took.get(n) for n in numbers)]
         for _, what, took, _ in lines]), telling.Table(
        'growth-exponents', 'Growth: exponents',
        'k of a + b·N^k. Through all: least squares of log T over log N, which '
        'a fixed cost flattens. Above none: the same of T(N) - T(0). Between '
        'steps: log((T₃ - T₂) / (T₂ - T₁)) / log r of the three largest N, each '
        'r times the one before, which no fixed cost changes.',
        ('', 'ms each, between the two largest N', 'of them process 1',
         'through all', 'above none', 'between steps'),
        [[what, at_the_margin(medians(took)),
          at_the_margin(medians(ran)) if ran else None,
          *(form(medians(took))
            for form in (through_all, above_none, between_steps))]
         for _, what, took, ran in lines])]


def plots(lines):
    """All in one, each line straight whose growth is a power."""
    return [telling.Plot(
        'growth', 'Growth of the time until the new init begins', 'so many',
        'ms of virtual time',
        {what: [(n, figure.median) for n, figure in sorted(took.items()) if n]
         for _, what, took, _ in lines})]


def goals(lines):
    """Goal c of the project."""
    found = []
    for axis, what, took, ran in lines:
        times = medians(took)
        forms = {'above none': above_none(times),
                 'between steps': between_steps(times)}
        known = {form: k for form, k in forms.items() if k is not None}
        worst = max(known, key=known.get, default=None)
        found.append(telling.Goal(
            'c', f'{what}: the time grows with an exponent of at most {LIMIT}',
            f'{known[worst]:.2f} ({worst})' if worst else 'it does not grow',
            not worst or known[worst] <= LIMIT))
        if axis.each:
            each = at_the_margin(times)
            found.append(telling.Goal(
                'c', f'{what}: at most {EACH_MS} ms each',
                f'{each:.3f} ms, {at_the_margin(medians(ran)):.3f} of them '
                'process 1', each <= EACH_MS))
    return found
