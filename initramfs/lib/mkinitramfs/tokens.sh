# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034,SC2154
#
# tokens.sh - libcryptsetup's token plugins, so that a TPM or a FIDO2 or PKCS#11
# token opens LUKS2; for --with-tokens
#
# A plugin is linked with some libraries and loads others by dlopen(3) while it
# runs; of the latter no loader knows. They are found by their names, which the
# plugin and the libraries that it is linked with contain: as strings, or in the
# notes that systemd 257 and later put there for this purpose (the UAPI Group's
# "ELF Dlopen Metadata").

# token_table - a line for each kind of token:
#	KIND PACKAGES NAMES EXTRA
# NAMES is an extended regular expression for the libraries that the plugin loads,
# without their endings. libsystemd-shared mentions those of all the rest of
# systemd, too. EXTRA is one whose name is put together only when it is loaded.
token_table() {
	cat <<'END'
tpm2 libtss2-esys-3.0.2-0,libtss2-rc0,libtss2-tcti-device0 libtss2-(esys|mu|rc)|libcrypto libtss2-tcti-device.so.0
fido2 libfido2-1 libfido2|libcrypto -
pkcs11 libp11-kit0 libp11-kit|libcrypto -
END
}

# tokens_add LOADER - the plugins and all that they load; $token_kinds becomes the
# kinds that are in the image. $tree/paths has what cryptsetup is linked with.
tokens_add() {
	token_loader=$1 token_kinds=''
	tokens_find
	: >"$tree/token-files"
	token_table >"$tree/token-table"
	while read -r kind packages names extra; do
		case ,$tokens, in
		,any, | *",$kind,"*) ;;
		*) continue ;;
		esac
		if token_plan; then
			token_take
			token_kinds="$token_kinds${token_kinds:+ }$kind"
			tell "tokens: $kind, by $token_file"
		elif [ "$tokens" = any ]; then
			say "tokens of type $kind are left out: $token_lacks"
		else
			die "add tokens of type $kind: $token_lacks" \
				"on Debian: apt-get install systemd-cryptsetup $(echo "$packages" | tr , ' ') (in Debian 12, systemd has what systemd-cryptsetup has later)" \
				"or name a directory that has it with --sysroot"
		fi
	done <"$tree/token-table"
	[ -n "$token_kinds" ] ||
		die "add tokens: none of their types can be put in, see above" \
			"on Debian: apt-get install systemd-cryptsetup (Debian 12: systemd), and for a TPM $(sed -n 's/^tpm2 \([^ ]*\).*/\1/p' "$tree/token-table" | tr , ' ')"
	tokens_prove
	case " $token_kinds " in
	*' tpm2 '*) token_stub_signature ;;
	esac
}

# tokens_find - $token_dir is where libcryptsetup looks for plugins, which is
# compiled into it
tokens_find() {
	library=$(grep -m 1 '/libcryptsetup\.so' "$tree/paths") ||
		die "add tokens: the cryptsetup of '${sysroot:-/}' is not linked with libcryptsetup, and loads no plugins"
	token_dir=$(LC_ALL=C tr '\0' '\n' <"$(in_sysroot "$library")" |
		LC_ALL=C grep -a -x -m 1 '/[[:alnum:]/_.-]*lib[[:alnum:]/_.-]*/cryptsetup') ||
		die "add tokens: '$library' names no directory for plugins: it was built without them"
}

