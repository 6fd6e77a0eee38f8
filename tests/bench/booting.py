# SPDX-License-Identifier: MIT
"""The whole boot: from the kernel's "Run /init" to the first line of the real
init, and from the kernel's first to the same."""
import dataclasses
import functools
import pathlib
import re
import stat
import subprocess
import typing

import images
import measure
import scenario
import stacks
import telling

ROOT = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'   # images.root()'s
TINY = 'usr/lib/x86_64-linux-gnu/tiny-initramfs/init-static'
# include/uapi/linux/module.h: MODULE_INIT_COMPRESSED_FILE
COMPRESSED = 4


@dataclasses.dataclass(frozen=True)
class Scene:
    """One kernel with one kind of disk."""
    name: str
    what: str                   # as the table has it
    kernel: str
    bus: str
    device: str
    modules: tuple              # what loads the disk and its file system
    who: tuple                  # names of CONTESTANTS
    cpus: int = 1
    suite: str = 'bookworm'     # whose images the distributions' are
    # that of two CPUs goes on by the instructions of both
    clocks: tuple = ('virtual', 'wall')
    disk: typing.Callable = lambda: root()


PLAIN = ('floor', 'pintle list', 'pintle generic')
OTHERS = ('initramfs-tools most', 'initramfs-tools dep', 'dracut')
SCENES = (
    Scene('virtio', 'ext4 on virtio', '6.1', 'virtio', '/dev/vda',
          ('virtio_pci', 'virtio_blk'), (*PLAIN, 'tiny-initramfs', *OTHERS)),
    Scene('nvme', 'ext4 on NVMe', '6.12-full', 'nvme', '/dev/nvme0n1',
          ('nvme', 'ext4'),
          ('floor', 'floor packed', *PLAIN[1:], 'tiny-initramfs',
           'initramfs-tools most', 'dracut systemd'), suite='trixie'),
    Scene('two-cpus', 'ext4 on virtio, two CPUs', '6.12-full', 'virtio',
          '/dev/vda', ('virtio_pci', 'virtio_blk', 'ext4'),
          ('floor', 'floor packed', *PLAIN[1:]), cpus=2,
          clocks=('wall',)),
    # No floor: to open it is cryptsetup's work, whoever calls it.
    Scene('luks', 'ext4 in LUKS on virtio', '6.1', 'virtio', '/dev/mapper/', (),
          ('pintle crypt', 'initramfs-tools crypt', 'dracut crypt'),
          disk=lambda: stacks.disk_file('luks', root())),
)


def with_modules(scene):
    """pintle's own image with the explicit list."""
    kernel = images.kernel(scene.kernel)
    words = ['-k', kernel.release, '-b', kernel.directory, '--compress', 'zstd',
             '--pintle', images.pintle()]
    for name in scene.modules:
        words += ['-m', name]
    return made_by_us(words)


def generic(scene):
    """pintle's image for any machine."""
    kernel = images.kernel(scene.kernel)
    return made_by_us(['-k', kernel.release, '-b', kernel.directory, '--kind',
                       'generic', '--compress', 'zstd', '--pintle',
                       images.pintle()])


def key():
    """What opens the disk of LUKS: a file in everybody's image."""
    return images.script_file(stacks.PASSPHRASE.encode())


def with_crypt(scene):
    """pintle's image for any machine, with cryptsetup."""
    kernel = images.kernel(scene.kernel)
    return made_by_us(['-k', kernel.release, '-b', kernel.directory, '--kind',
                       'generic', '--compress', 'zstd', '--sysroot',
                       stacks.tree(), f'--with-crypt={key()}', '--pintle',
                       images.pintle()])


def made_by_us(words):
    """By initramfs/pintle-mkinitramfs."""
    def make(path):
        images.run([images.MKINITRAMFS, '-o', path, *words])
    return images.cached('.bench', make, images.MKINITRAMFS, [
        word.read_bytes().hex() if str(word).endswith('pintle') and
        isinstance(word, pathlib.Path)
        else str(word).replace(str(images.CACHE), '') for word in words])


def listed(scene):
    """[(path, parameters)] of the drivers of the explicit list, in order."""
    packed = with_modules(scene)
    archive = subprocess.run(['zstd', '-dcq', packed], check=True,
                             stdout=subprocess.PIPE).stdout
    text = subprocess.run(['cpio', '-i', '--quiet', '--to-stdout',
                           'etc/pintle/modules'], input=archive, check=True,
                          stdout=subprocess.PIPE).stdout.decode()
    return [line.partition(' ')[::2] for line in text.split('\n') if line]


def floor(scene):
    """The drivers alone beside an /init that is compiled for them."""
    files = unpacked(scene)
    return bare(floor_program(scene, files), files)


def floor_packed(scene):
    """The same with drivers that are packed one by one, where Debian's are."""
    files = as_they_are(scene)
    return bare(floor_program(scene, files), files)


