# SPDX-License-Identifier: MIT
"""Programs of Debian that tests/matrix moves from one root to another.

Each row says how the program is started, what a client asks it, and what the
answer looks like. In the answer, "%w" stands for what the file /srv/where holds:
"old" in the old root and "new" in the new one, so that such a program shows where
it looks up names.

prep   commands that are run in both roots beforehand; $where is old or new
beside commands that are run in the old root beforehand and go on
start  commands of the shell, the last of which begins with exec; the program
       has to stay in the foreground. Without exec, it starts by itself behind
       a guardian
ask    commands of a client
once   the client can ask only once: it is not asked before the move
early  the client has to be in the old root, because the program's mounts are
       seen only there until the switch
"""
import collections

Program = collections.namedtuple(
    'Program', 'name package prep beside start ask answer once early limit ways')
WAYS = ('named', 'helper', 'switch')


def program(name, package, start, ask, answer, prep='', beside='', once=False,
            early=False, limit=30, ways=WAYS):
    """A row; what most have is left out."""
    return Program(name, package, prep, beside, start, ask, answer, once, early,
                   limit, ways)


def curl(port, path='where', options=''):
    """A client of a web server."""
    return f'curl -s -m 5 {options} http://127.0.0.1:{port}/{path}'


def says(port, words):
    """A client that sends words and prints what comes back."""
    return f"printf '{words}' | nc -q 1 -w 3 127.0.0.1 {port}"


WHERE = r'^%w$'
FILE = 'truncate -s 8M /srv/disk'
FUSE = 'busybox cat /run/mnt/where'
WRITE = ('busybox grep -q " /run/mnt " /proc/mounts && cp /srv/where '
         '/run/mnt/told && rm /run/mnt/told && echo written')
MOUNTED = 'mkdir -p /run/mnt; '
TREE = 'mkdir -p /srv/tree; cp /srv/where /srv/tree; '
DBUS = ('mkdir -p /run/dbus; '
        'dbus-daemon --system --nofork --nopidfile & sleep 0.5; ')
LIGHTTPD = '''cat >/etc/lighttpd.conf <<END
server.document-root = "/srv"
server.port = 8080
END
'''
NEEDED = 'setuid,+setgid,+sys_chroot,+net_bind_service,+dac_override'

# What the trees have that tests/run uses anyhow: see TREES below.
SHORT = (
    program('busybox httpd', 'busybox-static',
            'exec busybox httpd -f -p 8080 -h /srv',
            'busybox wget -q -O - http://127.0.0.1:8080/where', WHERE),
    program('rpcbind', 'rpcbind', 'exec rpcbind -f -w', 'rpcinfo -p',
            'portmapper'),
    # As the hooks of other generators have it started: initramfs/lib/guard.
    program('rpcbind of HELPERS', 'rpcbind', 'rpcbind -w', 'rpcinfo -p',
            'portmapper', prep='sh /matrix/guard / /matrix/pintle rpcbind',
            ways=('helper',)),
    program('lvmpolld', 'lvm2',
            'mkdir -p /run/lvm; exec lvmpolld -f -t 0',
            'lvmpolld --dump', 'polling operations'),
    program('lvmpolld, own mounts', 'lvm2', 'mkdir -p /run/lvm; '
            'exec busybox unshare -m lvmpolld -f -t 0',
            'lvmpolld --dump', 'polling operations', ways=('helper',)),
    program('plymouthd', 'plymouth',
            'exec plymouthd --no-daemon --mode=boot --tty=/dev/null',
            'plymouth --ping && echo pong', 'pong'),
    program('cryptsetup at its question', 'cryptsetup-bin',
            'mkfifo /run/key; exec cryptsetup open --test-passphrase '
            '--key-file /run/key /srv/disk',
            'printf secret >/run/key; while busybox pidof cryptsetup; do '
            'busybox sleep 0.1; done; echo done', 'done',
            prep=FILE + '; printf secret | cryptsetup luksFormat -q --pbkdf '
            'pbkdf2 --pbkdf-force-iterations 1000 --key-file - /srv/disk',
            once=True),
    program('fuse2fs', 'fuse2fs', MOUNTED + 'exec fuse2fs -f /srv/disk /run/mnt',
            WRITE, 'written', early=True, prep=FILE + '; busybox mke2fs -F /srv/disk >/dev/null'),
)

