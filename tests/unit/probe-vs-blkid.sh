#!/bin/sh
# SPDX-License-Identifier: MIT
#
# probe-vs-blkid.sh PROBE-TOOL PINTLE - what probe.c, and the command
# `pintle probe`, say about real images, against what blkid says
#
# Makes an image with each mkfs that is installed and compares type, UUID and
# label with `blkid -p`; of the command each form of output and the exit status
# as well. Then the same image cut short and with random bytes
# changed: there the type may also be none, since probe.c verifies checksums
# that blkid does not. TAP on stdout; points of a missing mkfs are skipped.
#
# PROBE_MUTATIONS=N changes each image N times (default 5), and 60 times as
# often where only crashes and reads without end are looked for.

set -eu
export LC_ALL=C.UTF-8
PATH=$PATH:/usr/sbin:/sbin

[ $# -eq 2 ] || {
	echo "probe-vs-blkid.sh: start: usage: probe-vs-blkid.sh PROBE-TOOL" \
		PINTLE >&2
	exit 2
}
tool=$1
pintle=$2
mutations=${PROBE_MUTATIONS:-5}
if ! command -v blkid >/dev/null; then
	echo "1..0 # SKIP no blkid (package util-linux)"
	exit 0
fi

dir=$(mktemp -d "${TMPDIR:-/tmp}/probe-vs-blkid.XXXXXX")
loop=
cleanup() {
	[ -z "$loop" ] || losetup -d "$loop" || true
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
image=$dir/image

points=0
failed=0
# point RESULT NAME: one line of TAP
point() {
	points=$((points + 1))
	if [ "$1" = 0 ]; then
		echo "ok $points - $2"
	else
		echo "not ok $points - $2"
		failed=$((failed + 1))
	fi
}

skip() {
	points=$((points + 1))
	echo "ok $points - $1 # SKIP $2"
}

field() {
	sed -n "s/^$1=//p" "$dir/answer"
}

# same_said ARGUMENT...: `pintle probe` and `blkid -p` say the same and end the
# same way; blkid has more tags than we look for, and another order
same_said() {
	ours_status=0
	theirs_status=0
	"$pintle" probe "$@" 2>"$dir/complaint" >"$dir/ours" || ours_status=$?
	blkid -p "$@" 2>/dev/null >"$dir/theirs" || theirs_status=$?
	# mostly they are the same as they are
	[ $ours_status != $theirs_status ] ||
		! cmp -s "$dir/ours" "$dir/theirs" || return 0
	sort "$dir/ours" >"$dir/ours.sorted"
	sort "$dir/theirs" >"$dir/theirs.sorted"
	[ $ours_status = $theirs_status ] &&
		cmp -s "$dir/ours.sorted" "$dir/theirs.sorted" && return
	echo "# pintle probe $* ends with $ours_status, blkid with" \
		"$theirs_status; -ours +blkid:"
	diff -U0 "$dir/ours.sorted" "$dir/theirs.sorted" | sed 's/^/# /'
	result=1
}

# command_agrees NAME: in each form, and without one
command_agrees() {
	result=0
	same_said -o export -s TYPE -s UUID -s LABEL -s USAGE "$image"
	same_said -sLABEL "$image"
	same_said -s UUID -o full "$image"
	same_said -ovalue -s LABEL "$image"
	same_said -o value -s UUID -s TYPE "$image"
	point $result "$1: pintle probe"
}

# agree NAME: type, UUID and label of the image are those of blkid
agree() {
	result=0
	"$tool" "$image" >"$dir/answer" || result=1
	for tag in TYPE UUID LABEL; do
		ours=$(field $tag)
		case $(field USE) in nothing | ambivalent | table) ours= ;; esac
		theirs=$(blkid -p -o value -s $tag "$image" 2>/dev/null || true)
		if [ "$ours" != "$theirs" ]; then
			echo "# $tag is '$ours', blkid says '$theirs'"
			result=1
		fi
	done
	point $result "$1"
	command_agrees "$1"
}

# is NAME FIELD VALUE: of the answer that agree left behind
is() {
	if [ "$(field "$2")" = "$3" ]; then
		point 0 "$1"
	else
		echo "# $2 is '$(field "$2")', not '$3'"
		point 1 "$1"
	fi
}