def floor_program(scene, names):
    """floor.c for these drivers."""
    source = pathlib.Path(__file__).parent / 'floor.c'
    packed = any(not name.endswith('.ko') for name in names)
    words = [images.need('musl-gcc', 'musl-tools'), '-std=gnu17',
             '-D_GNU_SOURCE', '-Os', '-static', '-s', '-Wall', '-Wextra',
             '-Werror',
             '-DMODULES=' + ''.join(f'"/{name}", ' for name in names),
             f'-DDEVICE="{scene.device}"', '-DTYPE="ext4"',
             f'-DFLAGS={COMPRESSED if packed else 0}']

    def make(path):
        images.run([*words, '-o', path, source])
        path.chmod(0o755)
    return images.cached('-floor', make, source, [str(w) for w in words])


def as_they_are(scene):
    """{name: bytes} of the drivers of the explicit list, in order."""
    where = images.kernel(scene.kernel).modules
    files = {}
    for path, parameters in listed(scene):
        if parameters:
            raise images.Failed(f'the floor of {scene.name}: {path} has '
                                'parameters')
        name = pathlib.Path(path).name.partition('.')[0]
        file, = where.glob(f'*/kernel/**/{name}.ko*')
        files[file.name] = file.read_bytes()
    return files


def unpacked(scene):
    """The same, unpacked."""
    return {name.removesuffix('.xz'): subprocess.run(
        ['xz', '-dc'], input=data, check=True, stdout=subprocess.PIPE).stdout
            if name.endswith('.xz') else data
            for name, data in as_they_are(scene).items()}


def bare(init, files):
    """An image of an init, these files beside it, and places to mount to."""
    entries = {name: (stat.S_IFDIR | 0o755, b'')
               for name in ('dev', 'proc', 'target')}
    entries['init'] = (stat.S_IFREG | 0o755, init.read_bytes())
    for name, data in files.items():
        entries[name] = (stat.S_IFREG | 0o644, data)
    archive = images.cpio(entries)

    def make(path):
        subprocess.run(['zstd', '-q', '-9', '-o', path], input=archive,
                       check=True)
    return images.cached('.bare', make, archive)


def tiny(scene):
    """What mktirfs makes with --include-modules of the explicit list: init, the
    drivers unpacked beside it, and their names (functions:process_modules). It
    packs with gzip; here it is zstd, as for the others."""
    files = unpacked(scene)
    names = ''.join(f'/{name}\n' for name in files)
    if names:
        files['modules'] = names.encode()
    return bare(images.debian(('busybox-static', 'klibc-utils',
                               'tiny-initramfs-core', 'toybox',
                               'util-linux')) / TINY, files)