LONG = SHORT + (
    program('dbus-daemon', 'dbus', 'mkdir -p /run/dbus; '
            'exec dbus-daemon --system --nofork --nopidfile',
            'dbus-send --system --print-reply --dest=org.freedesktop.DBus / '
            'org.freedesktop.DBus.GetId', 'string "'),
    program('dbus-daemon of HELPERS', 'dbus',
            'mkdir -p /run/dbus; dbus-daemon --system --fork',
            'dbus-send --system --print-reply --dest=org.freedesktop.DBus / '
            'org.freedesktop.DBus.GetId', 'string "',
            prep='sh /matrix/guard / /matrix/pintle dbus-daemon',
            ways=('helper',)),
    program('redis', 'redis-server',
            'exec redis-server --dir /srv --save "" --logfile /dev/null',
            'redis-cli set key 7 && redis-cli save && test -s /srv/dump.rdb && '
            'rm /srv/dump.rdb && echo saved', 'saved'),
    program('redis in /run', 'redis-server', 'mkdir -p /run/rd; '
            'exec redis-server --dir /run/rd --save "" --logfile /dev/null',
            'redis-cli save && test -s /run/rd/dump.rdb && rm /run/rd/dump.rdb '
            '&& echo saved', 'saved'),
    program('postgres', 'postgresql-15', 'mkdir -p /run/postgresql; '
            'chown postgres: /run/postgresql; exec setpriv --reuid postgres '
            '--regid postgres --clear-groups /usr/lib/postgresql/15/bin/postgres'
            ' -D /srv/pg', 'setpriv --reuid postgres --regid postgres '
            "--clear-groups psql -Atc 'select 6*7'", '^42$',
            prep='mkdir /srv/pg; chown postgres: /srv/pg; setpriv --reuid '
            'postgres --regid postgres --clear-groups '
            '/usr/lib/postgresql/15/bin/initdb -N -D /srv/pg'),
    program('mariadbd', 'mariadb-server', 'mkdir -p /run/mysqld; '
            'chown mysql: /run/mysqld; exec mariadbd --user=mysql',
            "mariadb -Ne 'select 6*7'", '^42$', limit=60),
    program('nginx', 'nginx-light',
            "exec nginx -c /etc/nginx.conf -g 'daemon off;'", curl(80), WHERE,
            prep='echo "events{} http{server{listen 80; root /srv;}}" '
            '>/etc/nginx.conf; mkdir -p /var/log/nginx'),
    program('apache2', 'apache2', 'mkdir -p /run/apache2 /run/lock; '
            '. /etc/apache2/envvars; exec apache2 -DFOREGROUND', curl(80), WHERE,
            prep='sed -i "s,/var/www/html,/srv," '
            '/etc/apache2/sites-enabled/000-default.conf; '
            'sed -i "s,/var/www/,/srv/," /etc/apache2/apache2.conf'),
    program('lighttpd', 'lighttpd', 'exec lighttpd -D -f /etc/lighttpd.conf',
            curl(8080), WHERE, prep=LIGHTTPD),
    program('lighttpd, few capabilities', 'lighttpd',
            f'exec setpriv --bounding-set=-all,+{NEEDED} lighttpd -D '
            '-f /etc/lighttpd.conf', curl(8080), WHERE, prep=LIGHTTPD),
    program('lighttpd, own mounts', 'lighttpd',
            'exec unshare -m lighttpd -D -f /etc/lighttpd.conf', curl(8080),
            WHERE, prep=LIGHTTPD),
    program('lighttpd as nobody', 'lighttpd',
            'exec setpriv --reuid 65534 --regid 65534 --clear-groups '
            '--inh-caps=-all lighttpd -D -f /etc/lighttpd.conf', curl(8080),
            WHERE, prep=LIGHTTPD),
    program('lighttpd, traced', 'lighttpd',
            'exec strace -qq -o /dev/null lighttpd -D -f /etc/lighttpd.conf',
            curl(8080), WHERE, prep=LIGHTTPD),
    program('haproxy', 'haproxy', 'exec haproxy -W -f /etc/haproxy.conf',
            curl(8081, ''), 'answered', prep='''mkdir -p /var/lib/haproxy
cat >/etc/haproxy.conf <<END
global
	chroot /var/lib/haproxy
	user haproxy
	group haproxy
defaults
	mode http
	timeout client 5s
	timeout server 5s
	timeout connect 5s
frontend f
	bind :8081
	http-request return status 200 content-type text/plain string answered
END
'''),
    program('squid', 'squid', 'exec squid -N -f /etc/squid.min',
            'curl -s -m 5 -o /dev/null -w "%{http_code}" '
            'http://127.0.0.1:3128/squid-internal-mgr/info', '200',
            prep='printf "http_port 3128\\nhttp_access allow all\\n'
            'visible_hostname x\\npinger_enable off\\ncache_log /dev/null\\n'
            'access_log none\\npid_filename none\\n" >/etc/squid.min'),
    program('varnishd', 'varnish',
            'exec varnishd -F -a :6081 -b none -n /run/varnish',
            'curl -s -m 5 -i http://127.0.0.1:6081/', 'Varnish', limit=60),
    program('tinyproxy', 'tinyproxy', 'mkdir -p /run/tinyproxy; '
            'exec tinyproxy -d -c /etc/tinyproxy.min',
            curl(8888, '', '-H "Host: tinyproxy.stats"'), 'inyproxy',
            prep='printf "Port 8888\\nTimeout 60\\nMaxClients 10\\n" '
            '>/etc/tinyproxy.min'),
    program('stunnel', 'stunnel4', 'exec stunnel /etc/stunnel.conf',
            'curl -s -k -m 5 --http0.9 https://127.0.0.1:4433/', WHERE,
            prep='''openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=x \
 -keyout /etc/key.pem -out /etc/cert.pem 2>/dev/null
cat >/etc/stunnel.conf <<END
foreground = yes
pid =
[x]
accept = 4433
cert = /etc/cert.pem
key = /etc/key.pem
exec = /bin/cat
execArgs = cat /srv/where
END
'''),
    program('inetd', 'openbsd-inetd', 'exec inetd -i /etc/inetd.min',
            says(4444, ''), WHERE, prep='echo "4444 stream tcp nowait root '
            '/bin/cat cat /srv/where" >/etc/inetd.min'),
    program('socat', 'socat', 'exec socat TCP-LISTEN:5555,fork,reuseaddr '
            'EXEC:"cat /srv/where"', says(5555, ''), WHERE),
    program('tang', 'tang', 'exec socat TCP-LISTEN:7500,fork,reuseaddr '
            'EXEC:"/usr/libexec/tangd /srv/tang"', curl(7500, 'adv'), 'payload',
            prep='mkdir -p /srv/tang; /usr/libexec/tangd-keygen /srv/tang'),
    program('rpc.statd', 'nfs-common', 'mkdir -p /run/rpcbind; '
            'exec rpc.statd -F --no-notify', 'rpcinfo -u 127.0.0.1 status',
            'ready and waiting', beside='rpcbind -w'),
    program('chronyd', 'chrony', 'mkdir -p /run/chrony; '
            'exec chronyd -d -x -f /etc/chrony.min', 'chronyc -n tracking',
            'Stratum *: 8', prep='echo "local stratum 8" >/etc/chrony.min'),
    program('chronyd as root', 'chrony', 'mkdir -p /run/chrony; '
            'exec chronyd -d -x -u root -f /etc/chrony.min',
            'chronyc -n tracking', 'Stratum *: 8',
            prep='echo "local stratum 8" >/etc/chrony.min'),
    program('dnsmasq', 'dnsmasq-base',
            'exec dnsmasq -k -p 53 -R -h -H /srv/hosts --local-ttl=1',
            'dig +short +time=2 @127.0.0.1 x.test', '192.0.2.1',
            prep='echo 192.0.2.1 x.test >/srv/hosts'),
    program('unbound', 'unbound', 'exec unbound -d -p -c /etc/unbound.min',
            'dig +short +time=2 @127.0.0.1 x.test', '192.0.2.1',
            prep='''cat >/etc/unbound.min <<END
server:
	chroot: ""
	use-syslog: no
	local-zone: "test." static
	local-data: "x.test. A 192.0.2.1"
END
'''),
    program('named', 'bind9', 'mkdir -p /run/named; chown bind: /run/named; '
            'exec named -f -u bind', 'dig +short +time=2 @127.0.0.1 '
            'version.bind chaos txt', '^"9'),
    program('systemd-resolved', 'systemd-resolved',
            'mkdir -p /run/systemd/resolve; chown systemd-resolve: '
            '/run/systemd/resolve; exec /lib/systemd/systemd-resolved',
            'dig +short +time=2 @127.0.0.53 localhost', '127.0.0.1'),
    program('systemd-networkd', 'systemd', 'mkdir -p /run/systemd/netif/links '
            '/run/systemd/netif/leases /run/systemd/netif/lldp; '
            'chown -R systemd-network: /run/systemd/netif; '
            'exec /lib/systemd/systemd-networkd', 'networkctl --no-pager list',
            'lo +loopback', beside=DBUS),
    program('systemd-udevd', 'udev', 'exec /lib/systemd/systemd-udevd',
            'udevadm control --ping && echo pong', 'pong'),
    program('systemd-journald', 'systemd', 'mkdir -p /run/systemd/journal; '
            'exec /lib/systemd/systemd-journald',
            'logger -u /run/systemd/journal/dev-log said-so; '
            'journalctl --sync; journalctl -q -n 3 -o cat', 'said-so',
            prep='mkdir -p /var/log/journal'),
    program('sshd', 'openssh-server', 'mkdir -p /run/sshd; '
            'exec /usr/sbin/sshd -D -e', 'ssh-keyscan -T 5 127.0.0.1 '
            '2>/dev/null', 'ssh-ed25519', prep='ssh-keygen -A'),
    program('dropbear', 'dropbear-bin', 'exec dropbear -F -E -R -p 2222',
            'ssh -p 2222 -i /etc/id -o BatchMode=yes -o '
            'StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null '
            'root@127.0.0.1 cat /srv/where 2>/dev/null', WHERE,
            prep='mkdir -p /etc/dropbear ~/.ssh; chmod 700 ~ ~/.ssh; '
            'printf %s "$KEY" >/etc/id; chmod 600 /etc/id; ssh-keygen -y -f '
            '/etc/id >~/.ssh/authorized_keys'),
    program('ssh-agent', 'openssh-client', 'exec ssh-agent -D -a /run/agent',
            'SSH_AUTH_SOCK=/run/agent ssh-add -l', 'no identities'),
    program('smbd', 'samba', 'mkdir -p /run/samba; '
            'exec smbd -F --no-process-group -s /etc/smb.min',
            "smbclient -N //127.0.0.1/srv -c 'get where -' 2>/dev/null", '^%w',
            prep='printf "[global]\\nmap to guest = bad user\\nload printers = '
            'no\\n[srv]\\npath = /srv\\nguest ok = yes\\n" >/etc/smb.min'),
    program('mosquitto', 'mosquitto', 'exec mosquitto -c /etc/mosquitto.min',
            'mosquitto_pub -r -t a -m told && mosquitto_sub -t a -C 1 -W 3',
            'told', prep='printf "listener 1883\\nallow_anonymous true\\n" '
            '>/etc/mosquitto.min'),
    program('memcached', 'memcached', 'exec memcached -u root',
            says(11211, r'stats\r\nquit\r\n'), 'STAT pid'),
    program('memcached, 100 threads', 'memcached',
            'exec memcached -u root -t 100', says(11211, r'stats\r\nquit\r\n'),
            'STAT threads 100'),
    program('memcached, 32 bits', 'memcached:i386',
            'exec memcached.i386 -u root', says(11211, r'stats\r\nquit\r\n'),
            'STAT pointer_size 32'),
    program('dropbear, 32 bits', 'dropbear-bin:i386',
            'exec dropbear.i386 -F -E -R -p 2222',
            'ssh-keyscan -p 2222 -T 5 127.0.0.1 2>/dev/null', 'ssh-ed25519',
            prep='mkdir -p /etc/dropbear'),
    program('beanstalkd', 'beanstalkd', 'exec beanstalkd -l 127.0.0.1',
            says(11300, r'stats\r\nquit\r\n'), 'current-jobs-ready'),
    program('rsyslogd', 'rsyslog', 'exec rsyslogd -n -f /etc/rsyslog.min -i NONE',
            'test -S /run/devlog && pkill -HUP -x rsyslogd; sleep 0.3; logger -u /run/devlog '
            'said-so; sleep 0.3; tail -n 1 /srv/log', 'said-so',
            prep='''cat >/etc/rsyslog.min <<END
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="/run/devlog")
action(type="omfile" file="/srv/log")
END
'''),
    program('cron', 'cron', 'exec cron -f', 'rm -f /run/cron.out; '
            'until test -s /run/cron.out; do sleep 1; done; cat /run/cron.out',
            WHERE, prep='echo "* * * * * root cat /srv/where >/run/cron.out" '
            '>/etc/cron.d/matrix', once=True, limit=80),
    program('atd', 'at', 'exec atd -f', 'rm -f /run/at.out; '
            'echo "cat /srv/where >/run/at.out" | at now 2>/dev/null; '
            'for i in 1 2 3 4 5; do test -s /run/at.out && break; sleep 1; done;'
            ' cat /run/at.out', WHERE),
    program('haveged', 'haveged', 'exec haveged -F -w 1024',
            'busybox pidof haveged', '^[0-9]+$'),
    program('rngd', 'rng-tools5', 'exec rngd -f -r /dev/urandom',
            'busybox pidof rngd', '^[0-9]+$'),
    program('tgtd', 'tgt', 'exec tgtd -f', 'tgtadm --mode target --op new --tid 1'
            ' -T iqn.2026-01.x:y; tgtadm --mode target --op show',
            'iqn.2026-01.x:y'),
    program('nbd-server', 'nbd-server', 'exec nbd-server -d -C /etc/nbd.min',
            'nbd-client -l 127.0.0.1 2>&1', '^disk',
            prep=FILE + '; printf "[generic]\\nallowlist = true\\n[disk]\\n'
            'exportname = /srv/disk\\n" >/etc/nbd.min'),
    program('qemu-nbd', 'qemu-utils',
            'exec qemu-nbd -f raw -x e -p 10810 -t /srv/disk',
            'qemu-img info nbd://127.0.0.1:10810/e', 'virtual size: 8 MiB',
            prep=FILE),
    program('qemu-system', 'qemu-system-x86', 'exec qemu-system-x86_64 -M none '
            '-display none -qmp unix:/run/qmp,server=on,wait=off',
            """printf '{"execute":"qmp_capabilities"}{"execute":"query-status"}'"""
            ' | socat -t 2 - UNIX-CONNECT:/run/qmp', '"running": true'),
    program('sshfs', 'sshfs', MOUNTED + 'exec sshfs -f -o '
            'ssh_command=/srv/over,dir_cache=no x:/srv /run/mnt', FUSE,
            '^(old|new)$', early=True, prep='printf "#!/bin/sh\\nexec '
            '/usr/lib/openssh/sftp-server\\n" >/srv/over; chmod 755 /srv/over'),
    program('ntfs-3g', 'ntfs-3g', MOUNTED +
            'exec ntfs-3g -o no_detach /srv/disk /run/mnt',
            WRITE, 'written', early=True, prep=FILE + '; mkntfs -qQF /srv/disk'),
    program('squashfuse', 'squashfuse',
            MOUNTED + 'exec squashfuse -f /srv/image /run/mnt', FUSE, '^old$',
            prep=TREE + 'echo old >/srv/tree/where; mksquashfs /srv/tree /srv/image -quiet', early=True),
    program('fuse-overlayfs', 'fuse-overlayfs', MOUNTED + 'exec fuse-overlayfs -f'
            ' -o lowerdir=/srv/tree,upperdir=/srv/up,workdir=/srv/work /run/mnt',
            FUSE, '^(old|new)$', early=True, prep=TREE +
            'mkdir /srv/up /srv/work'),
    program('bindfs', 'bindfs', MOUNTED + 'exec bindfs -f /srv /run/mnt', FUSE,
            '^(old|new)$', early=True),
    program('wpa_supplicant', 'wpasupplicant',
            'exec wpa_supplicant -g /run/wpa-global',
            'wpa_cli -g /run/wpa-global ping', 'PONG'),
    program('lldpd', 'lldpd', 'exec lldpd -d', 'lldpcli show chassis', 'Chassis'),
    program('avahi-daemon', 'avahi-daemon', 'exec avahi-daemon --no-rlimits',
            'echo HELP | socat -t 2 - UNIX-CONNECT:/run/avahi-daemon/socket',
            'Available commands', prep='sed -i "s/.*enable-dbus=.*/'
            'enable-dbus=no/" /etc/avahi/avahi-daemon.conf'),
    program('slapd', 'slapd', 'mkdir -p /run/slapd; exec slapd -d 0 -h ldap:///'
            ' -F /etc/ldap/slapd.d', "ldapsearch -x -LLL -s base -b '' "
            'namingContexts', '^dn:'),
    program('snmpd', 'snmpd', 'exec snmpd -f -Ln -C -c /etc/snmpd.min',
            'snmpget -v2c -c x -Oqv 127.0.0.1 1.3.6.1.2.1.1.3.0', ':',
            prep='printf "agentaddress udp:161\\nrocommunity x\\n" '
            '>/etc/snmpd.min'),
    program('postfix', 'postfix', 'exec postfix start-fg', says(25, r'QUIT\r\n'),
            '^220', limit=60, prep='postconf -e inet_interfaces=loopback-only '
            'compatibility_level=3.6 myhostname=x.test mydestination=x.test '
            'maillog_file=/dev/stdout'),
    program('dovecot', 'dovecot-imapd', 'exec dovecot -F',
            says(143, r'a LOGOUT\r\n'), 'OK'),
    program('vsftpd', 'vsftpd', 'exec vsftpd /etc/vsftpd.min',
            'curl -s -m 5 ftp://127.0.0.1/where', WHERE,
            prep='mkdir -p /run/vsftpd/empty /var/run/vsftpd/empty; printf "'
            'listen=YES\\nanonymous_enable=YES\\nanon_root=/srv\\n" '
            '>/etc/vsftpd.min'),
    program('iperf3', 'iperf3', 'exec iperf3 -s',
            'iperf3 -c 127.0.0.1 -n 100K', 'iperf Done'),
    program('uwsgi', 'uwsgi-core', 'exec uwsgi --http-socket :9090 --plugin '
            'python3 --wsgi-file /srv/app.py', curl(9090, ''), WHERE, prep=
            '''cat >/srv/app.py <<END
def application(environ, start):
    start("200 OK", [])
    return [open("/srv/where", "rb").read()]
END
'''),
    program('python3', 'python3', 'exec python3 -m http.server 8000 -d /srv',
            curl(8000), WHERE),
    program('ruby', 'ruby', '''exec ruby -rsocket -e '
server = TCPServer.new(5001)
loop { c = server.accept; c.write(File.read("/srv/where")); c.close }' ''',
            says(5001, ''), WHERE),
    program('perl', 'perl', '''exec perl -MIO::Socket -e '
$s = IO::Socket::INET->new(LocalPort => 5002, Listen => 5, ReuseAddr => 1);
while ($c = $s->accept) { open F, "/srv/where"; print $c <F>; close $c }' ''',
            says(5002, ''), WHERE),
    program('php', 'php-cli', 'exec php -S 127.0.0.1:8001 -t /srv', curl(8001),
            WHERE),
    program('node', 'nodejs', '''exec node -e '
const fs = require("fs");
require("http").createServer((q, a) =>
	fs.readFile("/srv/where", (e, t) => a.end(t))).listen(8002);' ''',
            curl(8002), WHERE),
    program('Go: websocketd', 'websocketd',
            'exec websocketd --port=8003 --staticdir=/srv', curl(8003), WHERE),
    program('Go: node_exporter', 'prometheus-node-exporter',
            'exec prometheus-node-exporter', curl(9100, 'metrics'),
            'go_goroutines'),
    program('Java: rmiregistry', 'openjdk-17-jre-headless',
            'exec /usr/lib/jvm/java-17-openjdk-amd64/bin/rmiregistry 1099',
            r"printf 'JRMI\0\2\113' | busybox timeout 2 nc 127.0.0.1 1099 | "
            'od -An -tx1 | head -n 1', '4e 00', limit=60),
    program('screen', 'screen', 'mkdir -p /run/screen; chmod 777 /run/screen; '
            'export SCREENDIR=/run/scr; mkdir -m 700 /run/scr; '
            'exec screen -D -m -S x sh', 'rm -f /run/out; export SCREENDIR='
            "/run/scr; screen -S x -X screen sh -c 'cat /srv/where >/run/out'; "
            'for i in 1 2 3 4; do test -s /run/out && break; sleep 0.5; done; '
            'cat /run/out', WHERE),
    program('busybox httpd in a jail', 'busybox-static',
            'exec chroot /srv/jail /busybox httpd -f -p 8080 -h /',
            curl(8080), WHERE, prep='mkdir -p /srv/jail; cp /srv/where '
            '/matrix/busybox /srv/jail'),
    program('virtiofsd', 'qemu-system-common', 'exec /usr/lib/qemu/virtiofsd '
            '--socket-path=/run/vfs -o source=/srv -o sandbox=chroot',
            'busybox pidof virtiofsd', '[0-9]'),
)