# cut_short NAME: the first bytes of the image are blkid's type or nothing
cut_short() {
	result=0
	for bytes in 0 600 1200 4096 5000 33000 65600; do
		head -c $bytes "$image" >"$dir/cut"
		"$tool" "$dir/cut" >"$dir/answer" || result=1
		case $(field USE) in
		filesystem | swap) # blkid knows no members on floppies
			theirs=$(blkid -p -o value -s TYPE "$dir/cut" || true)
			[ "$(field TYPE)" = "$theirs" ] && continue
			echo "# $bytes bytes: '$(field TYPE)', blkid '$theirs'"
			result=1
			;;
		esac
	done
	point $result "$1: cut short"
}

mutate() {
	result=0
	"$tool" mutate "$mutations" $points "$image" || result=1
	point $result "$1: with wrong bytes"
	[ -s "$image" ] || return 0
	result=0
	"$tool" fuzz "$((mutations * 60))" $points "$image" || result=1
	point $result "$1: with many wrong bytes"
}

# row NAME SIZE MKFS ARGUMENT...: an @ among the arguments is the image
row() {
	name=$1
	size=$2
	mkfs=$3
	shift 3
	if ! command -v "$mkfs" >/dev/null; then
		skip "$name" "no $mkfs"
		return 0
	fi
	rm -f "$image"
	truncate -s "$size" "$image"
	n=$#
	while [ "$n" -gt 0 ]; do
		argument=$1
		shift
		[ "$argument" != @ ] || argument=$image
		set -- "$@" "$argument"
		n=$((n - 1))
	done
	if ! "$mkfs" "$@" >"$dir/mkfs.log" 2>&1 </dev/null; then
		sed 's/^/# /' "$dir/mkfs.log"
		skip "$name" "$mkfs fails"
		return 0
	fi
	agree "$name"
	cp "$dir/answer" "$dir/whole"
	cut_short "$name"
	mutate "$name"
	cp "$dir/whole" "$dir/answer"
}

# bytes OFFSET PRINTF-STRING: into the image
bytes() {
	# shellcheck disable=SC2059 # the escapes are the point
	printf "$2" | dd of="$image" bs=1 seek="$(($1))" conv=notrunc status=none
}

# labels NAME SIZE MAXIMUM MKFS ARGUMENT...: each odd label that mkfs takes and
# one of MAXIMUM letters; a % among the arguments is the label
labels() {
	name=$1 size=$2 longest=$3 mkfs=$4
	shift 4
	if ! command -v "$mkfs" >/dev/null; then
		skip "$name: labels" "no $mkfs"
		return 0
	fi
	taken=0
	result=0
	while IFS= read -r label; do
		case $label in
		LONGEST) label=$(printf "%${longest}s" '' | tr ' ' x) ;;
		esac
		rm -f "$image"
		[ "$size" = 0 ] || truncate -s "$size" "$image"
		made=$(for argument; do
			case $argument in
			@) printf '%s\n' "$image" ;;
			%) printf '%s\n' "$label" ;;
			*) printf '%s\n' "$argument" ;;
			esac
		done | tr '\n' '\0' | xargs -0 "$mkfs" 2>&1) || {
			echo "# no '$label': $(echo "$made" | tail -n 1)"
			continue
		}
		taken=$((taken + 1))
		same_said -o export -s TYPE -s UUID -s LABEL "$image"
	done <<-'END'
		plain
		 blank before
		blank after 
		 
		two  in it
		UPPER lower
		it's "$x" `y`
		back\slash
		<a>&#/;*?
		äöüß
		漢字
		😀x
		-dash
		LABEL=x
		a.b_c~
		LONGEST
	END
	[ $taken -ge 4 ] || {
		echo "# $mkfs took $taken labels only"
		result=1
	}
	point $result "$name: $taken labels"
}

mkdir "$dir/tree"
echo "content" >"$dir/tree/file"

