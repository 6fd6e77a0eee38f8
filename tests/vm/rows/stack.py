# SPDX-License-Identifier: MIT
"""A new root that is stacked on other file systems: is it made of the
initramfs? Then nothing may be deleted. All the ways to be made of it are in
unit/stack; here the initramfs is one, and is deleted where it may be."""
import os
import pathlib
import tempfile

import dropin
import images
from scenario import Row

# A mount whose line is longer than a page, on a place of 1,200 blanks.
LONG_LINE = '''S=$(printf '%200s' '')
mkdir -p "/deep/$S/$S/$S/$S/$S/$S"
mount -t tmpfs deep "/deep/$S/$S/$S/$S/$S/$S"
'''
# What the caller made of the new root, as a directory of the initramfs.
OWN = '''mkdir /l /up /up/u /up/w
cp -a $R/. /l
echo here >/l/etc/proof
umount $R
cd /
'''
LONG_PLACE = '''N=$(printf '%090d' 1)
R=/$N/$N/$N
mkdir -p $R
'''

# name: what the caller does, what pintle says of it
MADE_OF_IT = {
    'relative': (OWN + LONG_PLACE + 'mount -t overlay -o '
                 'lowerdir=l,upperdir=up/u,workdir=up/w new $R\n',
                 r"'\.\.\.' \(overlay\) is made of it"),
    'levels': (OWN + LONG_LINE + '''mkdir /mid /t
mount -t tmpfs t /t
mkdir /t/l /t/u /t/w
mount -t overlay -o lowerdir=/l:/t/l mid /mid
mount -t overlay -o lowerdir=/mid,upperdir=/t/u,workdir=/t/w new $R
umount -l /mid
''', r"'/new' \(overlay\) is made of it"),
    'below': ('''mkdir /l /up /up/u /up/w
echo here >/l/proof
mount -t overlay -o lowerdir=/l,upperdir=/up/u,workdir=/up/w below $R/etc
mount -t tmpfs l /l
''', r"'/new/etc' \(overlay\) is made of it"),
}
# The lower layer is in an image that the initramfs has; the other is a tmpfs.
IN_AN_IMAGE = LONG_LINE + '''umount $R
mkdir /lower /t
mount -t tmpfs t /t
mkdir /t/u /t/w
mknod /dev/loop0 b 7 0 2>/dev/null
mount -t squashfs -o loop,ro /image /lower
mount -t overlay -o lowerdir=/lower,upperdir=/t/u,workdir=/t/w new $R
'''
LOAD = '''while read -r module parameters; do
	insmod "$module" $parameters
done </etc/pintle/modules
'''


def rows():
    """The oldest kernel and the newest."""
    for series in ('6.1', '7'):
        for name, (prepare, why) in MADE_OF_IT.items():
            yield row(series, f'made-of-it-{name}', prepare,
                      says=('pintle: switch_root: free the initramfs: '
                            f'{why}, keeping all of it in memory',),
                      checks=(proof,))
        yield row(series, 'not-made-of-it', IN_AN_IMAGE, ballast_mb=16,
                  image=squashfs, words=dropin.WAIT,
                  never=('keeping all of it',),
                  checks=(proof, *dropin.FREED))


def row(series, name, prepare, image=None, ballast_mb=0, words='', **more):
    """A caller that makes the new root so, and switches."""
    script = (dropin.CALLER.format(root='/new') + LOAD + prepare +
              'cd /\nexec /tools/switch_root $R /sbin/init\n')
    wanted = dropin.initramfs(script, dropin.PINTLE, ballast_mb=ballast_mb)

    def initramfs():
        arguments = dict(wanted(), modules=('virtio_pci', 'overlay') + (
            ('loop', 'squashfs') if image else ()))
        if image:
            arguments['add'] += ((image(), '/image'),)
        return arguments
    more['checks'] += (dropin.new_root, *dropin.BASIC, *dropin.ALONE)
    return Row(f'vm/{series}/{name}', series,
               f'rdinit=/caller pintle.free=all landing.cat=/etc/proof {words}',
               initramfs=initramfs, memory=256, weight=5, silence=20,
               total=60, **more)


def squashfs():
    """A root with a file that nobody reads before the switch."""
    mksquashfs = images.need('mksquashfs', 'squashfs-tools')
    landing = images.program('landing')
    tree = {name: None for name in images.DIRECTORIES}
    tree.update({'/sbin/init': landing, '/etc/proof': b'here\n'})

    def make(path):
        with tempfile.TemporaryDirectory() as top:
            images.lay_out(pathlib.Path(top), tree)
            os.chmod(top, 0o755)
            images.run([mksquashfs, top, path, '-all-root', '-noappend'])
    return images.cached('.squashfs', make, 'proof 1', landing)


def proof(boot):
    """A file that the new root had before the switch is there after it."""
    text = dropin.cat(boot, '/etc/proof')
    if text != 'here\n':
        yield f'/etc/proof is {text!r}'
