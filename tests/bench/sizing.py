# SPDX-License-Identifier: MIT
"""How large it is: the program, the image, the memory of process 1, and how
many system calls the plain boot takes."""
import dataclasses

import booting
import images
import measure
import telling

BINARY_LIMIT = 256 << 10
CALLS_LIMIT = 300
# The kernel's own trace, from its start: nobody is stopped for it, as by
# ptrace. Large enough that nothing is overwritten, which would be too few.
TRACE = 'trace_event=raw_syscalls:sys_enter trace_buf_size=16M arrival.calls'


def measured(runs, only=()):
    """A telling.Result."""
    scene = booting.SCENES[0]
    wanted = {name: dataclasses.replace(
        machine, cmdline=f'{machine.cmdline} {TRACE}', check=counted(machine))
        for name, machine in booting.machines(scene, only).items()}
    measure.say(f'system calls of {len(wanted)} boots')
    # They are counted: again they are the same, but for those of a shell.
    found = measure.in_turns(wanted, min(runs, 3))
    rows, calls = [], {}
    for name, facts in found.items():
        name = name.removeprefix(f'{scene.name} virtual ')
        calls[name] = measure.Figure.of(f['calls'] for f in facts)
        rows.append([name, booting.CONTESTANTS[name][0](scene).stat().st_size
                     / 1000, calls[name], measure.Figure.of(
                         f['calls_of_children'] for f in facts),
                     measure.Figure.of(f['peak'] for f in facts)])
    binaries = {libc: images.built(libc).stat().st_size
                for libc in ('musl', 'klibc')}
    tables = [telling.Table(
        'sizes-binary', 'The program', 'Static, with everything.',
        ('', 'bytes'), [[libc, str(size)] for libc, size in binaries.items()]),
              telling.Table(
        'sizes-image', f'Images and boots, {scene.name}',
        'All packed with zstd. System calls until the real init is executed, '
        'those of process 1 and of all others, by the kernel’s own trace; '
        'what process 1 had in memory at most, by getrusage(2).',
        ('', 'image, kB', 'system calls of process 1', 'of others',
         'peak of process 1, kB'), rows)]
    held = [telling.Goal('d', f'the program: at most {BINARY_LIMIT} bytes',
                         f'{binaries["musl"]}',
                         binaries['musl'] <= BINARY_LIMIT)]
    count = calls['pintle list'].median if 'pintle list' in calls else None
    held.append(telling.Goal(
        'd', f'the plain ext4 boot: at most {CALLS_LIMIT} system calls',
        'not measured' if count is None else f'{count:.0f}',
        count is not None and count <= CALLS_LIMIT))
    short = [('program, bytes', ', '.join(f'{libc} {size:,}' for libc, size
                                          in binaries.items())),
             (f'system calls of process 1 until the real init, {scene.what}',
              telling.in_short(calls, 4)),
             ('image, kB', ', '.join(f'{row[0]} {telling.shown(row[1])}'
                                     for row in rows)),
             ('peak memory of process 1, kB', ', '.join(
                 f'{row[0]} {telling.shown(row[4].median)}' for row in rows))]
    return telling.Result(tables, [], held, short, found)


def counted(machine):
    """What machines() checks, and that there was a trace."""
    def check(facts):
        yield from machine.check(facts)
        if not facts.get('calls'):
            yield 'the kernel traced no system call'
    return check