labels ext4 16M 16 mkfs.ext4 -q -L % @
labels xfs 320M 12 mkfs.xfs -q -L % @
labels btrfs 128M 255 mkfs.btrfs -q -L % @
labels f2fs 64M 252 mkfs.f2fs -q -l % @
labels vfat 1200K 11 mkfs.vfat -n % @
labels FAT32 64M 11 mkfs.vfat -F 32 -n % @
labels exfat 64M 11 mkfs.exfat -L % @
labels ntfs 16M 128 mkntfs -q -f -F -L % @
labels swap 4M 16 mkswap -L % @
labels LUKS2 32M 47 cryptsetup -q luksFormat --type luks2 --label % \
	--pbkdf pbkdf2 --pbkdf-force-iterations 1000 @ "$dir/tree/file"
labels iso9660 0 32 genisoimage -quiet -J -V % -o @ "$dir/tree"
row 'nothing' 1M true
row 'ext2' 8M mkfs.ext2 -q @
row 'ext3' 16M mkfs.ext3 -q -L 'with blank' @
row 'ext4' 64M mkfs.ext4 -q -L 'sixteen letters.' @
row 'ext4 with UTF-8' 64M mkfs.ext4 -q -L 'Wurzel-äöü' @
row 'ext4 without checksums' 64M mkfs.ext4 -q -O ^metadata_csum -L ' a ' @
row 'ext4 with 1 KiB blocks' 32M mkfs.ext4 -q -b 1024 @
row 'ext4 without journal' 32M mkfs.ext4 -q -O ^has_journal @
# Each byte that a label may have, for what the forms make of it.
row 'swap with odd labels' 4M mkswap @
for code in 1 9 10 27 28 31 32 33 34 36 38 39 42 59 60 62 63 92 96 124 126 127 \
	128 155 156 160 188 223 255; do
	bytes 0x41c "a$(printf '\\%03o' $code)b\\0"
	result=0
	for form in value export full; do
		same_said -s LABEL -o $form "$image"
	done
	point $result "swap, label with byte $code"
done
row 'an empty label' 16M mkfs.ext4 -q -L '' @
row 'a label of blanks' 16M mkfs.ext4 -q -L '   ' @
row 'a label as if of a shell' 16M mkfs.ext4 -q -L "\$(x)'\"\`\\<>&" @
row 'upper-case UUID' 16M mkfs.ext4 -q \
	-U 5F3A1C80-9D11-4D0A-8F52-6A1C0E2B7D01 @
row 'no UUID' 16M mkfs.ext4 -q -U clear @
row 'external journal' 16M mke2fs -q -O journal_dev -L log @
is 'external journal: not to be mounted' USE member
row 'xfs' 320M mkfs.xfs -q -L 'twelve chars' @
row 'xfs without checksums' 320M mkfs.xfs -q -m crc=0 @
row 'xfs with 4 KiB sectors' 320M mkfs.xfs -q -s size=4096 -L root @
row 'btrfs' 128M mkfs.btrfs -q -L 'a label of btrfs, which may be quite long' @
is 'btrfs: one device' DEVICES 1
if command -v btrfstune >/dev/null && [ "$(field TYPE)" = btrfs ] &&
	btrfstune -f -m "$image" >/dev/null 2>&1; then
	agree 'btrfs after a change of the metadata UUID'
	mutate 'btrfs after a change of the metadata UUID'
else
	skip 'btrfs after a change of the metadata UUID' 'no btrfstune -m'
