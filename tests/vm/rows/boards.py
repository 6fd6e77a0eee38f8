# SPDX-License-Identifier: MIT
"""Other machines than x86: their kernels boot through pintle built for them."""
import checks
from scenario import Row, disk

UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'


def rows():
    """By UUID, and by the type that a GPT has for a root of this machine."""
    for arch, purpose, memory in (
            ('arm64', 'b921b045-1df0-41c3-af44-4c6f280d3fae', 512),
            ('riscv64', '72ec70a6-cf74-40e6-bd49-4bda08e8f224', 512)):
        yield Row(f'vm/6.12-{arch}/root-discoverable', f'6.12-{arch}', '',
                  disks=[disk(arch=arch, table=dict(kind='gpt',
                                                    purpose=purpose))],
                  initramfs=dict(modules=('virtio_blk', 'ext4')),
                  memory=memory, checks=checks.ARRIVED + (
                      checks.root_mount('ext4', '/dev/vda1'), of(arch)),
                  silence=20, total=60, weight=12)


def of(arch):
    """A check that it is that kind of machine."""
    def kind_of_machine(boot):
        if not boot.facts['release'].endswith(arch):
            yield f'the kernel is {boot.facts["release"]}'
    return kind_of_machine
