# SPDX-License-Identifier: MIT
"""The exponent of growth, of times {N: T} that were measured.

T(N) is hardly a power of N alone: there is what nobody adds to, so that small
numbers cost the same, and the exponent of a line through log T and log N tells
of that. So there are three, and only the last two may be judged by:

    through all     least squares through log T(N), log N: as it would be drawn
    above none      the same of T(N) - T(0); T(0) is measured, not fitted
    between steps   of the three largest numbers, each r times the one before:
                    log((T3 - T2) / (T2 - T1)) / log r. For a + b N^k that is
                    k, whatever a is
"""
import math

LIMIT = 1.1     # the goal


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
    """{N: T} -> exponent, None if there is no T(0) or not more than it."""
    if 0 not in times:
        return None
    above = {n: t - times[0] for n, t in times.items() if t > times[0]}
    return through_all(above) if len(above) > 1 else None


def between_steps(times):
    """{N: T} -> exponent, None if the time does not grow."""
    first, second, third = sorted(times)[-3:]
    lower, upper = (times[second] - times[first], times[third] - times[second])
    if upper <= 0:
        return None
    if lower <= 0:
        return math.inf
    return math.log(upper / lower) / math.log(third / second)


def at_the_margin(times):
    """Milliseconds that each of the last ones adds."""
    second, third = sorted(times)[-2:]
    return (times[third] - times[second]) / (third - second)


FORMS = {'through all': through_all, 'above none': above_none,
         'between steps': between_steps}
