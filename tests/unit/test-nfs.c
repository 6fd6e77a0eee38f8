/* SPDX-License-Identifier: MIT */
#include "root/nfs.h"

#include <errno.h>
#include <stdlib.h>

#include "base/fail.h"
#include "root/ipconfig.h"
#include "tap.h"

/* Which, as written: what is made of it; NULL: it is refused, "": no NFS. */
static const struct {
	const char *root, *nfsroot;
	const char *server, *path, *options;
} roots[] = {
	{ "/dev/nfs", "", "", "", "" },
	{ "/dev/nfs", "auto", "", "", "" },
	{ "/dev/nfs", "10.0.0.1:auto", "10.0.0.1", "auto", "" },
	{ "/dev/nfs", "/auto", "", "/auto", "" },
	{ "/dev/nfs", "/srv/r", "", "/srv/r", "" },
	{ "/dev/nfs", "10.0.0.1:/srv/r:x,vers=3,rw", "10.0.0.1", "/srv/r:x",
	  "vers=3,rw" },
	{ "/dev/nfs", "/srv,v3", "", "/srv", "v3" },
	{ "nfs:10.0.0.1:/srv", "/other", "10.0.0.1", "/srv", "" },
	{ "nfs:10.0.0.1:/srv:vers=4.1,ro", "", "10.0.0.1", "/srv",
	  "vers=4.1,ro" },
	{ "nfs4:10.0.0.1:/srv,ro", "", "10.0.0.1", "/srv", "ro" },
	{ "nfs:/srv", "", "", "/srv", "" },
	{ "10.0.0.1:/srv,nolock", "", "10.0.0.1", "/srv", "nolock" },
	{ "10.0.0.1:/", "", "10.0.0.1", "/", "" },
	{ "server:/srv", "", NULL, NULL, NULL },
	{ "nfs:[fd00::1]:/srv", "", NULL, NULL, NULL },
	{ "1234.1234.1234.1234:/srv", "", NULL, NULL, NULL },
	{ "254:1", "/srv", "", NULL, "" },
	{ "/dev/vda", "/srv", "", NULL, "" },
	{ "/dev/disk/by-path/pci:/x", "", "", NULL, "" },
	{ "LABEL=a:/b", "", "", NULL, "" },
	{ "nfs", "", "", NULL, "" },
	{ "nfsd", "", "", NULL, "" },
};

/* What is known, what a DHCP server says: what it is then. */
static const struct {
	const char *server, *path, *options, *dhcp_server, *dhcp_path;
	const char *source, *full_options; /* NULL: not enough */
} completed[] = {
	{ "10.0.0.1", "/srv", "", "10.9.9.9", "/x", "10.0.0.1:/srv", "" },
	{ "", "/srv", "", "10.9.9.9", "", "10.9.9.9:/srv", "" },
	{ "", "", "", "10.9.9.9", "/x,ro", "10.9.9.9:/x", "ro" },
	{ "", "", "", "10.9.9.9", "10.8.8.8:/x", "10.8.8.8:/x", "" },
	{ "10.0.0.1", "", "v3", "10.9.9.9", "10.8.8.8:/x,ro", "10.0.0.1:/x",
	  "v3" },
	{ "10.0.0.1", "/srv/%s/r", "", "", "", "10.0.0.1:/srv/10.0.0.7/r", "" },
	{ "10.0.0.1", "", "", "", "", NULL, NULL },
	{ "", "/srv", "", "", "", NULL, NULL },
	{ "", "", "", "10.9.9.9", "name:/x", NULL, NULL },
	/* the network's words are no mount options */
	{ "", "/srv", "", "10.9.9.9,suid", "", NULL, NULL },
	{ "", "", "", "1.1.1.1,exec", "10.8.8.8:/x", "10.8.8.8:/x", "" },
};

