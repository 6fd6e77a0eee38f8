# SPDX-License-Identifier: MIT
"""QEMU's firmware for EFI, which remembers what it is told."""
import pathlib
import shutil

import images

# Where Debian's ovmf has it.
OVMF = pathlib.Path('/usr/share/OVMF')


def words(directory):
    """QEMU's words for one that remembers from boot to boot."""
    directory = pathlib.Path(directory)
    code, kept = OVMF / 'OVMF_CODE_4M.fd', directory / 'variables'
    if not code.exists():
        raise images.Missing(f'{code} is not there (package ovmf)')
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(OVMF / 'OVMF_VARS_4M.fd', kept)
    return [word for unit, (readonly, file) in enumerate(
        (('readonly=on,', code), ('', kept)))
            for word in ('-drive', f'if=pflash,format=raw,unit={unit},'
                         f'{readonly}file={file}')]