fi
row 'btrfs with xxhash' 128M mkfs.btrfs -q --csum xxhash @
truncate -s 128M "$dir/second"
row 'btrfs of two devices' 128M mkfs.btrfs -q -d raid1 -m raid1 @ "$dir/second"
[ "$(field TYPE)" != btrfs ] || is 'btrfs: two devices' DEVICES 2
row 'f2fs' 64M mkfs.f2fs -q -l 'Flash äöü 漢字 label' @
row 'f2fs without label' 64M mkfs.f2fs -q @
row 'FAT12' 1200K mkfs.vfat -F 12 -n 'FLOPPY' @
row 'FAT16' 20M mkfs.vfat -F 16 -n 'ELEVEN CHAR' @
row 'FAT32' 64M mkfs.vfat -F 32 -n 'EFI SYSTEM' @
row 'FAT32 without label' 64M mkfs.vfat -F 32 @
row 'FAT32 with 4 KiB sectors' 280M mkfs.vfat -F 32 -S 4096 -n BIG @
row 'FAT32 as a whole disk' 64M mkfs.vfat -F 32 -I --mbr=y -n DISK @
row 'exfat' 64M mkfs.exfat -L 'Käse 漢字' @
row 'exfat without label' 64M mkfs.exfat @
row 'ntfs' 16M mkntfs -q -f -F -L 'Windows äöü 漢 and more' @
row 'ntfs without label' 16M mkntfs -q -f -F @
row 'ntfs with large clusters' 128M mkntfs -q -f -F -c 65536 -L x @
row 'squashfs' 0 mksquashfs "$dir/tree" @ -noappend
row 'squashfs with zstd' 0 mksquashfs "$dir/tree" @ -noappend -comp zstd
row 'erofs' 0 mkfs.erofs @ "$dir/tree"
row 'erofs without checksum' 0 mkfs.erofs -Enosbcrc @ "$dir/tree"
if [ "$(field TYPE)" = erofs ]; then
	bytes 0x440 'erofs label, 16.'
	agree 'erofs with a label'
	is 'erofs with a label: mountable' USE filesystem
else
	skip 'erofs with a label' 'no mkfs.erofs -Enosbcrc'
fi
row 'jfs' 16M mkfs.jfs -q -L 'sixteen letters.' @
row 'nilfs2' 136M mkfs.nilfs2 -q -L 'a label of nilfs2' @
row 'reiserfs' 40M mkfs.reiserfs -q -f -l 'reiser label' @
row 'reiserfs 3.5' 40M mkfs.reiserfs -q -f --format 3.5 @
row 'reiser4' 40M mkfs.reiser4 -f -y -L 'reiser4 label' @
row 'cramfs' 0 mkfs.cramfs -n 'cram label' "$dir/tree" @
row 'cramfs, big endian' 0 mkfs.cramfs -N big -n 'cram label' "$dir/tree" @
# blkid takes no 1 KiB for anything
mkdir "$dir/rom"
head -c 3000 /dev/zero >"$dir/rom/file"
row 'romfs' 0 genromfs -V 'rom label' -d "$dir/rom" -f @
row 'minix 1' 4M mkfs.minix -1 @
row 'minix 2' 4M mkfs.minix -2 @
row 'minix 3' 4M mkfs.minix -3 @
row 'bfs' 1M mkfs.bfs -N 48 @
row 'udf' 16M mkudffs --label='UDF äöü' @
row 'udf of 2 KiB' 16M mkudffs --blocksize=2048 --label='漢字 disc' @
row 'udf of 4 KiB' 16M mkudffs --blocksize=4096 --uuid=0123456789abcdef @
row 'ubifs' 0 mkfs.ubifs -m 2048 -e 129024 -c 100 -r "$dir/tree" -o @
row 'gfs2' 64M mkfs.gfs2 -q -O -p lock_dlm -t 'cluster:name' -J 8 -j 1 @
row 'ocfs2' 64M mkfs.ocfs2 -q -x -F -M local -L 'ocfs label' @
row 'ocfs2 of 1 KiB' 64M mkfs.ocfs2 -q -x -F -M local -b 1024 @
truncate -s 64M "$dir/log"
row 'xfs for a log elsewhere' 320M mkfs.xfs -q -f -l "logdev=$dir/log,size=64m" @
if [ "$(field TYPE)" = xfs ]; then
	mv "$dir/log" "$image"
	agree 'log of an XFS'
	is 'log of an XFS: not to be mounted' USE member
else
	skip 'log of an XFS' 'no mkfs.xfs -l logdev'
fi
row 'iso9660' 0 genisoimage -V 'ISO_LABEL' -o @ "$dir/tree"
row 'iso9660 with Joliet' 0 genisoimage -J -V 'Mixed Case Label' -o @ "$dir/tree"
row 'iso9660, long label with Joliet' 0 \
	genisoimage -J -V 'A label longer than sixteen' -o @ "$dir/tree"
row 'iso9660 by xorriso' 0 xorriso -as mkisofs -J -R \
	-V 'Pintle 1.0 amd64 netinst' -o @ "$dir/tree"