/* ip= as written: ipconfig's argument, the interface; NULL: somebody else */
static const struct {
	const char *ip, *argument, *interface;
} networks[] = {
	{ "", "ip=dhcp", "" },
	{ "dhcp", "ip=dhcp", "" },
	{ "on", "ip=on", "" },
	{ "off", NULL, NULL },
	{ "none", NULL, NULL },
	{ "eth0:dhcp", "ip=:::::eth0:dhcp", "eth0" },
	{ "eth1", "ip=:::::eth1:dhcp", "eth1" },
	{ "eth0.5", "ip=:::::eth0.5:dhcp", "eth0.5" },
	{ "bootp", "ip=bootp", "" },
	{ "10.0.0.7", "ip=10.0.0.7", "" },
	{ ":::::eth1:dhcp", "ip=:::::eth1:dhcp", "eth1" },
	{ "10.0.0.7:10.0.0.1::255.0.0.0:me:eth0:off:10.0.0.2",
	  "ip=10.0.0.7:10.0.0.1::255.0.0.0:me:eth0:off:10.0.0.2", "eth0" },
	{ "10.0.0.7::", "ip=10.0.0.7::", "" },
	{ "10.0.0.7:::255.0.0.0:me::off", "ip=10.0.0.7:::255.0.0.0:me::off",
	  "" },
	{ "single-dhcp", "ip=dhcp", "" },
	{ "auto", "ip=dhcp", "" },
	{ "dhcp0", "ip=:::::dhcp0:dhcp", "dhcp0" },
};

/* What needs IPv6, or iBFT. */
static const char *const unsupported[] = {
	"dhcp6",
	"auto6",
	"either6",
	"link6",
	"link-local",
	"ibft",
	"eth0:dhcp6",
	"eth0:auto6",
	"eth0:auto6:1500",
	":::::eth0:dhcp6",
	"10.0.0.7:::255.0.0.0:me:eth0:auto6:10.0.0.2",
	"[2001:db8::1]:::64::eth0:off",
	"[2001:db8::1]",
};

static const char lines[] =
	"DEVICE='eth0'\nIPV4ADDR='10.0.0.7'\nROOTSERVER='0.0.0.0'\n"
	"ROOTPATH='10.8.8.8:/x'\nIPV4ADDR='0.0.0.0'\nROOTPATH=''\n";

static void test_answer(void)
{
	struct ipconfig_answer answer = { "", "10.1.1.1", "" };
	char *text = strdup(lines), *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save))
		ipconfig_take_line(line, &answer);
	is_str(answer.address, "10.0.0.7", "answer: address");
	is_str(answer.server, "10.1.1.1", "answer: nothing takes nothing away");
	is_str(answer.path, "10.8.8.8:/x", "answer: path");
	free(text);
}

static void test_bootif(void)
{
	static const struct {
		const char *bootif, *address; /* NULL: it is none */
	} rows[] = {
		{ "01-52-54-00-AB-cd-01", "52:54:00:ab:cd:01" },
		{ "52-54-00-ab-cd-01", "52:54:00:ab:cd:01" },
		{ "52:54:00:ab:cd:01", "52:54:00:ab:cd:01" },
		{ "20-52-54-00-ab-cd-01", NULL },
		{ "52-54-00-ab-cd", NULL },
		{ "52-54-00-ab-cd-0g", NULL },
		{ "01-52-54-00-ab-cd-01-02", NULL },
		{ "eth0", NULL },
		{ "", NULL },
	};
	char address[18];

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		/* On the heap, so that the sanitizer sees its end. */
		char *bootif = strdup(rows[i].bootif);

		if (ipconfig_bootif(bootif, address))
			is_str(address, rows[i].address, "BOOTIF=%s", bootif);
		else
			ok(!rows[i].address, "BOOTIF=%s: none", bootif);
		free(bootif);
	}
}

