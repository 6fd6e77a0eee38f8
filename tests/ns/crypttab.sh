#!/bin/sh
# SPDX-License-Identifier: MIT
# shellcheck disable=SC2154
#
# What the image builder makes of crypttab(5): each line of crypttab.txt, by every
# awk that is here; then what takes more than one line, and what is not text.
#
# needs: nothing
. "${TOP:?}/tests/ns/lib.sh"

lib=$TOP/initramfs/lib
export LC_ALL=C
uuid=11111111-0000-4000-8000-000000000003
other=22222222-0000-4000-8000-000000000003
tab=$work/crypttab
echo "luks $uuid x" >"$work/needed"
echo 'option lvm' >"$work/needs-other"
: >"$work/nothing"
# Each awk by itself; gawk and original-awk may not be installed.
awks=
for name in mawk busybox gawk original-awk; do
	path=$(command -v "$name") || continue
	[ "$name" != busybox ] || path="$busybox awk"
	mkdir -p "$work/by/$name"
	printf '#!/bin/sh\nexec %s "$@"\n' "$path" >"$work/by/$name/awk"
	chmod 755 "$work/by/$name/awk"
	awks="$awks $name"
done

# find_by AWK: what it finds in $tab; $findings are those of the machine, and
# $tokens the kinds of tokens that the image has plugins for
findings=$work/nothing tokens=''
find_by() {
	tr '\000' '\001' <"$tab" | stage=find file=FILE findings=$findings \
		answers='' has_key='' asks='' tokens=$tokens \
		"$work/by/$1/awk" -f "$lib/findings/crypttab.awk"
}

# short: findings in the form of crypttab.txt; each column is looked up in $tab
short() {
	tr '\000-\010\013-\037\177-\377\047\140' '[?*]' <"$tab" >"$work/shown"
	awk -v tab="$work/shown" '
	BEGIN { while ((getline text < tab) > 0) line[++lines] = text }
	/^(where|hint) line [0-9]+, column [0-9]+: / {
		number = $3 + 0; column = $5 + 0
		sub(/^[a-z]* line [0-9]+, column [0-9]+: /, "")
		if (column < 1 || index(substr(line[number], column), $0) != 1)
			$0 = "in line " number ", column " column " is no " $0
		else
			$0 = "@" $0
	}
	/^hint / { next }
	{
		sub(/^warn FILE: /, "W:")
		if (sub(/^refuse this machine needs \047/, "refuse "))
			sub(/\047 of FILE, which /, ": ")
		printf "%s%s", mark, $0
		mark = "|"
	}'
}