row 'iso9660, UTF-8 label' 0 xorriso -as mkisofs -J -R -input-charset utf-8 \
	-V 'ÄÖÜ disc' -o @ "$dir/tree"
for page in 4096 8192 16384 32768 65536; do
	row "swap with pages of $page" 4M mkswap -p $page -L 'swap space' @
	[ "$(field TYPE)" = swap ] || continue
	bytes $page-10 'S1SUSPEND\0'
	agree "an image to resume, pages of $page"
	is "an image to resume, pages of $page: said" TYPE swsuspend
done
row 'FAT32 without a serial number' 64M mkfs.vfat -F 32 -i 00000000 @
row 'FAT16 without a serial number' 20M mkfs.vfat -F 16 -i 00000000 @
row 'LUKS1' 16M cryptsetup -q luksFormat --type luks1 --pbkdf-force-iterations \
	1000 @ "$dir/tree/file"
if [ "$(field TYPE)" = crypto_LUKS ]; then
	bytes 6 '\0\3'
	agree 'LUKS of version 3'
else
	skip 'LUKS of version 3' 'no LUKS1'
fi
row 'LUKS2' 32M cryptsetup -q luksFormat --type luks2 --label 'secret disk' \
	--pbkdf pbkdf2 --pbkdf-force-iterations 1000 @ "$dir/tree/file"
is 'LUKS2: not to be mounted' USE member
if [ "$(field TYPE)" = crypto_LUKS ]; then
	dd if=/dev/zero of="$image" bs=4096 count=1 conv=notrunc status=none
	agree 'LUKS2 without its first header'
else
	skip 'LUKS2 without its first header' 'no LUKS2'
fi
for size in 128k 4m; do
	row "LUKS2, header of $size" 32M cryptsetup -q luksFormat --type luks2 \
		--luks2-metadata-size $size --pbkdf pbkdf2 \
		--pbkdf-force-iterations 1000 @ "$dir/tree/file"
	[ "$(field TYPE)" = crypto_LUKS ] || continue
	dd if=/dev/zero of="$image" bs=4096 count=1 conv=notrunc status=none
	agree "LUKS2, header of $size, without the first"
done
row 'ext4 before Intel RAID' 32M mkfs.ext4 -q @
bytes 32*1048576-1024 'Intel Raid ISM Cfg Sig. 1.1.00'
agree 'Intel RAID'
is 'Intel RAID: not to be mounted' USE member
mutate 'Intel RAID'
# Two sectors that no format asks for a checksum of.
row 'ext4 before LSI RAID' 32M mkfs.ext4 -q @
bytes 32*1048576-512 "\$XIDE\$"
agree 'LSI RAID'
is 'LSI RAID: not to be mounted' USE member
row 'ext4 before Promise RAID' 32M mkfs.ext4 -q @
bytes 32*1048576-63*512 'Promise Technology, Inc.'
agree 'Promise RAID'
is 'Promise RAID: not to be mounted' USE member
row 'ext4 before DRBD' 32M mkfs.ext4 -q @
bytes 32*1048576-4096+0x28 '\1\2\3\4\5\6\7\010'
bytes 32*1048576-4096+0x3c '\203\164\002\153\0\0\0\120'
bytes 32*1048576-4096+0x50 '\0\0\020\0'
agree 'DRBD'
is 'DRBD: not to be mounted' USE member
row 'nothing before a snapshot' 32M true
bytes 0 'SnAp\1\0\0\0\1\0\0\0'
agree 'the changes of a snapshot'
is 'the changes of a snapshot: not to be mounted' USE member
truncate -s 4M "$dir/data"
row 'dm-verity' 4M veritysetup format "$dir/data" @
row 'bcache, backing' 64M make-bcache -B @
row 'bcache, cache' 64M make-bcache -C @

# These need a block device, and some that nobody can make here are written by
# hand.
if [ "$(id -u)" = 0 ] && command -v pvcreate >/dev/null &&
	rm -f "$image" && truncate -s 32M "$image" &&
	loop=$(losetup -f --show "$image" 2>/dev/null); then
	pvcreate -q -q -ff -y "$loop" >/dev/null 2>&1 || true
	losetup -d "$loop"
	loop=
	agree 'LVM'
	is 'LVM: not to be mounted' USE member
	cut_short 'LVM'
	mutate 'LVM'
