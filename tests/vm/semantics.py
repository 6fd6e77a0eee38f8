#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What ns/semantics.c observed: judged, printed, and kept in the manual.

usage: tests/vm/semantics.py matrix|manual

Reads the records that the last runs of vm/*/semantics and ns/semantics left;
scripts/semantics runs them first.
"""
import dataclasses
import json
import pathlib
import platform
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
OUT = TOP / 'build' / 'tests' / 'out'
PAGE = TOP / 'src' / 'man' / 'pintle-semantics.7'
SERIES = ('6.1', '6.12', '7')
RECORDS = '/run/semantics'
MODES = ('root', 'user', 'pid1')
# What only root of the first user namespace can do: /proc/PID/map_files.
ROOT_ALONE = ('use/umount-late-copy',)

# What kernels differ in -> the first that has it. The program finds out by
# itself; this is what it must find.
FEATURES = {
    'paths-first': (7, 1),          # fs/namespace.c: path_pivot_root()
    'root-has-parent': (7, 0),      # the initramfs is on a nullfs
    'kthreads-apart': (7, 3),       # kernel threads live in one of their own
    'landlock': (5, 13),
}


@dataclasses.dataclass
class Record:
    """One row, run in one way."""
    mode: str
    name: str
    what: str
    expected: str
    observed: str


def read(text):
    """The records in a text, those of features included."""
    found = []
    for line in text.split('\n'):
        fields = line.split('\t')
        if len(fields) == 5 and fields[0] in MODES:
            found.append(Record(*fields))
    return found


def of_boot(facts):
    """The records that a machine left."""
    text = next((f['text'] for f in facts.get('files', ())
                 if f['path'] == RECORDS), None)
    if not text:
        raise ValueError(f'there is no {RECORDS}')
    return read(text)


def by_name(records):
    """{name: its records}, features left out, in the order of the table."""
    names = {}
    for record in records:
        if record.name != 'feature':
            names.setdefault(record.name, []).append(record)
    return names


def points(version, records):
    """(name, complaints) for each row, whatever the ways it was run in."""
    for record in records:
        if record.name == 'feature' and record.mode == 'pid1':
            wanted = 'yes' if version >= FEATURES[record.what] else 'no'
            yield f'feature/{record.what}', [] if record.observed == wanted \
                else [f'{record.observed}, expected {wanted} on Linux '
                      f'{version[0]}.{version[1]}']
    for name, same in by_name(records).items():
        bad = [f'{r.what}; as {r.mode}: observed "{r.observed}", expected '
               f'"{r.expected}"' for r in same if r.observed != r.expected]
        modes = sorted(r.mode for r in same)
        if modes not in ((['root'],) if name in ROOT_ALONE else
                         (['root', 'user'], ['pid1'])):
            bad.append(f'it was run as {" and ".join(modes)} alone')
        yield name, bad


# --- the manual ------------------------------------------------------------

# In a table, one outcome a line; in a list, the outcome below its line.
BLOCKS = {'errno': 'table', 'moved': 'places', 'seed': 'list', 'use': 'list',
          'chroot': 'list'}
KERNELS = 'kernels'
MARK = '.\\" {} {}: made by scripts/semantics --manual'


def short(observed):
    """As the manual has it: without the proof that the cause is the cause."""
    text = observed.partition('; mended: ')[0]
    match = re.fullmatch(r'root (.+), cwd \1', text)
    return match[1] if match else text


def words(text):
    """For an mdoc macro line: no lone point, no word that is a macro."""
    return ' '.join('\\&' + word if word in ('.', ';', ',', ':') else word
                    for word in text.replace('\\', '\\e').split(' '))


def outcome(records):
    """The one outcome of a row on one kernel."""
    found = {short(r.observed) for r in records}
    if len(found) != 1:
        raise ValueError(f'{records[0].name}: a user sees '
                         f'{" and ".join(sorted(found))}, for which the manual '
                         'has no place')
    return found.pop()


def entry(group, observed, what):
    """The lines of a row that is the same on every kernel."""
    style = BLOCKS[group]
    if style == 'table':
        return f'.It {words(observed)} Ta {words(what)}\n'
    if style == 'places':
        # "root R, cwd C" or short for both, and what is besides
        place = re.fullmatch(r'(?:root )?([^,]+?)(?:, cwd ([^,]+))?(?:, (.+))?',
                             observed)
        root, cwd, rest = place[1], place[2] or place[1], place[3]
        if rest:
            what += f' ({rest})'
        return f'.It {words(root)} Ta {words(cwd)} Ta {words(what)}\n'
    return f'.It {words(what)}\n\\&{words(observed)}\n'


# What others go on from, and what is pintle's and not the kernel's.
UNLISTED = ('pid1/chroot', 'pid1/S', 'pid1/back', 'pintle/')


def listed(names):
    """Which of the rows the manual has."""
    return {name: rows for name, rows in names.items()
            if not name.startswith(UNLISTED)}


def group_of(name):
    """Its block; what only process 1 sees is told with the others."""
    group = name.partition('/')[0]
    return 'moved' if group == 'pid1' else group


def block(text, name):
    """Where the generated lines of a block are in the page: (begin, end)."""
    begin = text.index(MARK.format('begin', name))
    return text.index('\n', begin) + 1, text.index(MARK.format('end', name))


def manual(text, boots, releases):
    """The page with its blocks made anew. boots: {series: records}"""
    blocks = {name: '' for name in (*BLOCKS, KERNELS)}
    titles = ' Ta '.join(f'Sy {release}' for release in releases)
    blocks[KERNELS] = f'.It {titles} Ta\n'
    kernels = [listed(by_name(boots[series])) for series in SERIES]
    for name in kernels[0]:
        found = [outcome(names[name]) for names in kernels]
        what = kernels[0][name][0].what
        if len(set(found)) == 1:
            blocks[group_of(name)] += entry(group_of(name), found[0], what)
        else:
            cells = [words(cell) for cell in (*found, what)]
            blocks[KERNELS] += f'.It {" Ta ".join(cells)}\n'
    for name, lines in blocks.items():
        begin, end = block(text, name)
        text = text[:begin] + lines + text[end:]
    return text


def page_complaints(text, series, records):
    """What the page says otherwise than this kernel's records do."""
    lines = {name: text[slice(*block(text, name))]
             for name in (*BLOCKS, KERNELS)}
    differ = {}
    for line in lines[KERNELS].split('\n'):
        cells = line.removeprefix('.It ').split(' Ta ')
        if len(cells) == len(SERIES) + 1:
            differ[cells[-1]] = dict(zip(SERIES, cells))
    entries = 0
    for name, rows in listed(by_name(records)).items():
        observed, what = outcome(rows), rows[0].what
        if words(what) in differ:
            said = differ[words(what)][series]
            if said != words(observed):
                yield f'{name}: it says {said}, observed {observed}'
            entries += 1
        elif entry(group_of(name), observed, what) not in lines[
                group_of(name)]:
            yield f'{name}: it does not say "{observed}" of "{what}"'
        else:
            entries += 1
    # the kernels have a line of titles besides
    there = sum(part.count('.It ') for part in lines.values()) - 1
    if there != entries:
        yield f'it has {there} entries, {entries} of them observed'


def page_is_true(series, records):
    """... with what to do about it."""
    found = list(page_complaints(PAGE.read_text(), series, records))
    if found:
        found.append('make it anew: scripts/semantics --manual')
    return found


# --- scripts/semantics -----------------------------------------------------

def kept():
    """Records of the last runs: {series: records}, {series: release}, here"""
    boots, releases = {}, {}
    for series in SERIES:
        path = OUT / 'vm' / series / 'semantics' / 'facts.json'
        try:
            facts = json.loads(path.read_text())
            boots[series] = of_boot(facts)
            releases[series] = re.match(r'\d+\.\d+', facts['release'])[0]
        except (OSError, ValueError, KeyError):
            pass                # it was not run, or died
    path = OUT / 'ns' / 'semantics' / 'stdout'
    here = read(path.read_text().replace('# ', '')) if path.exists() else []
    return boots, releases, here


def seen(records):
    """An outcome, and who sees another."""
    found = {}
    for record in records:
        found.setdefault(short(record.observed), []).append(record.mode)
    if len(found) == 1:
        return next(iter(found))
    return ', '.join(f'{what} as {" and ".join(modes)}'
                     for what, modes in found.items())


def matrix(columns):
    """The rows, and under each what every kernel does."""
    tables = {title: by_name(records) for title, records in columns.items()}
    names = {}
    for table in tables.values():
        for name, rows in table.items():
            names.setdefault(name, rows[0].what)
    for name, what in names.items():
        print(f'{name}: {what}')
        found = {}
        for title, table in tables.items():
            if name in table:
                found.setdefault(seen(table[name]), []).append(title)
        for observed, titles in found.items():
            who = 'all' if len(titles) == len(tables) else ', '.join(titles)
            print(f'    {who}: {observed}')


def main(arguments):
    """See the top of the file."""
    if arguments not in (['matrix'], ['manual']):
        print(__doc__.strip(), file=sys.stderr)
        return 2
    boots, releases, here = kept()
    if arguments == ['matrix']:
        matrix({f'here ({platform.release()})': here, **{f'Linux {releases[series]}': boots[series]
                                 for series in boots}})
        return 0
    missing = [series for series in SERIES if series not in boots]
    wrong = [f'vm/{series}/semantics left no records: run it'
             for series in missing]
    for series, records in boots.items():
        version = tuple(int(n) for n in releases[series].split('.'))
        wrong += [f'vm/{series}/semantics/{name} failed: {"; ".join(bad)}'
                  for name, bad in points(version, records) if bad]
    for complaint in wrong:
        print(f'semantics: make the manual: {complaint}', file=sys.stderr)
    if wrong:
        return 1
    PAGE.write_text(manual(PAGE.read_text(), boots, releases.values()))
    print(PAGE.relative_to(TOP))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
