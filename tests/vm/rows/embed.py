# SPDX-License-Identifier: MIT
"""Debian's own images, in which the package has put pintle.

scripts/debian-embed makes them in a chroot of the Debian they are for, with
the package installed and enabled as its READMEs say, and once more after it
was purged. Here they are booted to the end: multi-user, no failed unit, and
what the switch left of those who were to live on.
"""
import functools
import os
import pathlib
import re
import subprocess

import checks
import images
from scenario import Row, disk

# The kernel that each Debian is booted with.
SUITES = {'bookworm': '6.1', 'trixie': '6.12'}
NUMBERS = {'bookworm': '12', 'trixie': '13', 'testing': '-next'}
# The Debian that comes next, whatever its name and whatever is in it by now.
NEXT = ('testing', '7')

# Early, while plymouthd still has something to do: who it is, where it
# stands, and whether it started before the real init did.
ASK = rb"""#!/bin/sh
{
	plymouth --ping
	echo "ping $?"
	pid=$(cat /run/plymouth/pid)
	echo "root $(stat -Lc %d:%i /proc/$pid/root) $(stat -Lc %d:%i /)"
	echo "cwd $(stat -Lc %d:%i /proc/$pid/cwd) $(stat -Lc %d:%i /)"
	ticks=$(sed 's/.*) //' /proc/$pid/stat | cut -d ' ' -f 20)
	echo "started ${ticks}0000 before" $(systemctl show --value \
		-p UserspaceTimestampMonotonic)
} >/run/asked 2>&1
"""
ASK_UNIT = rb"""[Unit]
DefaultDependencies=no
After=local-fs.target
Before=sysinit.target plymouth-quit.service

[Service]
Type=oneshot
ExecStart=/usr/sbin/embed-ask
"""
# Last. The state is final once the start-up jobs are done, so this must not be
# one that is waited for: a simple service counts as started at once.
END = rb"""#!/bin/sh
{
	echo "system $(systemctl is-system-running --wait)"
	echo "multi-user $(systemctl is-active multi-user.target)"
	systemctl list-units --failed --plain --no-legend --no-pager |
		sed 's/^/failed /'
	systemd-analyze time
} >/run/ended 2>&1
exec /usr/sbin/landing
"""
END_UNIT = rb"""[Unit]
After=multi-user.target

[Service]
Type=simple
ExecStart=/usr/sbin/embed-end
"""
# Instead of all that (systemd.unit=): once systemd has checked and remounted
# the root as its fstab says, and udev has found it by its label.
EARLY = rb"""#!/bin/sh
{
	. /etc/os-release
	echo "$ID $VERSION_ID"
	echo "local-fs $(systemctl is-active local-fs.target)"
	echo "pid 1 $(readlink /proc/1/exe)"
	echo "label $(readlink -f /dev/disk/by-label/pintle-root)"
	systemctl list-units --failed --plain --no-legend --no-pager |
		sed 's/^/failed /'
} >/run/ended 2>&1
exec /usr/sbin/landing
"""
EARLY_UNIT = b"""[Unit]
DefaultDependencies=no
Wants=systemd-udevd.service systemd-udev-trigger.service
Requires=local-fs.target dev-disk-by\\x2dlabel-pintle\\x2droot.device
After=local-fs.target dev-disk-by\\x2dlabel-pintle\\x2droot.device

[Service]
Type=simple
ExecStart=/usr/sbin/embed-early
"""
UNITS = '/etc/systemd/system'
CMDLINE = ('root=LABEL=pintle-root ro systemd.show_status=0 '
           # a CPU that is emulated has nothing that attacks it, and drivers
           # for more than there is cost seconds each
           'mitigations=off module_blacklist=kvm,kvm_amd,libata ')
TO_THE_END = 'splash landing.cat=/run/asked,/run/ended'
TO_THE_ROOT = 'init=/usr/sbin/landing'


@functools.cache
def made(suite):
    """The directory that scripts/debian-embed made."""
    series = dict([NEXT], **SUITES)[suite]
    words = [images.TOP / 'scripts' / 'debian-embed']
    if os.environ.get('PINTLE'):
        words += ['--pintle', images.pintle()]
    done = subprocess.run([*words, suite, series], text=True,
                          check=False, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, stdin=subprocess.DEVNULL)
    if done.returncode:
        raise images.Failed(done.stderr)
    return pathlib.Path(done.stdout.strip().split('\n')[-1])