static void test_try(void)
{
	static const char *const versions[] = { "vers=4.2", "vers=4.1",
						"vers=4", "vers=3" };
	struct nfs nfs = { "10.0.0.1", "/srv", "ro,nodev" };
	char options[100], wanted[100];
	unsigned n;

	for (n = 0; nfs_try(&nfs, n, "hard", options, sizeof(options)); n++) {
		snprintf(wanted, sizeof(wanted),
			 "nolock,addr=10.0.0.1,%s,ro,nodev,hard", versions[n]);
		is_str(options, wanted, "attempt %u", n);
	}
	is_int(n, 4, "attempts");
	ok(!nfs_try(&nfs, 0, "hard", options, 20), "options too long");
	strcpy(nfs.options, "");
	for (unsigned i = 0; i < 4; i++) {
		static const char *const said[] = { "vers=4", "nodev,nfsvers=3",
						    "v4.1", "ro,v3,nodev" };

		ok(nfs_try(&nfs, 0, said[i], options, sizeof(options)) &&
			   !nfs_try(&nfs, 1, said[i], options, sizeof(options)),
		   "%s: one attempt", said[i]);
		snprintf(wanted, sizeof(wanted), "nolock,addr=10.0.0.1,%s",
			 said[i]);
		is_str(options, wanted, "%s: as it is", said[i]);
	}
	ok(nfs_try(&nfs, 1, "intr,volume=3", options, sizeof(options)),
	   "other words with v say no version");
}

int main(void)
{
	static struct fail why;

	for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
		/* On the heap, so that the sanitizer sees its end. */
		char *root = strdup(roots[i].root);
		char *nfsroot = strdup(roots[i].nfsroot);
		struct nfs nfs = { "?", "?", "?" };
		int r = nfs_parse(root, nfsroot, &nfs, &why);

		if (!roots[i].server)
			ok(r < 0, "%s: refused", root);
		else
			is_int(r, roots[i].path != NULL, "%s: NFS or not",
			       root);
		if (r > 0 && roots[i].path) {
			is_str(nfs.server, roots[i].server, "%s: server", root);
			is_str(nfs.path, roots[i].path, "%s: path", root);
			is_str(nfs.options, roots[i].options, "%s: options",
			       root);
		}
		free(root);
		free(nfsroot);
	}
	for (size_t i = 0; i < sizeof(completed) / sizeof(completed[0]); i++) {
		struct nfs nfs;
		char source[300];
		int r;

		strcpy(nfs.server, completed[i].server);
		strcpy(nfs.path, completed[i].path);
		strcpy(nfs.options, completed[i].options);
		r = nfs_complete(&nfs, "10.0.0.7", completed[i].dhcp_server,
				 completed[i].dhcp_path, &why);
		is_int(r == 0, completed[i].source != NULL,
		       "completed %zu: enough or not", i);
		if (r < 0 || !completed[i].source)
			continue;
		snprintf(source, sizeof(source), "%s:%s", nfs.server, nfs.path);
		is_str(source, completed[i].source, "completed %zu", i);
		is_str(nfs.options, completed[i].full_options,
		       "completed %zu: options", i);
	}
	for (size_t i = 0; i < sizeof(networks) / sizeof(networks[0]); i++) {
		char *ip = strdup(networks[i].ip);
		struct ipconfig_order order;
		int r = ipconfig_parse(ip, &order);

		is_int(r, networks[i].argument != NULL, "ip=%s: ours or not",
		       ip);
		if (r > 0 && networks[i].argument) {
			is_str(order.argument, networks[i].argument,
			       "ip=%s: argument", ip);
			is_str(order.interface, networks[i].interface,
			       "ip=%s: interface", ip);
		}
		free(ip);
	}
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]);
	     i++)
		is_int(ipconfig_parse(unsupported[i],
				      &(struct ipconfig_order){ "", "" }),
		       -EOPNOTSUPP, "ip=%s is refused", unsupported[i]);
	ok(ipconfig_parse(":::::an-interface--16:",
			  &(struct ipconfig_order){ "", "" }) < 0,
	   "an interface that is too long");
	test_answer();
	test_bootif();
	test_try();
	return tap_done();
}
