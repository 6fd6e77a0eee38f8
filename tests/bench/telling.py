# SPDX-License-Identifier: MIT
"""What was measured, for people: tables, and what gnuplot draws of them."""
import dataclasses
import json
import subprocess

import images

OUT = images.BUILD / 'bench'


@dataclasses.dataclass
class Table:
    """Rows of numbers with a name; a cell is None, text, or a measure.Figure."""
    name: str                   # of its files
    title: str
    note: str
    head: tuple
    rows: list


@dataclasses.dataclass
class Plot:
    """Lines of a plot: {name: [(x, y)]}."""
    name: str
    title: str
    x: str
    y: str
    lines: dict
    logarithmic: str = 'xy'
    bars: bool = False          # instead of lines; x is then a name


@dataclasses.dataclass
class Goal:
    """One that the figures are held against."""
    number: str
    what: str
    figure: str
    held: bool


@dataclasses.dataclass
class Result:
    """What came of a part."""
    tables: list
    plots: list
    goals: list
    short: list                 # (what, text), for the README
    raw: dict                   # what each machine said


def shown(value, digits=3):
    """A number as a person wants it, with how far its runs lie apart."""
    if value is None:
        return '-'
    if isinstance(value, str):
        return value
    if isinstance(value, (int, float)):
        return f'{value:.{digits}g}' if abs(value) < 1000 else f'{value:.0f}'
    text = shown(value.median, 4)
    return (f'{text} ±{value.spread / 2:.1f} %' if value.spread >= 0.1
            else text)


def markdown(table):
    """A table of Markdown."""
    lines = [f'### {table.title}', '', table.note, '',
             '| ' + ' | '.join(table.head) + ' |',
             '|---' * len(table.head) + '|']
    lines += ['| ' + ' | '.join(map(shown, row)) + ' |' for row in table.rows]
    return '\n'.join(lines) + '\n'


def tsv(table):
    """The same for programs: of a figure median, lowest, highest, runs."""
    def cells(row):
        for value in row:
            if hasattr(value, 'median'):
                yield from (value.median, value.low, value.high, value.runs)
            else:
                yield '' if value is None else value
    return '\n'.join('\t'.join(map(str, cells(row)))
                     for row in table.rows) + '\n'


def goals_markdown(goals):
    """Goal, figure, held or not."""
    lines = ['### Goals', '', '| goal | figure | held |', '|---|---|---|']
    lines += [f'| {g.number}: {g.what} | {g.figure} | '
              f'{"yes" if g.held else "**no**"} |' for g in goals]
    return '\n'.join(lines) + '\n'


def draw(plot):
    """An SVG by gnuplot."""
    words = [f"set terminal svg size 720,520 dynamic font 'sans,13' "
             "background 'white'",
             f"set output '{OUT / plot.name}.svg'",
             f"set title {json.dumps(plot.title)} noenhanced",
             f'set xlabel {json.dumps(plot.x)}',
             f'set ylabel {json.dumps(plot.y)}', 'set grid',
             'set key below maxcols 2 noenhanced']
    words += [f'set logscale {axis}' for axis in plot.logarithmic]
    shapes, data = [], ''
    if plot.bars:
        words += ['set style fill solid 0.7', 'set boxwidth 0.7', 'unset key',
                  "set xtics rotate by -30 noenhanced", 'set rmargin 12',
                  'set yrange [0:*]', 'set offsets 0, 0, graph 0.08, 0']
        shapes = ["'-' using 2:xtic(1) with boxes lc rgb '#33638d'",
                  "'-' using 0:2:(sprintf('%.0f', $2)) with labels "
                  'offset 0,0.7']
        data = 2 * (''.join(f'{json.dumps(x)} {y}\n' for x, y in
                            next(iter(plot.lines.values()))) + 'e\n')
    else:
        for name, points in plot.lines.items():
            shapes.append(f"'-' with linespoints lw 2 pt 7 ps 0.6 "
                          f'title {json.dumps(name)}')
            data += ''.join(f'{x} {y}\n' for x, y in points) + 'e\n'
    words.append('plot ' + ', '.join(shapes))
    subprocess.run(['gnuplot'], input='\n'.join(words) + '\n' + data,
                   text=True, check=True)


def failed_markdown(failed):
    """What could not be measured, and why."""
    if not failed:
        return ''
    lines = ['', '### Not measured', '']
    lines += [f'- {name}: {" ".join(why.split())[:400]}'
              for name, why in failed.items()]
    return '\n'.join(lines) + '\n'


def short_markdown(head, short, goals, failed):
    """The same in short, as the README of the project has it."""
    lines = [head, '| | |', '|---|---|']
    lines += [f'| {what} | {text} |' for what, text in short]
    for number in sorted({g.number for g in goals}):
        these = [g for g in goals if g.number == number]
        missed = [f'{g.what} ({g.figure})' for g in these if not g.held]
        lines.append(
            f'| goals {number}: {len(these) - len(missed)} of {len(these)} hold '
            f'| {"not: " if missed else "all"}{"; ".join(missed)} |')
    lines += [f'| not measured: {name} | {" ".join(why.split())[:200]} |'
              for name, why in failed.items()]
    return '\n'.join(lines) + '\n'


def in_short(found, digits=3):
    """{name: Figure} -> one line, the median of each and the largest spread."""
    text = ', '.join(f'{name} {shown(figure.median, digits)}'
                     for name, figure in found.items())
    spread = max((figure.spread / 2 for figure in found.values()), default=0)
    return f'{text} (± {spread:.1f} % at most)' if any(
        figure.runs > 1 for figure in found.values()) else text


def write(part, result):
    """Everything into the build directory; returns the Markdown."""
    for table in result.tables:
        (OUT / f'{table.name}.tsv').write_text(tsv(table))
    for plot in result.plots:
        draw(plot)
    return f'\n## {part}\n\n' + '\n'.join(map(markdown, result.tables))
