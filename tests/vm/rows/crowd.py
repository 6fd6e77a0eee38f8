# SPDX-License-Identifier: MIT
"""Machines with many disks: what a boot costs there."""
import dataclasses
import json

import checks
import images
from scenario import Row, disk

DISKS = 64
UUID = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'


def root_disk():
    """16 partitions, of which the first is the root."""
    return disk('lun', image=lambda: images.crowd(0, images.root()))


def others():
    """The other disks, attached first."""
    return [disk('lun', image=lambda n=n: images.crowd(n))
            for n in range(1, DISKS)]


@dataclasses.dataclass
class Compared(Row):
    """A boot that is compared with the same boot of one disk."""
    times: float = 2                # may it take that of the other

    def run(self, directory, accel):
        """The measurement varies by some percent, and the limit is not further
        away than that. Whoever is over it must be below it twice afterwards:
        the median of three decides."""
        complaints, result = self.compare(f'{directory}/0', accel)
        if not complaints or result.kind != 'landed':
            return complaints, result
        for again in ('1', '2'):
            complaints, result = self.compare(f'{directory}/{again}', accel)
            if complaints:
                break
        return complaints, result

    def compare(self, directory, accel):
        """Boot once with one disk and once with all of them."""
        alone = Row(self.name, self.kernel, self.cmdline, disks=self.disks[-1:],
                    initramfs=self.initramfs,
                    checks=checks.ARRIVED, icount=self.icount,
                    silence=self.silence, total=self.total)
        complaints, one = alone.run(f'{directory}/one', accel)
        if complaints:
            return complaints, one
        complaints, many = super().run(directory, accel)
        if not complaints:
            took = [busy_us(result) for result in (one, many)]
            if took[1] > self.times * took[0]:
                complaints = [f'{DISKS} disks took {took[1] / 1000:.0f} ms, '
                              f'one {took[0] / 1000:.0f} ms']
        return complaints, many


def busy_us(result):
    """From the kernel's start to that of the real init, without the time that
    nobody ran: what an emulated disk takes is the host's time, and twice as
    much when somebody else uses the host."""
    ticks = next(f['text'] for f in result.facts['files']
                 if f['path'] == '/proc/stat').split()[1:6]
    end_us = json.loads(result.facts['report'])['stages'][-1]['end_us']
    # proc_stat(5): user, nice, system, idle, iowait
    return end_us - (int(ticks[3]) + int(ticks[4])) * 10000


def rows():
    """By what is in the partition and by what is in the table; there with the
    generic image, whose drivers load while the disks come."""
    for series, name, root, image in (
            ('6.1', 'uuid', f'UUID={UUID}', {}),
            ('7', 'partuuid', f'PARTUUID={images.crowd_uuid(0, 0)}',
             dict(modules=(), kind='generic'))):
        yield Compared(f'vm/{series}/crowd-by-{name}', series,
                       f'root={root} landing.cat=/proc/stat',
                       disks=[*others(), root_disk()], checks=checks.ARRIVED,
                       initramfs=image, icount=True, silence=40, total=80,
                       weight=40)
