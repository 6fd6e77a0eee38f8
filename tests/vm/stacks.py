# SPDX-License-Identifier: MIT
"""Disks with LUKS, LVM and md on them, and a root inside.

Made by the real tools, which need a kernel with device mapper: in a machine of
their own, without pintle, once. They stay in the cache of what is downloaded,
because they take as long to get.
"""
import fcntl
import hashlib
import json
import pathlib
import shutil
import stat
import subprocess
import tempfile
import threading

import images
import scenario
import vm

PASSPHRASE = 'open sesame'
LUKS = 'a1c3a6e2-6f5b-4e0b-9d3c-0b3b8a7f4d11'
LUKS_LVM = 'b2d4b7f3-705c-4f1c-8e4d-1c4c9b805e22'
MD = 'c3e5c804:816d502d:9f5e2d5d:ac916f33'
ROOT = '5f3a1c80-9d11-4d0a-8f52-6a1c0e2b7d01'   # images.root()'s
PACKAGES = ('busybox-static', 'cryptsetup-bin', 'lvm2', 'mdadm', 'plymouth')
PROGRAMS = ('/sbin/cryptsetup', '/sbin/lvm', '/sbin/mdadm')
MODULES = ('virtio_pci', 'virtio_blk', 'dm_mod', 'dm_crypt', 'raid1', 'xts',
           'aes_generic', 'sha256_generic', 'algif_skcipher', 'dm_raid',
           'dm_mirror', 'dm_snapshot', 'dm_thin_pool', 'dm_cache_smq')
# what each disk becomes: its MiB; vda is the root to be copied
DISKS = {'luks': 40, 'lvm': 32, 'md-0': 32, 'md-1': 32, 'md10-0': 24,
         'md10-1': 24, 'luks-lvm': 56, 'wide-0': 24, 'wide-1': 8, 'raid-0': 24,
         'raid-1': 24, 'snapshot': 40, 'mirror-0': 24, 'mirror-1': 24,
         'thin': 48, 'cache': 48, 'far-md-0': 24, 'far-md-1': 24, 'far-lvm': 24}
# another host's, who made the last three
FAR = 'elsewhere'

