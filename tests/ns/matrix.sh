#!/bin/sh
# SPDX-License-Identifier: MIT
#
# The short form of tests/matrix: programs of Debian, each moved in three ways and
# asked afterwards. A point is one program and one way.
#
# needs: machine namespaces trace fuse
# host: TREE_RPC scripts/debian-tree netbase nfs-kernel-server rpcbind
# host: TREE_LVM scripts/debian-tree busybox-static cryptsetup-bin lvm2 mdadm plymouth
# host: TREE_FUSE scripts/debian-tree fuse2fs plymouth squashfuse
set -u
: "${TOP:?the checkout; tests/run sets it}"

LAYERS=$TREE_RPC:$TREE_LVM:$TREE_FUSE "$TOP/tests/matrix" --short 2>&1 | awk '
	/^(not )?ok / {
		ok = /^ok/ ? "ok" : "not ok"
		failed += ok != "ok"
		sub(/^(not )?ok /, "")
		said = $0
		name = $0
		sub(/: .*/, "", name)
		sub(/, /, "/", name)
		print ok " " ++count " - " name
		if (ok != "ok")
			print "not ok: " said | "cat >&2"
		next
	}
	{ print | "cat >&2" }
	END {
		print "1.." count
		exit failed > 0 || count < 20
	}'