def root(suite, removed):
    """Its root file system, with what is to be known in the end."""
    image = made(suite) / removed / 'root.ext4'
    files = {'/usr/sbin/embed-ask': ASK, '/usr/sbin/embed-end': END,
             '/usr/sbin/landing': images.program('landing').read_bytes(),
             f'{UNITS}/embed-ask.service': ASK_UNIT,
             f'{UNITS}/embed-end.service': END_UNIT,
             '/usr/sbin/embed-early': EARLY,
             f'{UNITS}/embed-early.service': EARLY_UNIT}

    def make(path):
        images.run(['cp', '--sparse=always', image, path])
        commands = []
        for number, (name, content) in enumerate(files.items()):
            source = path.with_name(f'{path.name}-{number}')
            source.write_bytes(content)
            mode = '0100644' if name.endswith('.service') else '0100755'
            commands += [f'write {source} {name}', f'sif {name} mode {mode}']
        for unit, target in (('ask', 'sysinit'), ('end', 'multi-user')):
            wants = f'{UNITS}/{target}.target.wants'
            commands += [f'mkdir {wants}',
                         f'symlink {wants}/embed-{unit}.service '
                         f'../embed-{unit}.service']
        script = path.with_name(path.name + '-commands')
        script.write_text('\n'.join(commands) + '\n')
        said = images.run(['debugfs', '-w', '-f', script, path])
        for number in range(len(files)):
            path.with_name(f'{path.name}-{number}').unlink()
        script.unlink()
        # debugfs says all is well whatever happened.
        if 'Mode:  0755' not in images.run(
                ['debugfs', '-R', 'stat /usr/sbin/landing', path]):
            raise images.Failed(said)
    return images.cached('.ext4', make, str(image), image.stat().st_mtime_ns,
                         {name: text.hex() for name, text in files.items()})


# --- what must hold -------------------------------------------------------

def text_of(boot, path):
    """What landing read there."""
    return next(f['text'] for f in boot.facts['files'] if f['path'] == path)


def settled(boot):
    """Multi-user was reached, and no unit has failed."""
    said = text_of(boot, '/run/ended')
    for line in ('system running', 'multi-user active'):
        if line not in said.split('\n'):
            yield f'the system does not say: {line}; it says {said!r}'


def splash_lives(boot):
    """plymouthd is the one of the initramfs, and stands in the real root."""
    said = text_of(boot, '/run/asked')
    if 'ping 0\n' not in said:
        yield f'plymouthd does not answer: {said!r}'
    for name in ('root', 'cwd'):
        match = re.search(rf'^{name} (\S+) (\S+)$', said, re.MULTILINE)
        if not match or match[1] != match[2]:
            yield f"plymouthd's {name} is not the real root: {said!r}"
    match = re.search(r'started (\d+) before (\d+)', said)
    if not match or int(match[1]) >= int(match[2]):
        yield f'plymouthd was not started by the initramfs: {said!r}'


def by_pintle(boot):
    """The report is of a switch that pintle made."""
    way = boot.report()['switch']['strategy']
    wanted = 'direct' if boot.kernel.version >= (7, 0) else 'anchored'
    if way != wanted:
        yield f'the switch was {way}, not {wanted}'


def helper_lives(boot):
    """The helper of the image runs, and stands in the real root."""
    found = [p for p in boot.facts['processes'] if p['comm'] == 'sleep']
    if len(found) != 1:
        yield f'{len(found)} processes are called sleep'
    for process in found:
        for end in ('root', 'cwd'):
            if not checks.same(process[end], boot.facts['root']):
                yield f'its {end} is {checks.show(process[end])}'


def untouched(boot):
    """Nobody of this name had anything to do with this boot."""
    if boot.facts['report'] is not None:
        yield 'there is a report'


def has_pintle(image):
    """Does its list say so?"""
    names = image.with_name(image.name + '.list').read_text()
    # Of programs pintle's own has none but itself.
    if len(names.split()) < (20 if image.name == 'kernel' else 100):
        raise ValueError(f'the list of {image} is not one: {names!r}')
    return 'pintle' in names


def holds(suite, removed, form):
    """Who has pintle in it, what purging left, what failures did."""
    def listed(_):
        where = made(suite)
        if not removed and not has_pintle(where / form):
            yield 'there is no pintle in the image'
        # Not each of these is booted.
        if form != 'kernel' and has_pintle(where / 'removed' / form):
            yield 'there is a pintle in the image after it was removed'
        for name in (where / 'removed' / 'trace').read_text().split():
            yield f'the purged package left {name}'
        lines = (where / 'kept').read_text().split('\n')[:-1]
        if len(lines) != 4:
            yield f'four builds were to fail: {lines}'
        for line in lines:
            if not line.endswith(', the image before is there'):
                yield f'a build of an image that {line}'
    return listed