# The least that each tool lets a passphrase cost: it is emulated.
MAKE = f'''#!/bin/busybox sh
export PATH=/bin:/sbin DM_DISABLE_UDEV=1
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mkdir -p /run/lock /etc/lvm /tmp
set -e
trap 'echo "MAKING FAILED"; poweroff -f' EXIT
while read -r module; do
	# Some are for a CPU that is not emulated.
	insmod "$module" || :
done </modules
until [ -b /dev/vdt ]; do sleep 0.1; done
own=
lvm() {{
	/sbin/lvm "$@" --config "activation {{ udev_sync=0 udev_rules=0 monitoring=0 }}
		devices {{ obtain_device_list_from_udev=0 }} $own"
}}
root() {{
	dd if=/dev/vda of="$1" bs=1M conv=fsync
}}
set -x
printf '{PASSPHRASE}' >/key

cryptsetup luksFormat -q --type luks2 --uuid {LUKS} --key-file /key \\
	--pbkdf pbkdf2 --pbkdf-force-iterations 1000 /dev/vdb
cryptsetup open --key-file /key /dev/vdb inside
root /dev/mapper/inside
cryptsetup close inside

lvm pvcreate -y /dev/vdc
lvm vgcreate vg-a /dev/vdc
lvm lvcreate -y -W n -Z n -n root -L 16m vg-a
root /dev/mapper/vg--a-root
lvm vgchange -an vg-a

mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 --level=1 \\
	--raid-devices=2 --uuid={MD} /dev/vdd /dev/vde
root /dev/md0
mdadm --stop /dev/md0
mdadm --create /dev/md0 --run --assume-clean --metadata=1.0 --level=1 \\
	--raid-devices=2 /dev/vdf /dev/vdg
root /dev/md0
mdadm --stop /dev/md0

cryptsetup luksFormat -q --type luks2 --uuid {LUKS_LVM} --key-file /key \\
	--pbkdf argon2id --pbkdf-force-iterations 4 --pbkdf-memory 8192 \\
	--pbkdf-parallel 1 /dev/vdh
cryptsetup open --key-file /key /dev/vdh inside
lvm pvcreate -y /dev/mapper/inside
lvm vgcreate deep /dev/mapper/inside
lvm lvcreate -y -W n -Z n -n root -L 16m deep
root /dev/mapper/deep-root
lvm vgchange -an deep
cryptsetup close inside

lvm pvcreate -y /dev/vdi /dev/vdj
lvm vgcreate wide /dev/vdi /dev/vdj
lvm lvcreate -y -W n -Z n -n root -L 16m wide /dev/vdi
root /dev/mapper/wide-root
lvm vgchange -an wide

lvm pvcreate -y /dev/vdk /dev/vdl
lvm vgcreate -s 1m vgr /dev/vdk /dev/vdl
lvm lvcreate -y -W n -Z n --type raid1 -m 1 --nosync -n root -L 16m vgr
root /dev/mapper/vgr-root
lvm vgchange -an vgr

lvm pvcreate -y /dev/vdm
lvm vgcreate -s 1m vgs /dev/vdm
lvm lvcreate -y -W n -Z n -n root -L 16m vgs
root /dev/mapper/vgs-root
lvm lvcreate -y -s -n before -L 8m vgs/root
lvm vgchange -an vgs

lvm pvcreate -y /dev/vdn /dev/vdo
lvm vgcreate -s 1m vgm /dev/vdn /dev/vdo
lvm lvcreate -y -W n -Z n --type mirror -m 1 --mirrorlog core --nosync \\
	-n root -L 16m vgm
root /dev/mapper/vgm-root
lvm vgchange -an vgm

lvm pvcreate -y /dev/vdp
lvm vgcreate -s 1m vgt /dev/vdp
lvm lvcreate -y -Z n --type thin-pool -n pool -L 32m --poolmetadatasize 2m vgt
lvm lvcreate -y --type thin -n root -V 16m --thinpool pool vgt
root /dev/mapper/vgt-root
lvm lvcreate -y -s -k n -n copy vgt/root
lvm vgchange -an vgt

lvm pvcreate -y /dev/vdq
lvm vgcreate -s 1m vgc /dev/vdq
lvm lvcreate -y -W n -Z n -n root -L 16m vgc
root /dev/mapper/vgc-root
lvm lvcreate -y -W n -Z n -n fast -L 16m vgc
lvm lvconvert -y --type cache --cachevol fast vgc/root
lvm vgchange -an vgc

mdadm --create /dev/md0 --run --assume-clean --metadata=1.2 --level=1 \\
	--homehost={FAR} --raid-devices=2 /dev/vdr /dev/vds
root /dev/md0
mdadm --stop /dev/md0

own='global {{ system_id_source="lvmlocal" }} local {{ system_id="{FAR}" }}'
lvm pvcreate -y /dev/vdt
lvm vgcreate -s 1m vgfar /dev/vdt
lvm lvcreate -y -W n -Z n -n root -L 16m vgfar
root /dev/mapper/vgfar-root
lvm vgchange -an vgfar
sync
trap - EXIT
echo 'MADE THEM ALL'
poweroff -f
'''


def tree():
    """The tools, as Debian 12 has them."""
    return images.debian(PACKAGES)


def with_files(tools, files):
    """That tree, in a system with these files: {path below etc/: text}."""
    name = hashlib.sha256(repr(files).encode()).hexdigest()[:12]
    system = tools.with_name(f'crypttab-{name}-{tools.name}')
    with images.lock_of(system):
        if not system.exists():
            with tempfile.TemporaryDirectory(dir=tools.parent) as work:
                new = pathlib.Path(work) / 'new'
                (new / 'etc').mkdir(parents=True)
                for path in (*tools.iterdir(), *(tools / 'etc').iterdir()):
                    if path.name != 'etc':
                        (new / path.relative_to(tools)).symlink_to(path)
                for file, text in files.items():
                    (new / file).parent.mkdir(parents=True, exist_ok=True)
                    (new / file).write_text(text, 'ascii')
                new.rename(system)
    return system


def stack(name):
    """A disk of these for a row, which is made when the row runs."""
    return scenario.disk(image=lambda: disk_file(name))


def all_made():
    """What stack() takes them from."""
    return made(images.root())