else
	skip 'LVM' 'no pvcreate, or no loop device'
fi

# md_1 SECTOR: a version 1 superblock there
md_1() {
	bytes "$1*512" '\374\116\053\251\1\0\0\0'
	bytes "$1*512+16" 'ABCDEFGHIJKLMNOPhost:name'
	bytes "$1*512+144" "$(printf '\\%o\\%o\\%o' $(($1 % 256)) \
		$(($1 / 256 % 256)) $(($1 / 65536)))"
}
for sector in 0 8 65520; do # 1.1, 1.2, 1.0
	row "ext4 before md in sector $sector" 32M mkfs.ext4 -q @
	md_1 $sector
	agree "md in sector $sector"
	is "md in sector $sector: said" TYPE linux_raid_member
	mutate "md in sector $sector"
	row "nothing before md in another sector" 32M true
	md_1 $((sector + 1))
	agree "md that was of sector $sector"
done
row 'ext4 before md 0.90' 32M mkfs.ext4 -q @
bytes 32*1048576-65536 '\374\116\053\251\0\0\0\0\132\0\0\0\0\0\0\0\0\0\0\0ABCD'
bytes 32*1048576-65536+0x34 'EFGHIJKLMNOP'
agree 'md 0.90'
is 'md 0.90: said' TYPE linux_raid_member
mutate 'md 0.90'
bytes 0x1be '\0\0\0\0\203\0\0\0\0\0\0\0\0\0\1\0\0\0'
bytes 0x1fe '\125\252'
agree 'md 0.90 of the last partition'
is 'md 0.90 of the last partition: not of the disk' TYPE ext4

row 'zfs: nothing' 64M true
bytes 0x4000 '\1\1\0\0\0\0\0\0\0\0\0\1'
bytes 0x400c '\0\0\0\044\0\0\0\040\0\0\0\7version\0\0\0\0\010\0\0\0\1\0\0\0\0\0\0\023\210'
bytes 0x4030 '\0\0\0\044\0\0\0\040\0\0\0\4name\0\0\0\011\0\0\0\1\0\0\0\4tank\0\0\0\0'
bytes 0x4054 '\0\0\0\050\0\0\0\050\0\0\0\011pool_guid\0\0\0\0\0\0\010\0\0\0\1\1\2\3\4\5\6\7\010'
for i in 128 129 130 131; do
	bytes $i*1024 '\014\261\272\0\0\0\0\0'
done
agree 'zfs'
is 'zfs: not to be mounted' USE member
mutate 'zfs'

# ambivalent NAME: two answers, so none
ambivalent() {
	agree "$1"
	is "$1: said" USE ambivalent
}
row 'ext4 before it gets a swap header' 32M mkfs.ext4 -q -O ^metadata_csum @
bytes 0x400 '\1\0\0\0\1'
bytes 0xff6 SWAPSPACE2
ambivalent 'ext4 and swap'
row 'btrfs before ext4' 128M mkfs.btrfs -q @
if [ "$(field TYPE)" = btrfs ]; then
	dd if="$image" of="$dir/superblock" bs=4096 skip=16 count=1 status=none
	row 'ext4 before it gets an old btrfs' 128M mkfs.ext4 -q @
	dd if="$dir/superblock" of="$image" bs=4096 seek=16 conv=notrunc \
		status=none
	ambivalent 'ext4 and btrfs'
	is 'ext4 and btrfs: both named' TYPE 'ext4 btrfs'
else
	skip 'ext4 and btrfs' 'no mkfs.btrfs'
fi

# status ARGUMENT...: a point of its own for a call
status() {
	result=0
	same_said "$@"
	point $result "pintle probe $(echo "$*" | sed "s|$dir/||g")"
}
status
status -o sideways "$image"
status "$dir/none"
: >"$dir/empty"
status "$dir/empty"
row 'two devices' 16M mkfs.ext4 -q @
cp "$image" "$dir/second"
status -o export -s UUID -s TYPE "$image" "$dir/second"
status -o value -s UUID "$image" "$dir/second"
status -o value -s NO_SUCH "$image"

