# SPDX-License-Identifier: MIT
"""The switch alone: programs that Debian 12 has for it, and pintle, called with
the same words by the same /init, in an initramfs with so many files of so many
MiB in all."""
import pathlib
import stat

import images
import measure

PACKAGES = ('busybox-static', 'klibc-utils', 'tiny-initramfs-core', 'toybox',
            'util-linux')
KERNEL = '6.12'
# files and MiB: along one axis, then along the other
SIZES = ((10, 150), (1000, 150), (10000, 150), (100000, 150), (1000, 1),
         (1000, 500))
LATER_S = 5
SWITCH = ('/new', '/sbin/init')


def programs():
    """{name: (files of the image, words, kernel parameters)}"""
    tree = images.debian(PACKAGES)

    def peer(name, *words):
        return images.with_libraries(name, tree), (name, *words)

    def static(name, *words):
        return {name: tree / name[1:]}, (name, *words)

    klibc = {f'/lib/{p.name}': p for p in (tree / 'lib').glob('klibc-*.so')}
    run_init = '/usr/lib/klibc/bin/run-init'
    pintle = images.pintle()
    ours = {'/bin/switch_root': pintle}, ('/bin/switch_root',)
    return {
        'nothing': ({}, ('-',), ''),
        'pintle': (*ours, ''),
        'pintle sync': (*ours, 'pintle.free=all'),
        'pintle -p': ({'/bin/run-init': pintle}, ('/bin/run-init', '-p'), ''),
        'util-linux': (*peer('/sbin/switch_root'), ''),
        'busybox': (*static('/bin/busybox', 'switch_root'), ''),
        'klibc': ({run_init: tree / run_init[1:], **klibc}, (run_init,), ''),
        'klibc -p': ({run_init: tree / run_init[1:], **klibc},
                     (run_init, '-p'), ''),
        'toybox': (*peer('/bin/toybox', 'switch_root'), ''),
    }


def record(name, mode, data=b''):
    """One entry of a newc archive."""
    return images.cpio({name: (mode, data)})[:-124]


def bulk(files, mib):
    """An archive of so many files, of that many MiB together."""
    def make(path):
        data = bytes(max(1, mib * images.MIB // files))
        with open(path, 'wb') as out:
            out.write(record('data', stat.S_IFDIR | 0o755))
            for number in range(files):
                directory = f'data/{number // 100}'
                if number % 100 == 0:
                    out.write(record(directory, stat.S_IFDIR | 0o755))
                out.write(record(f'{directory}/{number}',
                                 stat.S_IFREG | 0o644, data))
            out.write(images.cpio({}))
            out.write(bytes(-out.tell() % 512))
    return images.cached('.bulk', make, 'bulk 1', files, mib)


def image(files, words, many=None):
    """The initramfs of a caller."""
    entries = {}
    content = {'/init': images.program('bench/caller'),
               '/arrival': images.program('bench/arrival'), **files}
    for name, source in content.items():
        for parent in pathlib.PurePosixPath(name).parents:
            if str(parent) != '/':
                entries[str(parent)[1:]] = (stat.S_IFDIR | 0o755, b'')
        entries[name[1:]] = (stat.S_IFREG | 0o755, source.read_bytes())
    entries['order'] = (stat.S_IFREG | 0o644, '\n'.join(words).encode())
    head = images.cpio(entries)
    head += bytes(-len(head) % 512)
    behind = bulk(*many) if many else None

    def make(path):
        with open(path, 'wb') as out:
            out.write(head)
            if behind:
                out.write(behind.read_bytes())
    return images.cached('.switch', make, head, behind.name if behind else '')


def machines(size):
    """{name: Machine} of everybody at this size."""
    found = {}
    for name, (files, words, parameters) in programs().items():
        found[f'{name} {size[0]}x{size[1]}'] = measure.Machine(
            KERNEL, image(files, [*words, *SWITCH], size),
            f'root=/dev/none {parameters} arrival.later={LATER_S}',
            memory=2048)
    return found
