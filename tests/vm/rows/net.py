# SPDX-License-Identifier: MIT
"""A root on NFS: a second machine serves it, over a cable between the two."""
import checks
import images
from scenario import Row, disk

SERVER = '10.0.5.1'

# Answers DHCP, then serves /srv/root, read-only, and says so. The period of
# grace, for clients of before its start, would keep new ones waiting.
SERVING = f'''#!/bin/busybox sh
export PATH=/usr/sbin:/sbin:/usr/bin:/bin
/bin/busybox --install -s /bin
ifconfig lo 127.0.0.1 up
ifconfig eth0 {SERVER} netmask 255.255.255.0 up
mount -t tmpfs tmpfs /var
>/var/leases
udhcpd /etc/udhcpd.conf
mount -t nfsd nfsd /proc/fs/nfsd
mkdir -p /var/lib/nfs/v4recovery /run/rpcbind
touch /var/lib/nfs/etab /var/lib/nfs/rmtab
echo 10 >/proc/fs/nfsd/nfsv4gracetime
rpcbind
rpc.mountd
exportfs -i -o ro,no_root_squash,no_subtree_check '10.0.5.0/24:/srv/root'
rpc.nfsd 2
echo Y >/proc/fs/nfsd/v4_end_grace
echo '<3>the server is up' >/dev/kmsg
exec sleep 100000
'''.encode()

DHCP = f'''interface eth0
static_lease 52:54:00:00:00:00 10.0.5.9
lease_file /var/leases
opt subnet 255.255.255.0
opt rootpath {SERVER}:/srv/root
'''.encode()

PROGRAMS = ('/sbin/rpcbind', '/usr/sbin/rpc.mountd', '/usr/sbin/rpc.nfsd',
            '/usr/sbin/exportfs')
# What glibc reads to know protocols by name.
TABLES = ('/etc/netconfig', '/etc/services', '/etc/protocols', '/etc/rpc')


def serving():
    """The server's disk."""
    tree = images.debian(('netbase', 'nfs-kernel-server', 'rpcbind'))
    files = {}
    for name in PROGRAMS:
        files.update(images.with_libraries(name, tree))
    files.update({name: (0o644, (tree / name[1:]).read_bytes())
                  for name in TABLES})
    files.update({
        '/bin/busybox': images.busybox(), '/sbin/init': SERVING,
        '/etc/udhcpd.conf': (0o644, DHCP), '/etc/exports': (0o644, b''),
        '/etc/passwd': (0o644, b'root:x:0:0::/:/bin/sh\n'
                        b'_rpc:x:1:65534::/:/bin/sh\n'),
        '/etc/group': (0o644, b'root:x:0:\n'), '/var': None,
        '/etc/nsswitch.conf': (0o644, b'rpc: files\nservices: files\n')})
    for name in images.DIRECTORIES:
        files[f'/srv/root/{name}'] = None
    files['/srv/root/sbin/init'] = images.program('landing')
    return images.root(init=None, files=files, megabytes=64)


def server(at=None):
    """A machine that serves the root, once the console of the other says `at`
    """
    def machine():
        kernel = images.kernel('6.1')
        return dict(kernel=kernel.vmlinux, cmdline='root=/dev/vda rw', at=at,
                    disks=[disk(image=serving)],
                    initramfs=images.initramfs(
                        kernel, ('virtio_pci', 'virtio_blk', 'virtio_net',
                                 'ext4', 'nfsd')))
    return machine


MODULES = ('virtio_pci', 'virtio_net')
DRIVERLESS = (r'no driver: virtio virtio\d, virtio:d00000001v00001AF4: add '
              r"--kind generic -m 'virtio_net' to the image")


def client():
    """An image that boots from it."""
    return dict(modules=MODULES, programs=('--with-nfs',),
                tree=images.debian(('busybox-static', 'klibc-utils',
                                    'util-linux')))


STATIC = f'ip=10.0.5.9:{SERVER}::255.255.255.0:landed:eth0:off'
GENERIC = dict(modules=(), kind='generic', compress='zstd')

