# SPDX-License-Identifier: MIT
"""QEMU's firmware for EFI, which remembers what it is told."""
import pathlib
import shutil

import images
import scenario
import vm

# Where Debian's ovmf has it.
OVMF = pathlib.Path('/usr/share/OVMF')


def words(directory):
    """QEMU's words for one that remembers from boot to boot."""
    code, kept = OVMF / 'OVMF_CODE_4M.fd', directory / 'variables'
    if not code.exists():
        raise images.Missing(f'{code} is not there (package ovmf)')
    shutil.copyfile(OVMF / 'OVMF_VARS_4M.fd', kept)
    return [word for unit, (readonly, file) in enumerate(
        (('readonly=on,', code), ('', kept)))
            for word in ('-drive', f'if=pflash,format=raw,unit={unit},'
                         f'{readonly}file={file}')]


class Row(scenario.Row):
    """A boot that this firmware begins. It says nothing while it starts and
    unpacks the kernel."""

    def run(self, directory, accel):
        directory = pathlib.Path(directory)
        kernel = images.kernel(self.kernel)
        disks = self.ready(self.disks)
        directory.mkdir(parents=True, exist_ok=True)
        result = vm.Machine(
            directory, kernel.vmlinuz, self.packed(kernel, disks),
            self.cmdline, memory=self.memory, accel=accel, silence=40,
            total=100, extra=words(directory), disks=disks).run()
        return list(self.judge(scenario.Boot(self, kernel, result))), result
