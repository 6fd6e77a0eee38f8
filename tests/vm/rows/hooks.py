# SPDX-License-Identifier: MIT
"""Roots inside of LUKS, LVM and md, set up by their own tools of Debian 12.

The disks are made by those tools too (stacks.py). What they are without a hook
in the image: never mounted, named, and the option that helps.
"""
import checks
import images
import stacks
from scenario import Row, disk

ASKED = r"Passphrase for '/dev/(\S+)' \(\S+\): "
WRONG = r'That was wrong\. ' + ASKED
TYPED = ((ASKED, 'open sesamo\n'), (WRONG, stacks.PASSPHRASE + '\n'))
# Of what was mounted by whom nothing is to be left but the root.
ARRIVED = checks.ARRIVED


def stack(name):
    """A disk of stacks.py, which is made when the row runs."""
    return disk(image=lambda: stacks.disk_file(name))


def with_hooks(*options):
    """Arguments of the image."""
    return lambda: dict(programs=options, tree=stacks.tree())


def row(series, name, root, disks, options, source, **more):
    """A boot that lands, with its root on the device `source`."""
    more.setdefault('checks', ARRIVED + (
        checks.root_mount('ext4', source), secret_is_kept))
    return Row(f'vm/{series}/hooks-{name}', series, f'root={root} rd.timeout=20',
               disks=[stack(d) for d in disks],
               initramfs=with_hooks(*options), weight=8, **more)


def rows():
    """What differs by kernel: how it tells of such devices."""
    for series in images.KERNELS:
        yield row(series, 'luks', f'UUID={stacks.ROOT}', ['luks'],
                  ['--with-crypt'], f'/dev/mapper/luks-{stacks.LUKS}',
                  types=TYPED,
                  says=("pintle: device: open '/dev/vda': wrong passphrase, "
                        'try 1 of 3',))
        yield row(series, 'lvm', '/dev/mapper/vg--a-root', ['lvm'],
                  ['--with-lvm'], '/dev/mapper/vg--a-root')
        yield row(series, 'md', f'UUID={stacks.ROOT}', ['md-0', 'md-1'],
                  ['--with-md'], '/dev/md127')


def secret_is_kept(boot):
    """What was typed is nowhere to be seen."""
    for secret in (stacks.PASSPHRASE, 'open sesamo'):
        if secret in boot.log() or secret in str(boot.facts):
            yield f'{secret!r} can be read'