if command -v sfdisk >/dev/null; then
	# partition NAME NUMBER [SECTOR_BYTES]: the answers are those of sfdisk
	partition() {
		"$tool" partition "$image" "$2" >"$dir/answer" || :
		theirs=$(sfdisk --part-uuid "$image" "$2" 2>/dev/null |
			tr '[:upper:]' '[:lower:]')
		is "$1: PARTUUID of $2" UUID "$theirs"
	}
	rm -f "$image"
	truncate -s 64M "$image"
	sfdisk -q "$image" <<-'END'
		label: gpt
		size=8M, type=U, name="EFI system"
		size=8M, type=L, name="Wurzel äöü"
		size=8M, type=S, name="abcdefghijklmnopqrstuvwxyz0123456789"
	END
	partition GPT 1
	is 'GPT: PARTLABEL' LABEL 'EFI system'
	is 'GPT: type' TYPE c12a7328-f81f-11d2-ba4b-00a0c93ec93b
	partition GPT 2
	is 'GPT: UTF-8' LABEL 'Wurzel äöü'
	partition GPT 3
	is 'GPT: longest PARTLABEL' LABEL abcdefghijklmnopqrstuvwxyz0123456789
	mutate GPT
	agree 'GPT: no content'
	is 'GPT: said' TYPE gpt
	status -s PTTYPE -s PTUUID -o export "$image"
	if [ "$(id -u)" = 0 ] &&
		loop=$(losetup -P -f --show "$image" 2>/dev/null) &&
		[ -b "${loop}p2" ]; then
		mkswap -q "${loop}p2" 2>/dev/null || mkswap "${loop}p2" >/dev/null
		"$pintle" probe -o export "${loop}p2" >"$dir/answer" || :
		# shellcheck disable=SC2016 # so it is written
		is 'a partition: PARTLABEL' PARTLABEL 'Wurzel\ M-CM-$M-CM-6M-CM-\<'
		is 'a partition: PARTUUID' PARTUUID \
			"$(sfdisk --part-uuid "$image" 2 |
				tr '[:upper:]' '[:lower:]')"
		is 'a partition: TYPE' TYPE swap
		losetup -d "$loop"
		loop=
	else
		[ -z "$loop" ] || losetup -d "$loop"
		loop=
		skip 'a partition' 'no loop device with partitions'
	fi
	cp "$image" "$dir/gpt"
	bytes 512 XXX
	partition 'GPT without its first header' 2
	status -s PTTYPE -s PTUUID -o value "$image"
	cp "$dir/gpt" "$image"
	bytes 1024+200 XXX
	partition 'GPT with a wrong entry' 2
	bytes 64*1048576-512 XXX
	status -s PTTYPE -s PTUUID -o export "$image"
	"$tool" partition "$image" 2 >"$dir/answer" 2>&1 && result=1 || result=0
	point $result 'GPT with a wrong entry and no backup: refused'

	rm -f "$image"
	truncate -s 64M "$image"
	sfdisk -q "$image" <<-'END'
		label: dos
		size=8M, type=c, bootable
		size=8M, type=83
		type=5
		size=4M, type=83
		size=4M, type=82
		size=4M, type=8e
	END
	for number in 1 2 3 5 6 7; do
		"$tool" partition "$image" $number >"$dir/answer" || :
		id=$(sfdisk --disk-id "$image")
		is "MBR: PARTUUID of $number" UUID "$(printf '%s-%02d' \
			"${id#0x}" $number)"
		is "MBR: type of $number" TYPE "0x$(sfdisk --part-type \
			"$image" $number | sed 's/^ //')"
	done
	"$tool" partition "$image" 4 >"$dir/answer" 2>&1 && result=1 || result=0
	point $result 'MBR: no 4'
	"$tool" partition "$image" 8 >"$dir/answer" 2>&1 && result=1 || result=0
	point $result 'MBR: no 8'
	mutate MBR
	agree 'MBR: no content'
	is 'MBR: said' TYPE dos
	status -s PTTYPE -s PTUUID -o export "$image"
	bytes 0x1b8 '\0\0\0\0'
	status -s PTTYPE -s PTUUID -o full "$image"
else
	skip 'partition tables' 'no sfdisk (package fdisk)'
fi

echo "1..$points"
[ $failed = 0 ]
