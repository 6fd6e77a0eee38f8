# SPDX-License-Identifier: MIT
"""A TPM 2.0 for a machine, by swtpm, and disks that were sealed to it.

systemd-cryptenroll of Debian 12 enrolls the TPM, in a machine of its own. What the
TPM remembers then is kept beside the disks: no other TPM opens them.
"""
import fcntl
import hashlib
import json
import pathlib
import shutil
import tempfile
import threading

import images
import stacks
import vm

PACKAGES = ('busybox-static', 'cryptsetup-bin', 'libfido2-1',
            'libtss2-esys-3.0.2-0', 'libtss2-rc0', 'libtss2-tcti-device0',
            'systemd')
# The disk whose PCR 7 is what it was, and one that was enrolled when it was not.
SEALED = 'd4f6d915-927e-4f6a-8b1d-70a6eae1a501'
CHANGED = 'e5a7ea26-a38f-4a7b-9c2e-81b7fbf2b602'
LIBRARIES = '/usr/lib/x86_64-linux-gnu'
# what systemd loads by dlopen(3)
LOADED = ('libtss2-esys.so.0', 'libtss2-mu.so.0', 'libtss2-rc.so.0',
          'libtss2-tcti-device.so.0')

MAKE = f'''#!/bin/busybox sh
export PATH=/bin:/sbin:/usr/bin DM_DISABLE_UDEV=1
export PASSWORD='{stacks.PASSPHRASE}'
/bin/busybox --install -s /bin
mount -t devtmpfs none /dev
mount -t proc none /proc
mount -t sysfs none /sys
mkdir -p /run/cryptsetup /tmp
set -e
trap 'echo "MAKING FAILED"; poweroff -f' EXIT
while read -r module; do
	insmod "$module" || :
done </modules
until [ -b /dev/vdc ]; do sleep 0.1; done
set -x
printf '%s' "$PASSWORD" >/key
enroll() {{
	cryptsetup luksFormat -q --type luks2 --uuid "$2" --key-file /key \\
		--pbkdf pbkdf2 --pbkdf-force-iterations 1000 "$1"
	systemd-cryptenroll --tpm2-device=auto --tpm2-pcrs=7 "$1"
	cryptsetup open --key-file /key "$1" inside
	dd if=/dev/vda of=/dev/mapper/inside bs=1M conv=fsync
	cryptsetup close inside
}}
enroll /dev/vdb {SEALED}
# TPM2_PCR_Extend(7), with an empty password and a digest of SHA-256: section 22.2
# of the TPM 2.0 library specification, part 3.
exec 3<>/dev/tpm0
{{
	printf '\\200\\002\\000\\000\\000\\101\\000\\000\\001\\202\\000\\000\\000\\007'
	printf '\\000\\000\\000\\011\\100\\000\\000\\011\\000\\000\\000\\000\\000'
	printf '\\000\\000\\000\\001\\000\\013'
	printf '12345678901234567890123456789012'
}} >/extend
dd if=/extend bs=65 count=1 >&3
dd bs=4096 count=1 <&3 | od -tx1 | grep '^0000000 80 02 .. .. .. .. 00 00 00 00'
exec 3>&-
enroll /dev/vdc {CHANGED}
sync
trap - EXIT
echo 'MADE THEM ALL'
poweroff -f
'''


def tree():
    """The tools, as Debian 12 has them."""
    return images.debian(PACKAGES)


_lock = threading.Lock()


def made():
    """The directory with the disks, and the TPM's memory in `tpm`."""
    base = images.root()
    key = hashlib.sha256(json.dumps(
        [MAKE, PACKAGES, base.name]).encode()).hexdigest()[:12]
    cache = images.downloads() / 'tpm'
    cache.mkdir(parents=True, exist_ok=True)
    with _lock, open(cache / 'lock', 'w', encoding='ascii') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (cache / key).exists():
            for old in [p for p in cache.iterdir() if p.is_dir()]:
                shutil.rmtree(old, ignore_errors=True)
            make(base, cache / key)
    return cache / key


def memory():
    """What the TPM of made() remembers."""
    return made() / 'tpm'


def make(base, target):
    """Enroll the TPM, in a machine that has it."""
    linux = images.kernel('6.1')
    files = {'/bin/busybox': tree() / 'bin/busybox'}
    for name in ('/sbin/cryptsetup', '/usr/bin/systemd-cryptenroll',
                 *(f'{LIBRARIES}/{name}' for name in LOADED)):
        files.update(images.with_libraries(name, tree()))
    with tempfile.TemporaryDirectory(dir=target.parent) as temporary:
        disks = pathlib.Path(temporary) / 'disks'
        disks.mkdir()
        shutil.copyfile(base, disks / 'root')
        for name in ('sealed', 'changed'):
            with open(disks / name, 'wb') as out:
                out.truncate(40 * images.MIB)
        blank = pathlib.Path(temporary) / 'blank'
        blank.mkdir()
        images.need('swtpm', 'swtpm')
        tpm = vm.Tpm(blank, disks)
        try:
            stacks.run(linux, stacks.archive(linux, MAKE, files),
                       [disks / n for n in ('root', 'sealed', 'changed')],
                       [*tpm.words(), '-M', vm.FAST_CHIPSET, '-bios',
                        vm.FAST_FIRMWARE], [tpm.fd])
        finally:
            tpm.close()
        (disks / 'root').unlink()
        disks.rename(target)