# token_places PATH - that path, and the same one with and without /usr in front:
# where these are not one directory, a package may have its file in the other
token_places() {
	printf '%s\n' "$1"
	case $1 in
	/usr/*) printf '%s\n' "${1#/usr}" ;;
	*) printf '%s\n' "/usr$1" ;;
	esac
}

# token_find PATH - the first of its places where the sysroot has a file, or
# nothing
token_find() {
	token_places "$1" | while IFS= read -r path; do
		[ -f "$(in_sysroot "$path")" ] || continue
		printf '%s\n' "$path"
		break
	done
}

# token_plan - for $kind: $token_file is its plugin, $tree/token-paths all that
# has to be in the image for it, a path a line; status 1: $token_lacks is what is
# missing, in words
token_plan() {
	name=libcryptsetup-token-systemd-$kind.so
	token_file=$(token_find "$token_dir/$name")
	token_lacks="there is no '$sysroot$token_dir/$name'"
	[ -n "$token_file" ] || return 1
	[ -z "$sysroot" ] || token_runpath "$(in_sysroot "$token_file")"
	: >"$tree/token-paths"
	token_linked "$token_file" || return 1
	{
		token_names '' "$token_file"
		while IFS= read -r library; do
			token_names "$names" "$library"
		done <"$tree/token-paths"
		[ "$extra" = - ] || echo "$extra"
	} | LC_ALL=C sort -u >"$tree/token-names"
	sed 's|/[^/]*$||' "$tree/token-paths" | LC_ALL=C sort -u >"$tree/token-dirs"
	while IFS= read -r soname; do
		library=$(token_library "$soname")
		token_lacks="its plugin loads '$soname', which is not there"
		[ -n "$library" ] || return 1
		printf '%s\n' "$library" >>"$tree/token-paths"
		token_linked "$library" || return 1
	done <"$tree/token-names"
}

# token_runpath FILE - put the directories that FILE names, and that are there, in
# front of $library_path: the loader would look for them outside of the sysroot
token_runpath() {
	for dir in $(LC_ALL=C tr '\0:' '[\n*]' <"$1" |
		LC_ALL=C grep -a -x '/[[:alnum:]/_.-]*lib[[:alnum:]/_.-]*'); do
		[ -d "$sysroot$dir" ] || continue
		case :$library_path: in
		*":$sysroot$dir:"*) ;;
		*) library_path=$sysroot$dir:$library_path ;;
		esac
	done
}

# token_linked PATH - add what that file of the sysroot is linked with to
# $tree/token-paths; status 1: $token_lacks is what is missing, in words
token_linked() {
	file=$1
	set --
	[ -z "$sysroot" ] ||
		set -- --inhibit-cache --library-path "$library_path"
	"$(in_sysroot "$token_loader")" "$@" --list "$(in_sysroot "$file")" \
		>"$tree/libraries" 2>"$tree/error" || {
		token_lacks="'$file' cannot be loaded: $(head -n 1 "$tree/error")"
		return 1
	}
	token_lacks=$(sed -n "s/^[[:blank:]]*\(.*\) => not found\$/'\1'/p" \
		"$tree/libraries" | tr '\n' ' ')
	token_lacks="'$file' is linked with ${token_lacks}which is not there"
	! grep -q ' => not found$' "$tree/libraries" || return 1
	libraries_listed >"$tree/token-linked"
	while IFS= read -r library; do
		token_lacks="'$file' is linked with '$library', which is not there"
		[ -f "$(in_sysroot "$library")" ] || return 1
	done <"$tree/token-linked"
	cat "$tree/token-linked" >>"$tree/token-paths"
}

# token_names NAMES PATH - the libraries that are mentioned in that file and whose
# names begin as NAMES says; without NAMES, all
token_names() {
	LC_ALL=C tr '\0' '\n' <"$(in_sysroot "$2")" | LC_ALL=C grep -a -o -E \
		"(${1:-lib[[:alnum:]_+.-]*})\.so\.[0-9]+" || :
}

# token_library SONAME - where the sysroot has that, in one of $tree/token-dirs, or
# nothing
token_library() {
	while IFS= read -r dir; do
		library=$(token_find "$dir/$1")
		[ -n "$library" ] || continue
		printf '%s\n' "$library"
		break
	done <"$tree/token-dirs"
}

# token_take - what token_plan found. The plugin goes where libcryptsetup looks,
# wherever it was.
token_take() {
	LC_ALL=C sort -u "$tree/token-paths" >"$tree/token-taken"
	while IFS= read -r library; do
		take "$library"
	done <"$tree/token-taken"
	name=$token_dir/${token_file##*/}
	refuse_links "$token_dir"
	mkdir -p "$root$token_dir"
	cp -L --preserve=mode --remove-destination \
		"$(in_sysroot "$token_file")" "$root$name"
	printf '%s\n' "$name" >>"$tree/token-files"
	while IFS= read -r soname; do
		token_library "$soname"
	done <"$tree/token-names" >>"$tree/token-files"
}

# tokens_prove - that the plugins, and what they load, find all that they are
# linked with in the image
tokens_prove() {
	inside=$(find "$root" -name '*.so*' -printf '%h\n' | LC_ALL=C sort -u |
		tr '\n' ':')
	LC_ALL=C sort -u -o "$tree/token-files" "$tree/token-files"
	while IFS= read -r file; do
		"$root$token_loader" --inhibit-cache --library-path "${inside%:}" \
			--list "$root$file" >"$tree/libraries" 2>"$tree/error" ||
			die "prove that '$file' can be loaded in the image: $(head -n 1 "$tree/error")"
		grep ' => ' "$tree/libraries" >"$tree/token-linked" || :
		outside=$(grep -v -F " => $root/" "$tree/token-linked" |
			sed 's/^[[:blank:]]*//; s/ (0x.*//' | tr '\n' ' ')
		[ -z "$outside" ] ||
			die "prove that '$file' can be loaded in the image: these are not in it: $outside"
	done <"$tree/token-files"
}

# token_stub_signature - systemd looks here last for what a signed policy of PCRs
# needs, and systemd-stub puts it there when it starts a unified kernel image
token_stub_signature() {
	refuse_links /usr/lib/systemd
	mkdir -p "$root/usr/lib/systemd"
	ln -sf /.extra/tpm2-pcr-signature.json \
		"$root/usr/lib/systemd/tpm2-pcr-signature.json"
	token_signature=
	for path in /etc/systemd /run/systemd /usr/local/lib/systemd \
		/usr/lib/systemd; do
		from=$(in_sysroot "$path/tpm2-pcr-signature.json")
		[ ! -f "$from" ] || break
		from=
	done
	[ -z "$from" ] || token_take_signature "$from"
}

# token_take_signature FILE - where systemd looks first
token_take_signature() {
	refuse_links /etc/systemd
	mkdir -p "$root/etc/systemd"
	cp -L -- "$1" "$root/etc/systemd/tpm2-pcr-signature.json" ||
		die "add the signature '$1': it could not be copied, see above"
	chmod 644 "$root/etc/systemd/tpm2-pcr-signature.json"
	tell "signature of the TPM's policy: $1"
}

# token_named_signature NAME PATH - that of tpm2-signature= in crypttab, which is
# for the device NAME; the first one counts, because the plugin takes no name
token_named_signature() {
	from=$(in_sysroot "$2")
	if [ ! -f "$from" ]; then
		say "$sysroot/etc/crypttab: '$1': there is no signature '$sysroot$2': a TPM that needs it will not open the device"
	elif [ -z "$token_signature" ]; then
		token_signature=$from
		token_take_signature "$from"
	elif ! cmp -s "$from" "$token_signature"; then
		say "$sysroot/etc/crypttab: '$1': the signature '$2' is left out: libcryptsetup reads only one, and that is '$token_signature'"
	fi
}
