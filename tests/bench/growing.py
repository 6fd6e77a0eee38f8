# SPDX-License-Identifier: MIT
"""How the time grows with the number of helpers, processes, mounts and disks.

The first three as the switch alone is measured (switching.py), with a crowd
around the caller; disks in whole boots. fitting.py makes exponents of it.
"""
import dataclasses
import functools

import booting
import fitting
import images
import measure
import scenario
import switching
import telling

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
SCENE = booting.Scene('disks', DISKS.what, '6.1', 'lun', '/dev/sda',
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
    files = {**files, '/gather': images.program('bench/gather')}
    return {f'{axis.name} {number}': measure.Machine(
        KERNEL, switching.image(files, ['/gather', axis.name, str(number),
                                        *words, *switching.SWITCH]),
        f'root=/dev/none arrival.later={switching.LATER_S}', memory=2048,
        check=crossed(axis.name, number)) for number in axis.numbers}


def disks(number):
    """So many, the root on the last."""
    return tuple(scenario.Row.ready([
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


@dataclasses.dataclass
class Line:
    """One thing that there were more and more of."""
    axis: Axis
    what: str
    took: dict                  # {N: Figure} of ms until the new init
    ran: dict                   # ... and how long process 1 ran


def line_of(axis, what, wanted, found, since):
    """The same number of them all, or else it is none."""
    lost = [name for name in wanted if name not in found]

    def figures(time):
        return {int(name.rpartition(' ')[2]): measure.Figure.of(
            time(f) / 1e6 for f in facts) for name, facts in found.items()}
    if lost:
        return Line(axis, what, {}, {})
    if since == 'since_init':
        # of process 1 since the kernel's start, which is the same for all N
        return Line(axis, what, figures(lambda f: f['since_init']),
                    figures(lambda f: f['ran']))
    return Line(axis, what, figures(lambda f: f['first'] - f['called']),
                figures(lambda f: f['ran'] - f['called_ran']))


def measured(runs, only=()):
    """A telling.Result."""
    raw, lines = {}, []
    wanted = [(axis, axis.what, crowds(axis), 'called') for axis in AXES]
    wanted += [(DISKS, f'{DISKS.what}, {who}', boots(who), 'since_init')
               for who in SCENE.who]
    for axis, what, machines, since in wanted:
        if only and not axis.name.startswith(tuple(only)):
            continue
        measure.say(f'growth, {what}: {len(machines)} numbers, {runs} runs')
        found = measure.in_turns(machines, runs)
        raw.update(found)
        lines.append(line_of(axis, what, machines, found, since))
    return telling.Result(tables(lines), plots(lines), goals(lines),
                          list(short(lines)), raw)


def medians(figures):
    """{N: Figure} -> {N: T}"""
    return {number: figure.median for number, figure in figures.items()}


def exponents(line):
    """{form: exponent or None}"""
    if not line.took:
        return dict.fromkeys(fitting.FORMS, None)
    times = medians(line.took)
    return {name: form(times) for name, form in fitting.FORMS.items()}


def tables(lines):
    """The times, and what they come to."""
    numbers = sorted({n for line in lines for n in line.took})
    return [telling.Table(
        'growth-time', 'Growth: milliseconds, with so many',
        'Of virtual time, from the call of switch_root to the new init (Linux '
        f'{images.kernel(KERNEL).release}); with disks, from "Run /init" '
        f'(Linux {images.kernel(SCENE.kernel).release}), the root by its UUID '
        'on the last of them.',
        ('', *(f'{n:,}' for n in numbers)),
        [[line.what, *(line.took.get(n) for n in numbers)]
         for line in lines]), telling.Table(
        'growth-exponents', 'Growth: exponents',
        'k of a + b·N^k. Through all: least squares of log T over log N, which '
        'a fixed cost flattens. Above none: the same of T(N) - T(0). Between '
        'steps: log((T₃ - T₂) / (T₂ - T₁)) / log r of the three largest N, each '
        'r times the one before, which no fixed cost changes.',
        ('', 'ms each, between the two largest N', 'of them process 1',
         *fitting.FORMS),
        [[line.what,
          *(fitting.at_the_margin(medians(figures)) if figures else None
            for figures in (line.took, line.ran)),
          *exponents(line).values()] for line in lines])]


def plots(lines):
    """All in one; a power is a straight line, and a fixed cost a bend."""
    return [telling.Plot(
        'growth', 'Growth of the time until the new init begins', 'so many',
        'ms of virtual time',
        {line.what: [(n, figure.median)
                     for n, figure in sorted(line.took.items()) if n]
         for line in lines if line.took})]


def worst_of(line):
    """(form, exponent) that a goal is held against, None if time does not
    grow: not the one that a fixed cost flattens."""
    known = {form: k for form, k in exponents(line).items()
             if k is not None and form != 'through all'}
    return max(known.items(), key=lambda item: item[1], default=None)


def goals(lines):
    """Goal c of the project."""
    found = []
    for line in lines:
        what = (f'{line.what}: the time grows with an exponent of at most '
                f'{fitting.LIMIT}')
        worst = worst_of(line)
        if not line.took:
            found.append(telling.Goal('c', what, 'not measured', False))
            continue
        found.append(telling.Goal(
            'c', what, f'{worst[1]:.2f} ({worst[0]})' if worst
            else 'it does not grow', not worst or worst[1] <= fitting.LIMIT))
        if line.axis.each:
            each, ran = (fitting.at_the_margin(medians(figures))
                         for figures in (line.took, line.ran))
            found.append(telling.Goal(
                'c', f'{line.what}: at most {EACH_MS} ms each',
                f'{each:.3f} ms, {ran:.3f} of them process 1',
                each <= EACH_MS))
    return found


def short(lines):
    """For the README."""
    for line in lines:
        if line.took:
            worst = worst_of(line)
            yield (f'{line.what}: {min(line.took):,} to {max(line.took):,}',
                   f'{telling.shown(line.took[min(line.took)].median)} to '
                   f'{telling.shown(line.took[max(line.took)].median)} ms, '
                   f'{fitting.at_the_margin(medians(line.took)):.3f} ms each, '
                   'exponent ' + (f'{worst[1]:.2f}' if worst else 'none'))