while IFS= read -r text; do
	case $text in
	'' | '#'*) continue ;;
	esac
	line=${text%% ~*} expected=${text#*~}
	expected=${expected# }
	findings=$work/nothing tokens=''
	case $line in
	'tokens '*) tokens='tpm2 fido2 pkcs11' line=${line#* } ;;
	esac
	case $line in
	'needed '*) findings=$work/needed line=${line#* } ;;
	'other '*) findings=$work/needs-other line=${line#* } ;;
	esac
	# A backslash means something to echo, and '#' to TAP.
	name=$(printf %s "${text%% ~*}" | tr '\\#' '!=')
	printf '%b\n' "$line" | sed "s/UUID=\\([\"']*\\)U/UUID=\\1$uuid/g
		s/UUID=V/UUID=$other/g; s|by-uuid/U|by-uuid/$uuid|g" >"$tab"
	expected=$(printf '%s\n' "$expected" | sed "s/UUID=\\([\"']*\\)U/UUID=\\1$uuid/g
		s/UUID=V/UUID=$other/g; s|by-uuid/U|by-uuid/$uuid|g
		s/UUID=?U/UUID=?$uuid/; s/'U%d'/'$uuid%d'/; s/\\(line luks\\|line bitlk\\|never\\) U /\\1 $uuid /
		s/\\(line luks\\) V /\\1 $other /")
	all=1
	for awk in $awks; do
		find_by "$awk" >"$work/by/$awk/out" 2>&1 ||
			echo "$awk failed" >>"$work/by/$awk/out"
		cmp -s "$work/by/$awk/out" "$work/by/mawk/out" || all="$awk differs"
	done
	out=$(short <"$work/by/mawk/out")
	row "$name" [ "$all$out" = "1$expected" ]
done <"$TOP/tests/ns/crypttab.txt"
tokens=

# ---- more than one line

# same_by_all EXPECTED: every awk finds that in $tab
findings=$work/nothing
same_by_all() {
	for awk in $awks; do
		out=$(find_by "$awk" 2>&1) && [ "$out" = "$1" ] || return 1
	done
}
printf '# a\r\n\n \t# b\n\r\n#c UUID=%s\n\tx\tUUID=%s none luks\r\nz' $uuid $uuid >"$tab"
row "comments, empty lines, CRLF, and no end of the last line" same_by_all \
	"line luks $uuid x
warn FILE: 'z' is left out: it has no source
where line 7, column 1: z"
printf '%s\n' "x UUID=$uuid none odd" "x UUID=$other" "y UUID=$uuid" "y UUID=$other" >"$tab"
row "a name and a device that another line has" same_by_all \
	"warn FILE: 'x': these of its options are not honoured: odd
where line 1, column 50: odd
line luks $uuid x
warn FILE: 'x' is left out: line 1 has that name
where line 2, column 1: x
warn FILE: 'y' is left out: line 1 opens the same device
where line 3, column 3: UUID=$uuid
line luks $other y"
findings=$work/needed
printf '%s\n' "x UUID=$uuid none plain" "x UUID=$uuid none tcrypt" >"$tab"
row "what is refused is said once, with what can be done" same_by_all \
	"refuse this machine needs 'x' of FILE, which pintle cannot open: it is plain dm-crypt, which has no header to know the device by
hint line 1, column 50: plain
hint boot it with the image of another generator (initramfs-tools, dracut), in which pintle can take part: see README.images.md
hint or, if a hook of your own opens it: --machine other"
findings=$work/nothing
longest=$(printf %0127d 0)
printf '%s\n' "$longest UUID=$uuid" "0$longest UUID=$other" >"$tab"
row "the longest name, and a longer one" same_by_all "line luks $uuid $longest
warn FILE: '$(printf %.117s "$longest")...' is left out: the kernel takes no name of more than 127 bytes
where line 2, column 1: $(printf %.117s "$longest")..."

# A megabyte in one field, and many options.
million=$(head -c 1000000 /dev/zero | tr '\0' a)
many=$(printf %.100000s "$million" | tr a ,)
short=$(printf %.117s "$million")...
{
	printf 'x UUID=%s none %s,discard\n' $uuid "$many"
	printf '%s UUID=%s\ny UUID=%s none %s\n' "$million" $uuid $other "$million"
} >"$tab"
row "very long lines come to an end" same_by_all \
	"line luks $uuid x --allow-discards
warn FILE: '$short' is left out: the kernel takes no name of more than 127 bytes
where line 2, column 1: $short
warn FILE: 'y': these of its options are not honoured: $short
where line 3, column 50: $short
line luks $other y"

printf 'x UUID=%s none a%s\n' $uuid "$(printf %.20000s "$million" | sed 's/aa/a,/g')" >"$tab"
row_many() {
	for awk in $awks; do
		out=$(find_by "$awk" 2>&1)
		prints "warn FILE: 'x': these of its options are not honoured: aa a a a a a a a and 9992 more" &&
			[ "$(printf '%s\n' "$out" | wc -l)" = 10 ] || return 1
	done
}
row "ten thousand options" row_many

# Whatever it holds, each finding is one of those that there are, and no awk fails.
row_noise() {
	head -c 200000 "$busybox" >"$tab"
	printf '\nx UUID=%s none luks\n' $uuid >>"$tab"
	for awk in $awks; do
		out=$(find_by "$awk" 2>&1) || return 1
		! printf '%s\n' "$out" | grep -avE \
			'^(line luks|never|warn FILE: |where line [0-9]+, column [0-9]+: )' ||
			return 1
		! printf '%s\n' "$out" | LC_ALL=C grep -a '[^ -~]' || return 1
		printf '%s\n' "$out" | tail -n 1 | grep -qx "line luks $uuid x" || return 1
	done
}
row "a program instead of a crypttab" row_noise

# ---- lib/crypttab, which finds out what awk cannot

# crypttab WORD...: output in $out
crypttab() {
	status=0
	out=$("$lib/crypttab" "$tab" "$work/nothing" "$@" 2>&1) || status=$?
}
keys=$work/keys
mkdir -p "$keys/directory" "$keys/etc" "$work/elsewhere"
echo key >"$keys/etc/one"
echo key >"$keys/etc/t w*o"
ln -s /etc/one "$keys/etc/link"
ln -s /etc/circle "$keys/etc/circle"
: >"$keys/etc/empty"
mkfifo "$keys/etc/fifo"
mkdir "$keys/etc/cryptsetup-keys.d"
echo key >"$keys/etc/cryptsetup-keys.d/x.key"
chmod 600 "$keys/etc/one" "$keys/etc/t w*o" "$keys/etc/cryptsetup-keys.d/x.key"
# with_key PATH [OPTIONS]
with_key() {
	printf '%s\n' "x UUID=$uuid $1 ${2-luks}" >"$tab"
}
with_key /etc/one
crypttab "sysroot=$keys"
row "a key file that nobody asked for" prints_like "the key '/etc/one' is not in the image"
crypttab "sysroot=$keys" keyfile=/etc/one
row "a key file that was asked for" [ "$out" = "key x $keys/etc/one
line luks $uuid x @--key-file=/etc/pintle/keys/x" ]
crypttab "sysroot=$keys" keyfile=/not 'keyfile=/et*'
row "by a pattern, in which '*' is a slash, too" prints_like "^key x $keys/etc/one"
crypttab "sysroot=$keys" 'keyfile=/etc/[!o]*'
row "by a pattern that does not match" not prints_like '^key'
with_key /etc/one luks,keyfile-size=0032,keyfile-offset=8,keyfile-timeout=5,key-slot=1,discard
crypttab "sysroot=$keys" keyfile=/etc/one
row "what cryptsetup is told of a key file" prints \
	"line luks $uuid x @--key-file=/etc/pintle/keys/x @--keyfile-size=32 @--keyfile-offset=8 --allow-discards --key-slot 1"
with_key /etc/one luks,keyfile-size=5,keyfile-size=4,keyfile-offset=8,keyfile-offset=0
crypttab "sysroot=$keys" keyfile=/etc/one
row "the last one of each counts" prints \
	"line luks $uuid x @--key-file=/etc/pintle/keys/x @--keyfile-size=4"
with_key /etc/one luks,keyfile-size=0,keyfile-offset=000
crypttab "sysroot=$keys" keyfile=/etc/one
row "no limits are none" prints "line luks $uuid x @--key-file=/etc/pintle/keys/x"
crypttab "sysroot=$keys" "key=$keys/etc/one"
row "the key of --with-crypt is not put in again" [ "$out" = \
	"line luks $uuid x @--key-file=/etc/pintle/key" ]
with_key '/etc/t\040w*o'
crypttab "sysroot=$keys" 'keyfile=/etc/*'
row "a key file with a blank and a '*' in its name" prints "key x $keys/etc/t w*o"
with_key /etc/link
crypttab "sysroot=$keys" keyfile=/etc/link
row "a link leads where it does there" prints "key x $keys/etc/one"
echo key >"$keys/etc/open"
chmod 640 "$keys/etc/open"
with_key /etc/open
crypttab "sysroot=$keys" keyfile=/etc/open
row "a key file that others may read: in, and said" [ "$out" = \
	"warn $tab: 'x': the key '/etc/open' may be read by others than its owner
where line 1, column 45: /etc/open
key x $keys/etc/open
line luks $uuid x @--key-file=/etc/pintle/keys/x" ]
for key in none - ''; do
	printf '%s\n' "x UUID=$uuid $key" >"$tab"
	crypttab "sysroot=$keys" 'keyfile=/etc/*.key'
	row "systemd's place for keys, where the key is '$key'" [ "$out" = \
		"key x $keys/etc/cryptsetup-keys.d/x.key
line luks $uuid x @--key-file=/etc/pintle/keys/x" ]
done
crypttab "sysroot=$keys" keyfile=/etc/one
row "systemd's place for keys, not asked for" [ "$out" = "line luks $uuid x" ]
printf '%s\n' "y UUID=$uuid none" >"$tab"
crypttab "sysroot=$keys" 'keyfile=*'
row "systemd's place for keys, and none there" [ "$out" = "line luks $uuid y" ]
for wrong in 'none there is no such file' 'empty it is empty' \
	'fifo it is no regular file' 'circle there is no such file'; do
	with_key "/etc/${wrong%% *}"
	[ "$wrong" != 'none there is no such file' ] || with_key /etc/nothing
	crypttab "sysroot=$keys" 'keyfile=*'
	row "a key file that cannot be put in: ${wrong%% *}" prints_like \
		"^warn .*: the key '/etc/[a-z]*' cannot go into the image: ${wrong#* }$"
done
with_key /etc/one:UUID=$other
crypttab "sysroot=$keys" 'keyfile=*'
row "a key file on another device is not looked for here" not prints_like '^key'
with_key /etc/one luks,tpm2-device=auto
crypttab "sysroot=$keys" 'keyfile=*'
row "what is for a token is no key" not prints_like '^key'
with_key - luks,tpm2-device=auto,tpm2-signature=/etc/s
crypttab "sysroot=$keys" tokens=tpm2
row "a TPM, with the plugin in the image" [ "$out" = "signature x /etc/s
line luks $uuid x +tpm2" ]
printf '%s\n' "x UUID=$uuid none fido2-device=auto" >"$tab"
crypttab tokens=tpm2
row "another token than those of the image" prints_like \
	"a FIDO2 token .* is not in the image"
# A made-up blkid: LABEL=two has two devices, /dev/other another type.
cat >"$work/by/blkid" <<END
#!/bin/sh
for last; do :; done
case \$* in
*'-t LABEL=two -o device') printf '/dev/a\n/dev/b\n' ;;
*'-t LABEL=o n e -o device' | *'-t PARTUUID=1-2 -o device') echo /dev/a ;;
*'TYPE'*) [ "\$last" = /dev/other ] && echo ext4 || echo crypto_LUKS ;;
*'UUID'*) echo $uuid ;;
esac
END
chmod 755 "$work/by/blkid"
for source in /dev/a 'LABEL="o n e"' 'LABEL=o\040n\040e' PARTUUID=1-2 /dev/disk/by-id/a \
	ID=a; do
	printf '%s\n' "y $source none" >"$tab"
	out=$(PATH=$work/by:$PATH "$lib/crypttab" "$tab" "$work/needs-other" 2>&1)
	row "on this machine: $(printf %s "$source" | sed 's/\\/!/g')" [ "$out" = \
		"line luks $uuid y ,optional" ]
done
for source in LABEL=two LABEL=none /dev/other /bin/sh; do
	printf '%s\n' "y $source none" >"$tab"
	out=$(PATH=$work/by:$PATH "$lib/crypttab" "$tab" "$work/needs-other" 2>&1)
	row "on this machine: $source is none" prints \
		"warn $tab: 'y' is left out: the UUID of '$source' cannot be known here; UUID=... in its place can"
done
printf 'x UUID=%s none lu\0ks\n' $uuid >"$tab"
crypttab
row "a NUL does not end a line" prints_like \
	"'x' is left out: there is a control character in it"
rm "$tab"
crypttab
row "a file that is not there is no empty one" not exits 0
mkdir "$tab"
crypttab
row "nor is what cannot be read" not exits 0
rmdir "$tab"

# ---- how pintle itself reads hooks

# in_source NAME FILE: the number there
in_source() {
	sed -n "s/^\(#define\t*\)\{0,1\}.*\<$1[ =[]*\([0-9]*\).*/\2/p" \
		"$TOP/$2" | head -n 1
}
row "as many hooks are made as pintle reads" [ \
	"$(in_source HOOKS_MAX src/device/hooks.c)" = \
	"$(in_source hooks_lines initramfs/lib/mkinitramfs/hooks.sh)" ]
row "and as many bytes" grep -q "static char lines\[$(in_source hooks_bytes \
	initramfs/lib/mkinitramfs/hooks.sh)\];" "$TOP/src/device/hooks.c"

finish