def with_hooks(options, add=()):
    """Arguments of the image, or what gives them."""
    return lambda: dict(programs=options() if callable(options) else options,
                        tree=tree(), add=add() if callable(add) else add)


def disk_file(name, base=None):
    """The disk of that name, a file that is not to be changed; `base` is the
    root that is in it, if not images.root()."""
    return made(base or images.root()) / name


def made(base):
    """The directory with all of them."""
    key = hashlib.sha256(json.dumps(
        [MAKE, DISKS, MODULES, base.name]).encode()).hexdigest()[:12]
    cache = images.downloads() / 'stacks'
    cache.mkdir(parents=True, exist_ok=True)
    with _lock, open(cache / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / key).exists():
            made_before = sorted((p for p in cache.iterdir() if p.is_dir()),
                                 key=lambda p: p.stat().st_mtime)
            for old in made_before[:-2]:
                shutil.rmtree(old, ignore_errors=True)
            make(base, cache / key)
    return cache / key


_lock = threading.Lock()


def make(base, target):
    """Boot the tools over empty disks."""
    linux = images.kernel('6.1')
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        work = pathlib.Path(temporary)
        disks = work / 'disks'
        disks.mkdir()
        shutil.copyfile(base, disks / 'root')
        for name, mib in DISKS.items():
            with open(disks / name, 'wb') as out:
                out.truncate(mib * images.MIB)
        files = {'/bin/busybox': tree() / 'bin/busybox'}
        for name in PROGRAMS:
            files.update(images.with_libraries(name, tree()))
        run(linux, archive(linux, MAKE, files),
            [disks / name for name in ('root', *DISKS)])
        (disks / 'root').unlink()
        disks.rename(target)


def run(linux, entries, disks, extra=(), fds=()):
    """A machine with that initramfs, /dev/vda and so on, and QEMU's words
    `extra`; it has to say that it has made them all."""
    with tempfile.TemporaryDirectory(dir=disks[0].parent) as temporary:
        initramfs = pathlib.Path(temporary) / 'initramfs'
        initramfs.write_bytes(images.cpio(entries))
        board = vm.BOARDS['amd64']
        words = [board.program, *board.words, '-accel', vm.ACCELERATORS['tcg'],
                 '-m', '512', '-nodefaults', '-display', 'none', '-no-reboot',
                 '-serial', 'stdio', '-kernel', linux.vmlinux,
                 '-initrd', initramfs, *extra,
                 '-append', f'{board.arguments} {vm.KERNEL_ARGUMENTS}']
        for number, disk in enumerate(disks):
            words += ['-drive', f'if=none,id=d{number},format=raw,discard=unmap'
                      f',file={disk}',
                      '-device', f'virtio-blk-pci,drive=d{number}']
        done = subprocess.run([str(w) for w in words], text=True, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              stdin=subprocess.DEVNULL, timeout=400,
                              pass_fds=fds)
    if 'MADE THEM ALL' not in done.stdout:
        raise images.Failed('make disks by their own tools: the machine said\n'
                            f'{done.stdout[-4000:]}')


def archive(linux, script, files):
    """The initramfs of a machine that makes something: {path: (mode, bytes)}.
    Its /init is `script`, and /modules lists the drivers."""
    files = {**files, '/init': script.encode()}
    listed = []
    for name in MODULES:
        for line in images.run(
                ['modprobe', '-d', linux.directory, '-C', '/dev/null', '-S',
                 linux.release, '--show-depends', name]).split('\n'):
            if line.startswith('insmod '):
                listed.append(line.split()[1])
    for path in listed:
        files['/modules.d/' + path.split('/')[-1]] = pathlib.Path(path)
    files['/modules'] = ''.join(
        f'/modules.d/{path.split("/")[-1]}\n'
        for path in dict.fromkeys(listed)).encode()
    entries = {}
    for path, content in files.items():
        for parent in pathlib.PurePosixPath(path).parents:
            if str(parent) != '/':
                entries[str(parent)[1:]] = (stat.S_IFDIR | 0o755, b'')
        if isinstance(content, pathlib.Path):
            content = content.read_bytes()
        entries[path[1:]] = (stat.S_IFREG | 0o755, content)
    for path in ('dev', 'proc', 'sys'):
        entries[path] = (stat.S_IFDIR | 0o755, b'')
    return entries
