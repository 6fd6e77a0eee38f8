# SPDX-License-Identifier: MIT
"""Roots in LUKS that a TPM opens, and what is asked meanwhile.

systemd-cryptenroll of Debian 12 has sealed the disks to an emulated TPM (tpm.py).
"""
import checks
import stacks
import tpm
from scenario import Row, disk
from stacks import PASSPHRASE

ASKED = r"Passphrase for '(/dev/vda|changed)' \(\S+\): ?"
FAILED = (r'--token-only \S+ \S+.* for \S+ it ended with status 1: '
          'no token has opened it')
# The kernel prints over the question, which is then there again.
STILL_ASKED = ((FAILED, ''), (ASKED, PASSPHRASE + '\n'))
TABLE = {'etc/crypttab':
         f'sealed UUID={tpm.SEALED} none tpm2-device=auto,tpm2-pcrs=7,discard\n'
         f'changed UUID={tpm.CHANGED} none luks,tpm2-device=auto\n'}


def row(series, name, root, disks, table=None, **more):
    """A boot with the TPM; the root is in the LUKS device of that name."""
    source = f'/dev/mapper/{root}'
    return Row(f'vm/{series}/tokens-{name}', series, f'root={source} loglevel=7',
               disks=[disk(image=lambda d=d: tpm.made() / d) for d in disks],
               initramfs=lambda: dict(
                   programs=['--with-tokens=tpm2'],
                   tree=stacks.with_files(tpm.tree(), table) if table
                   else tpm.tree()),
               fetches=(tpm.made,), tpm=tpm.memory, weight=10,
               checks=checks.ARRIVED + (checks.root_mount('ext4', source),),
               **more)


def rows():
    """The TPM opens it, and nobody types; or it does not, and somebody does."""
    yield row('6.1', 'tpm', f'luks-{tpm.SEALED}', ['sealed'],
              says=(ASKED, 'It need not be answered any more'))
    yield row('6.1', 'tpm-changed', f'luks-{tpm.CHANGED}', ['changed'],
              types=STILL_ASKED)
    # Both at once, as crypttab has them.
    yield row('7', 'tpm', 'changed', ['sealed', 'changed'], TABLE,
              types=STILL_ASKED, never=(r'--token-only \S+ luks-',))