# What the Debian of the long form has, with the clients.
PACKAGES = '''
apache2 at avahi-daemon beanstalkd bind9 bind9-dnsutils bindfs
busybox-static chrony cron cryptsetup-bin curl dbus dnsmasq-base
dovecot-imapd dropbear-bin fuse-overlayfs fuse2fs haproxy haveged iperf3
iproute2 kmod ldap-utils lighttpd lldpd lvm2 mariadb-server
memcached mosquitto mosquitto-clients nbd-client nbd-server netcat-openbsd
nfs-common nginx-light nodejs ntfs-3g openbsd-inetd openjdk-17-jre-headless
openssh-client openssh-server perl php-cli plymouth postfix postgresql
procps prometheus-node-exporter python3 qemu-system-x86 qemu-utils
redis-server rng-tools5 rpcbind rsyslog ruby samba screen slapd smbclient
snmp snmpd socat squashfs-tools squashfuse squid sshfs strace stunnel4
systemd-resolved tang tgt tinyproxy udev unbound uwsgi-core
uwsgi-plugin-python3 varnish vsftpd websocketd wpasupplicant
'''
# And for i386, unpacked beside it.
PACKAGES_32 = 'dropbear-bin memcached'
# The Debian of the short form: trees that other rows need, too.
TREES = ('netbase nfs-kernel-server rpcbind',
         'busybox-static cryptsetup-bin lvm2 mdadm plymouth',
         'fuse2fs plymouth squashfuse')