@functools.cache
def theirs(suite, kernel, *key_file):
    """The directory of the images that distributions' generators make."""
    script = pathlib.Path(__file__).parent / 'their-images'
    done = subprocess.run([script, suite, *kernel.split('-'), *key_file],
                          text=True, check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise images.Failed(done.stderr)
    return pathlib.Path(done.stdout.strip().split('\n')[-1])


def their(form):
    """One of them."""
    return lambda scene: theirs(
        scene.suite, scene.kernel,
        *([key()] if form.endswith('crypt') else [])) / form


# name -> its image, and kernel parameters that only it needs
CONTESTANTS = {
    'floor': (floor, ''),
    'floor packed': (floor_packed, ''),
    'pintle list': (with_modules, ''),
    'pintle generic': (generic, ''),
    'tiny-initramfs': (tiny, ''),
    'initramfs-tools most': (their('most'), ''),
    'initramfs-tools dep': (their('dep'), ''),
    'dracut': (their('dracut'), ''),
    'dracut systemd': (their('dracut-systemd'), ''),
    'pintle crypt': (with_crypt, ''),
    'initramfs-tools crypt': (their('most-crypt'), ''),
    # without it, dracut opens none
    'dracut crypt': (their('dracut-crypt'), f'rd.luks.uuid={stacks.LUKS}'),
}


def root():
    """The disk whose real init is arrival. systemd goes to no root that does not
    say what it is (src/shared/os-util.c)."""
    return images.root(init=None, files={
        '/sbin/init': images.program('bench/arrival'),
        '/etc/os-release': (0o644, b'ID=bench\n')})


def arrived(scene, name):
    """Is it the disk, mounted by whom it should be?"""
    def check(facts):
        # a mapper's name, or the number that dracut knows it by
        if not any(re.search(r' ext4 (/dev/root|/dev/disk/\S+|/dev/dm-0|' +
                             re.escape(scene.device) + r'\S*) ', line)
                   for line in facts.get('roots', ())):
            yield f'the root is {facts.get("roots")}'
        if bool(facts['pintle']) != name.startswith('pintle'):
            yield 'it is not what it is called'
    return check


def machines(scene, names=None, clock='virtual'):
    """{name: Machine} of everybody in this scene."""
    found = {}
    for name in scene.who:
        if names and not name.startswith(tuple(names)):
            continue
        image, parameters = CONTESTANTS[name]
        try:
            packed = image(scene)
        except (images.Missing, images.Failed) as why:
            measure.failed[f'{scene.name} {clock} {name}'] = f'no image: {why}'
            continue
        found[f'{scene.name} {clock} {name}'] = measure.Machine(
            scene.kernel, packed,
            f'root=UUID={ROOT} ro {parameters}'.strip(),
            disks=tuple(scenario.Row.ready([
                scenario.disk(scene.bus, image=scene.disk)])),
            cpus=scene.cpus, check=arrived(scene, name), memory=1024,
            virtual=clock == 'virtual')
    return found


def measured(runs, only=()):
    """A telling.Result."""
    whole = telling.Result([], [], [], [], {})
    for scene in SCENES:
        for clock in scene.clocks:
            wanted = machines(scene, only and (scene.who[0], *only), clock)
            measure.say(f'boots, {scene.name}, {clock} time: {len(wanted)}, '
                        f'{runs} runs')
            found = measure.in_turns(wanted, runs, alone=clock == 'wall')
            whole.raw.update(found)
            at = {name.removeprefix(f'{scene.name} {clock} '): {
                what: measure.Figure.of(f[what] / 1e6 for f in facts)
                for what in ('since_init', 'since_kernel')}
                for name, facts in found.items()}
            drivers = {name.removeprefix(f'{scene.name} {clock} '):
                       len(facts[0].get('modules', ()))
                       for name, facts in found.items()}
            if not at:
                continue
            whole.tables.append(table(scene, clock, at, drivers))
            whole.plots.append(telling.Plot(
                f'boot-{scene.name}-{clock}', f'{scene.name}: from "Run /init" '
                'to the real init', '',
                f'ms of {CLOCKS[clock]} time',
                {'': [(name, figures['since_init'].median)
                      for name, figures in at.items()]}, '', True))
            if not only:
                whole.goals += goals(scene, clock, at)
            whole.short.append((
                f'"Run /init" to the real init, {scene.what}, ms of '
                f'{CLOCKS[clock]} time', telling.in_short({
                    name: figures['since_init']
                    for name, figures in at.items()})))
    return whole


def table(scene, clock, at, drivers):
    """Milliseconds, and how many times those of the first they are."""
    first = scene.who[0]

    def times(figures, since):
        return (figures[since].median / at[first][since].median
                if first in at else None)
    return telling.Table(
        f'boot-{scene.name}-{clock}',
        f'Boot, {scene.what}, {CLOCKS[clock]} time: milliseconds to the first '
        'line of the real init',
        f'Linux {images.kernel(scene.kernel).release}, {scene.cpus} CPU(s); '
        'the root by its UUID' + (
            f', that of the floor as {scene.device}.'
            if 'floor' in scene.who else '.'),
        ('', 'from "Run /init"', f'× {first}', "from the kernel's start",
         f'× {first}', 'drivers loaded'),
        [[name, figures['since_init'], times(figures, 'since_init'),
          figures['since_kernel'], times(figures, 'since_kernel'),
          str(drivers[name])] for name, figures in at.items()] + [
              [name, 'failed', *[None] * 4] for name in scene.who
              if f'{scene.name} {clock} {name}' in measure.failed])


CLOCKS = {'virtual': 'virtual', 'wall': 'the host’s'}

# (who, from what, than whom, at most or at least, how many times), per scene
RATIOS = {
    'virtio': (
        ('pintle list', 'since_init', 'floor', 'most', 1.10),
        ('pintle generic', 'since_init', 'floor', 'most', 1.25),
        ('pintle generic', 'since_init', 'tiny-initramfs', 'most', 1),
        ('initramfs-tools most', 'since_init', 'pintle generic', 'least', 12),
        ('dracut', 'since_init', 'pintle generic', 'least', 50),
        ('initramfs-tools most', 'since_kernel', 'pintle generic', 'least',
         2.5),
        ('dracut', 'since_kernel', 'pintle generic', 'least', 6)),
    'nvme': (
        ('pintle list', 'since_init', 'floor', 'most', 1.10),
        ('pintle generic', 'since_init', 'floor', 'most', 1.25),
        ('pintle generic', 'since_init', 'tiny-initramfs', 'most', 1)),
    'two-cpus': (
        ('pintle generic', 'since_init', 'floor', 'most', 1),
        ('pintle generic', 'since_init', 'floor packed', 'most', 1)),
    'luks': (),
}


def goals(scene, clock, at):
    """Goal a of the project; who could not be measured holds none."""
    found = []
    for who, since, whom, how, times in RATIOS[scene.name]:
        begin = 'kernel' if since == 'since_kernel' else '/init'
        what = (f'{scene.name}, {CLOCKS[clock]} time, from {begin}: {who} at '
                f'{how} {times} × {whom}')
        if who not in at or whom not in at:
            found.append(telling.Goal('a', what, 'not measured', False))
            continue
        ratio = at[who][since].median / at[whom][since].median
        found.append(telling.Goal(
            'a', what, f'{ratio:.2f} ×',
            ratio <= times if how == 'most' else ratio >= times))
    return found
