# SPDX-License-Identifier: MIT
"""What pivot_root(2) and chroot(2) do, on every kernel: ns/semantics.c.

As process 1 it runs its table as root, as a user, and as process 1; what it saw
goes to /run. Then it executes pintle, and what holds after any switch must hold
here: process 1's root is the root of its mount namespace.
"""
import checks
import images
import semantics
from scenario import Row


# Of what every boot owes, what this is about: the switch that pintle made.
SWITCH = (checks.one_root, checks.pid_1_in_root, checks.kernel_threads_moved,
          checks.escape_leads_nowhere)


def points(boot):
    """A row for each of the table, for what the switch came to, and one for the
    page in the manual."""
    records = semantics.of_boot(boot.facts)
    yield from semantics.points(boot.kernel.version, records)
    for check in SWITCH:
        yield f'switch/{check.__name__.replace("_", "-")}', list(check(boot))
    yield 'manual', semantics.page_is_true(boot.row.kernel, records)


def rows():
    """One boot for each kernel."""
    for series in images.KERNELS:
        yield Row(f'vm/{series}/semantics', series,
                  'rdinit=/semantics root=/dev/vda '
                  f'landing.cat={semantics.RECORDS}',
                  initramfs=dict(add=(('ns/semantics', '/semantics'),)),
                  checks=checks.ARRIVED, points=points, weight=7,
                  silence=20, total=60)