# name: kernels, kernel parameters, what the image has besides, when the server
# is started, type and options it is mounted with, who said what
SERVED = {
    # Nobody says more than that it is NFS: DHCP does.
    'v4-dhcp': (('6.1',), 'root=/dev/nfs nfsroot=auto', GENERIC, None,
                'nfs4', ('ro', 'vers=4.2'), ()),
    # A first directory, of which no version is said, is not there.
    'v4': (('7',), f'root=/dev/nfs,nfs:{SERVER}:/srv/root:vers=4.1,noatime rw '
           f'ip=eth0:dhcp nfsroot={SERVER}:/srv/wrong', {}, None,
           'nfs4', ('rw', 'noatime', 'vers=4.1'),
           (rf"pintle: root: mount '{SERVER}:/srv/wrong' as nfs: No such file or "
            rf"directory, trying 'nfs:{SERVER}:/srv/root:vers=4.1,noatime'",)),
    'v3-server-late': (
        ('6.1', '7'),
        f'root=/dev/nfs nfsroot=/srv/root,vers=3,nodev,noac {STATIC}', {},
        r"pintle: root: waiting for 'mount ", 'nfs',
        ('ro', 'vers=3', 'nolock', 'nodev', 'noac'),
        (rf"pintle: root: waiting for 'mount {SERVER}:/srv/root: its server.*', "
         'up to 120 s',)),
}

# name: kernel parameters, QEMU's network, the end
FAILED = {
    # with a card, but in an image that has no driver for it
    'no-interface': ('root=/dev/nfs rd.timeout=1', {},
                     r"configure the network, ip=dhcp: a network interface: it "
                     r'did not come within 1 s'),
    'no-link': ('root=10.0.5.1:/srv ip=:::::eth0:dhcp rd.timeout=4',
                dict(unplugged=True),
                r'configure the network, ip=:::::eth0:dhcp: a link, as of a '
                r'cable: it did not come within 4 s'),
    # what PXE says names the interface
    'no-dhcp': ('root=nfs:/srv rd.timeout=4 BOOTIF=01-52-54-00-00-00-00', {},
                r'configure the network, ip=:::::eth0:dhcp: an answer by DHCP: '
                r'it did not come within 4 s'),
    'no-server': (f'root=nfs4:{SERVER}:/srv rd.timeout=10 {STATIC}', {},
                  rf"mount '{SERVER}:/srv' as nfs: (its server does not "
                  r'answer|No route to host), for 10 s'),
    # the server of the first root is a name, and the second has no interface
    'no-address': ('root=/dev/nfs,nfs:/srv nfsroot=server:/srv ip=eth7 '
                   'rd.timeout=1 rd.emergency=poweroff', {},
                   r"read 'server:/srv': its server is not an IPv4 address, "
                   "trying 'nfs:/srv'",
                   r'configure the network, ip=:::::eth7:dhcp: a network '
                   r'interface eth7: it did not come within 1 s; the interfaces '
                   r'are: eth0',
                   r'switching off \(rd.emergency=\)'),
}


def configured(boot):
    """What ipconfig found is left for the real system."""
    text = next(f['text'] for f in boot.facts['files']
                if f['path'] == '/run/net-eth0.conf')
    if f"ROOTSERVER='{SERVER}'\n" not in (text or ''):
        yield f'/run/net-eth0.conf is {text!r}'


def rows():
    """Boots from a server, and boots that look for one in vain."""
    for name, (kernels, words, image, at, fstype, options,
               says) in SERVED.items():
        for series in kernels:
            yield Row(
                f'vm/{series}/net-nfs-{name}', series,
                f'{words} rd.timeout=120 landing.cat=/run/net-eth0.conf',
                disks=[], server=server(at), fetches=(client, serving),
                initramfs=lambda image=image: dict(client(), **image),
                weight=12, silence=40, total=120, says=says, memory=512,
                checks=checks.ARRIVED + (configured, checks.root_mount(
                    fstype, f'{SERVER}:/srv/root', options)))
    for name, (words, network, *sentences) in FAILED.items():
        bare = name == 'no-interface'
        yield Row(f'vm/7/net-nfs-{name}', '7', words, disks=[], server=network,
                  fetches=(client,),
                  initramfs=lambda bare=bare: dict(
                      client(), **dict(modules=MODULES[:1]) if bare else {}),
                  kind='powered-off' if 'poweroff' in words else 'reset',
                  weight=6, memory=512,
                  says=tuple(f'pintle: (device|root): {sentence}'
                             for sentence in sentences) +
                  (f'wanted: {words.split()[0][5:]}',) +
                  ((DRIVERLESS,) if bare else ()),
                  never=('no block device',))