# generator -> (what the kernel's log says, checks)
DONE = 'pintle: {}: [a-z]+ switch done'
FORMS = {
    'initramfs-tools': ((DONE.format('run-init'),), (by_pintle,)),
    'dracut': ((DONE.format('switch_root'),), (by_pintle,)),
    'dracut-systemd': ((r'pintle: migrate: \d+ pintle: moved by signal',
                        r'pintle: migrate: \d+ sleep: moved by '),
                       (helper_lives,)),
    'kernel': ((), (by_pintle,)),
}
# Booted without the package to the end: each form once, each Debian once. The
# others as far as the real root, where the switch has ended.
REMOVED = (('bookworm', 'initramfs-tools'), ('bookworm', 'dracut'),
           ('trixie', 'dracut-systemd'))
# And with it.
TO_MULTI_USER = {'testing': ('dracut-systemd',)}
# What those are asked: it is not pintle that they are to arrive by.
ROOT = (checks.is_pid_1, checks.pid_1_in_root,
        checks.root_mount('ext4', '/dev/vda'))
# In one Debian alone: the image is ours, whatever is around it.
ONCE = {'kernel': 'trixie'}


def rows():
    """Each Debian by each generator; then without the package."""
    yield from on_buses()
    for suite, series in SUITES.items():
        for form, (says, also) in FORMS.items():
            if ONCE.get(form, suite) != suite:
                continue
            yield row(suite, series, form, '', says, also)
            if form != 'kernel':
                yield row(suite, series, form, 'removed', (), (untouched,))
    # There, dracut's image without systemd has no switch_root but pintle. So it
    # does not boot after the package was removed, nor before it was installed.
    # The real system is the same in all: one boot shows how it goes on.
    for form, (says, also) in FORMS.items():
        if form not in ONCE:
            yield row(*NEXT, form, '', says, also)


# The root's device there; the kernel for real machines, as the cloud's have
# neither USB nor SD hosts.
BUSES = {'virtio': '/dev/vda', 'scsi': '/dev/sda', 'nvme': '/dev/nvme0n1',
         'ahci': '/dev/sda', 'usb': '/dev/sda', 'sd': '/dev/mmcblk0'}
GENERIC = dict(modules=(), kind='generic', compress='zstd')
# The older Debian is asked about the usual one, and about those whose drivers
# ask more of its udev.
NEWEST, OWN_NAMES = 'trixie', ('virtio', 'usb', 'sd')


def on_buses():
    """Debian on each bus: one kernel and one image for all of them.

    To multi-user they go above and in debian.py, on virtio; here their own
    systemd and udev have the root, which is what a bus can spoil.
    """
    for suite in SUITES:
        for bus, device in BUSES.items():
            if suite != NEWEST and bus not in OWN_NAMES:
                continue
            yield Row(f'vm/6.1/debian{NUMBERS[suite]}-on-{bus}', '6.1-full',
                      EARLY_CMDLINE,
                      disks=[disk(bus, image=functools.partial(root, suite, ''))],
                      initramfs=GENERIC,
                      checks=(early(suite, device), by_pintle,
                              checks.root_mount('ext4', device)),
                      memory=512, silence=60, total=120, weight=15,
                      fetches=(functools.partial(made, suite),))


EARLY_CMDLINE = ('root=LABEL=pintle-root ro systemd.show_status=0 '
                 'mitigations=off module_blacklist=kvm,kvm_amd '
                 'systemd.unit=embed-early.service landing.cat=/run/ended')


def early(suite, device):
    """The Debian that is meant, by its own systemd and udev."""
    wanted = [f'debian {NUMBERS[suite]}', 'local-fs active',
              'pid 1 /usr/lib/systemd/systemd', f'label {device}']

    def set_up(boot):
        said = text_of(boot, '/run/ended').split('\n')[:-1]
        if said != wanted:
            yield f'it says {said}'
    return set_up


def row(suite, series, form, removed, says, also):
    """One boot."""
    def image():
        return made(suite) / removed / form
    whole = ((suite, form) in REMOVED if removed
             else form in TO_MULTI_USER.get(suite, FORMS))
    name = f'debian{NUMBERS[suite]}-{form}' + (removed and '-removed')
    return Row(f'vm/{series}/{name}', series,
               CMDLINE + (TO_THE_END if whole else TO_THE_ROOT),
               disks=[disk(image=lambda: root(suite, removed))],
               image=image,
               says=says, never=(r'pintle: ',) if removed else (),
               checks=((settled, splash_lives) if whole else ROOT) +
               (holds(suite, removed, form),) + also,
               memory=1024, silence=100, total=200,
               fetches=(functools.partial(made, suite),),
               weight=(100 if suite == NEXT[0] else 60) if whole else 15)
