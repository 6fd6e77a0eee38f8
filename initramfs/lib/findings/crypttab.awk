# SPDX-License-Identifier: MIT
#
# crypttab.awk - what crypttab(5) says, for lib/crypttab and lib/machine
#
# Reads a crypttab whose NULs were made \001. What else it is told is in the
# environment, because awk would take the backslashes of a -v for escapes:
#	stage	list	print a line "NAME lasts|random SOURCE" for each entry
#		ask	print what awk cannot find out, a question a line:
#			"name LINE NAME", "source LINE SOURCE", "key LINE PATH",
#			"implied LINE PATH" for a key file that is taken if it is there
#		find	print the findings; lib/crypttab says what these are
#	file		the crypttab's name in messages
#	findings	of `machine`: empty if the crypttab is another machine's
#	answers		to the questions, an answer a line:
#			"uuid LINE TEXT"   of the source: a UUID, or that of the
#					   mapper's device
#			"key LINE given"   it is the file of --with-crypt
#			"key LINE in PATH" it is asked for, and is that file
#			"key LINE open PATH" the same, and others may read it
#			"key LINE bad WHY" it is asked for, and cannot be had
#	has_key		an image that has a key for every device
#	asks		somebody types in any case
#	tokens		the kinds of tokens that the image has the plugins for
#
# A field is what stands between blanks. Debian's escapes of three octal digits
# are read in each field, and systemd's "\," in an option. Columns are counted in
# bytes, from 1.

BEGIN {
	stage = ENVIRON["stage"]
	file = ENVIRON["file"]
	has_key = ENVIRON["has_key"]
	asks = ENVIRON["asks"]
	read_tokens(ENVIRON["tokens"])
	is_not_in = "is not in the image"
	holds = ": the image then holds the key"
	options_table()
	read_findings(ENVIRON["findings"])
	read_answers(ENVIRON["answers"])
}

# ---- the table of options

# row OPTION KIND WHAT TEXT. KIND is what its value is: - (it takes none), any, optional, a range
# of numbers, or words with '|' between them. WHAT is one of
#	nothing	it is so by itself, or means nothing for what is opened
#	luks	it says that the device is LUKS
#	swap	what is to be made of the device when it is open
#	bitlk	it says that the device is of that type
#	crypt	cryptsetup is given TEXT
#	slot	the same, but only LUKS has it
#	key	cryptsetup is given TEXT where it reads the key that crypttab names
#	hook	the line of the hook is given TEXT
#	nofail	the root can do without the device
#	attach	the device is to be opened here, whoever needs it
#	way	the device is opened by TEXT, which is not in the image
#	token	the same, but --with-tokens may put it in
#	with	it says more about such a way, and nothing without one
#	later	pintle cannot open such a device, and TEXT is why
# In TEXT, % is the value.
function row(label, kind, what, text) {
	row_kind[label] = kind
	row_what[label] = what
	row_text[label] = text
}

function options_table() {
	row("none", "-", "nothing")
	row("luks", "-", "luks")
	row("luks1", "-", "luks")
	row("luks2", "-", "luks")
	row("bitlk", "-", "bitlk")
	row("swap", "-", "swap")
	row("tmp", "optional", "tmp")

	row("discard", "-", "crypt", "--allow-discards")
	row("allow-discards", "-", "crypt", "--allow-discards")
	row("readonly", "-", "crypt", "--readonly")
	row("read-only", "-", "crypt", "--readonly")
	row("no-read-workqueue", "-", "crypt", "--perf-no_read_workqueue")
	row("no-write-workqueue", "-", "crypt", "--perf-no_write_workqueue")
	row("same-cpu-crypt", "-", "crypt", "--perf-same_cpu_crypt")
	row("submit-from-crypt-cpus", "-", "crypt",
		"--perf-submit_from_crypt_cpus")
	# LUKS2 has 32 slots.
	row("keyslot", "0-31", "slot", "--key-slot %")
	row("key-slot", "0-31", "slot", "--key-slot %")
	# cryptsetup reads no more of a key file than 8 MiB.
	row("keyfile-size", "0-8388608", "key", "--keyfile-size=%")
	row("keyfile-offset", "0-999999999999", "key", "--keyfile-offset=%")

	row("tries", "0-1000000", "hook", ",tries=%")
	row("password-echo", "no|masked", "hook", ",%")
	row("password-cache", "yes|no", "hook", ",cache-%")
	row("nofail", "-", "nofail")
	row("x-initrd.attach", "-", "attach")
	row("initramfs", "-", "attach")

	# dracut's: the line goes into its image. The others are of Debian's
	# scripts for the time after the switch.
	row("force", "-", "nothing")
	row("loud", "-", "nothing")
	row("quiet", "-", "nothing")
	row("noearly", "-", "nothing")
	row("headless", "no|false|0|off|n|f", "nothing")
	row("timeout", "0", "nothing")
	row("verify", "-", "nothing")
	# LUKS has these in its header.
	row("cipher", "any", "nothing")
	row("hash", "any", "nothing")
	row("size", "any", "nothing")
	row("sector-size", "any", "nothing")
	row("offset", "any", "nothing")
	row("skip", "any", "nothing")

	row("keyscript", "any", "way", "the key script '%'")
	row("tpm2-device", "any", "token", "a TPM ('tpm2-device=%')")
	row("fido2-device", "any", "token", "a FIDO2 token ('fido2-device=%')")
	row("pkcs11-uri", "any", "token", "a PKCS#11 token ('pkcs11-uri=%')")
	row("tpm2-pcrs", "optional", "with")
	row("tpm2-pin", "any", "with")
	row("tpm2-signature", "any", "with")
	row("tpm2-pcrlock", "any", "with")
	row("fido2-cid", "any", "with")
	row("fido2-rp", "any", "with")
	row("token-timeout", "any", "with")
	row("keyfile-timeout", "any", "with")

	row("header", "any", "later", "its header is elsewhere ('header=%')")
	row("plain", "-", "later",
		"it is plain dm-crypt, which has no header to know the device by")
	row("tcrypt", "-", "later",
		"it is TrueCrypt, whose header looks like random bytes")
	row("tcrypt-hidden", "-", "later",
		"it is TrueCrypt, whose header looks like random bytes")
	row("tcrypthidden", "-", "later",
		"it is TrueCrypt, whose header looks like random bytes")
	row("tcrypt-system", "-", "later",
		"it is TrueCrypt, whose header looks like random bytes")
	row("tcrypt-keyfile", "any", "later",
		"it is TrueCrypt, whose header looks like random bytes")
	row("tcrypt-veracrypt", "-", "later",
		"it is VeraCrypt, whose header looks like random bytes")
	row("veracrypt", "-", "later",
		"it is VeraCrypt, whose header looks like random bytes")
	row("veracrypt-pim", "any", "later",
		"it is VeraCrypt, whose header looks like random bytes")
	row("fvault2", "-", "later", "it is FileVault")
	row("loopaes", "optional", "later",
		"it is loop-AES, which has no header to know the device by")
}

# ---- what is told besides

function read_tokens(kinds, word, count, i) {
	count = split(kinds, word, " ")
	for (i = 1; i <= count; i++)
		has_token[word[i]] = 1
}

function read_findings(from, text, word) {
	while (from != "" && (getline text < from) > 0) {
		has_machine = 1
		if (split(text, word, " ") < 3 || word[1] != "luks")
			continue
		if (word[2] != "-")
			needs_uuid[word[2]] = 1
		needs_name[word[3]] = 1
		if (!(word[3] in open_as) && word[2] != "-")
			open_as[word[3]] = word[2]
	}
}

function read_answers(from, text, word, rest) {
	while (from != "" && (getline text < from) > 0) {
		split(text, word, " ")
		rest = text
		sub(/^[^ ]* [^ ]* /, "", rest)
		if (word[1] == "uuid") {
			uuid_of[word[2]] = with_dashes(rest)
			continue
		}
		key_is[word[2]] = word[3]
		sub(/^[^ ]* ?/, "", rest)
		key_more[word[2]] = rest
	}
}

# with_dashes TEXT - a UUID, which the mapper writes without dashes
function with_dashes(text) {
	if (sub(/^CRYPT-LUKS[12]-/, "", text)) {
		sub(/-.*/, "", text)
		if (length(text) == 32)
			text = substr(text, 1, 8) "-" substr(text, 9, 4) "-" \
				substr(text, 13, 4) "-" substr(text, 17, 4) "-" \
				substr(text, 21)
	}
	return tolower(text)
}

# ---- words

# decode TEXT - with Debian's escapes: three octal digits are a byte, and two
# backslashes are one
function decode(text, out, code) {
	out = ""
	while (match(text, /\\(\\|[0-3][0-7][0-7])/)) {
		out = out substr(text, 1, RSTART - 1)
		if (RLENGTH == 2) {
			out = out "\\"
		} else {
			code = substr(text, RSTART + 1, 1) * 64 + \
				substr(text, RSTART + 2, 1) * 8 + \
				substr(text, RSTART + 3, 1)
			out = out (code ? sprintf("%c", code) : "\001")
		}
		text = substr(text, RSTART + RLENGTH)
	}
	return out text
}

# shown TEXT - as a terminal may get it, and not longer than a line of it
function shown(text) {
	if (length(text) > 120)
		text = substr(text, 1, 117) "..."
	gsub(/[^]A-Za-z0-9 "#$&()*+.:=@[\\\/_%,~;?!-]/, "?", text)
	return text
}

# where COLUMN - in the file: the line, the column and what is there
function where(column, bytes, i) {
	for (i = 1; i <= fields && at[i] <= column; i++)
		bytes = at[i] + length(field[i]) - column
	for (i = 1; i <= options; i++)
		if (option_at[i] == column)
			bytes = option_bytes[i]
	return "line " NR ", column " column ": " \
		shown(substr($0, column, bytes))
}

# number_in TEXT RANGE - the number without the zeros before it, or nothing if it
# is none or not in the range
function number_in(text, range, ends) {
	split(range, ends, "-")
	if (text !~ /^[0-9]+$/)
		return ""
	sub(/^0+/, "", text)
	if (text == "")
		text = "0"
	if (length(text) > 15 || text + 0 < ends[1] + 0 || \
		text + 0 > ends[2] + 0)
		return ""
	return text
}

# is_value OPTION - whether `value`, which is there if has_value, is what the table
# has for that option; a number loses its zeros
function is_value(label, kind, word, count, i) {
	kind = row_kind[label]
	if (kind == "-")
		return !has_value
	if (kind == "optional")
		return 1
	if (!has_value || value == "")
		return 0
	if (kind == "any")
		return 1
	if (kind ~ /^[0-9]+-[0-9]+$/) {
		value = number_in(value, kind)
		return value != ""
	}
	count = split(kind, word, "|")
	for (i = 1; i <= count; i++)
		if (value == word[i])
			return 1
	return 0
}

# ---- an entry

# cut_fields TEXT - into field[1..fields], and their columns into at[]; the fifth
# is all that follows
function cut_fields(text, column, bytes) {
	fields = 0
	column = 1
	for (;;) {
		match(text, /^[ \t]*/)
		column += RLENGTH
		text = substr(text, RLENGTH + 1)
		if (text == "" || fields == 5)
			return
		at[++fields] = column
		match(text, /^[^ \t]+/)
		bytes = RLENGTH
		# A source in quotation marks may have blanks in them.
		if (fields == 2 && match(text, \
			/^[A-Z]*=?("[^"]*"|'[^']*')([ \t]|$)/))
			bytes = RLENGTH - \
				(substr(text, RLENGTH, 1) ~ /[ \t]/)
		if (fields == 5)
			bytes = length(text)
		field[fields] = substr(text, 1, bytes)
		column += bytes
		text = substr(text, bytes + 1)
	}
}

# read_fields - of the line: name, source and key, as they are meant
function read_fields(mark) {
	cut_fields($0)
	name = decode(field[1])
	source = fields > 1 ? field[2] : ""
	mark = substr(source, length(source))
	if (source ~ /^[A-Z]*=?["']/ && mark ~ /["']/ && \
		index(source, mark) < length(source)) {
		sub(mark, "", source)
		source = substr(source, 1, length(source) - 1)
	}
	source = decode(source)
	key = fields > 2 ? decode(field[3]) : ""
	if (key == "none" || key == "-")
		key = ""
	is_random = key ~ /^\/dev\/(urandom|random|hw_random|hwrng)$/
}

# cut_options - the fourth field into option[1..options], option_at[] and
# option_bytes[]
function cut_options(word, count, i, column, text) {
	options = 0
	if (fields < 4)
		return
	column = at[4]
	count = split(field[4], word, ",")
	for (i = 1; i <= count; i++) {
		text = word[i]
		option_at[++options] = column
		column += length(text) + 1
		# systemd's way to write a comma
		while (i < count && text ~ /(^|[^\\])(\\\\)*\\$/) {
			text = substr(text, 1, length(text) - 1) "," word[++i]
			column += length(word[i]) + 1
		}
		if (text == "") {
			options--
			continue
		}
		option[options] = text
		option_bytes[options] = column - 1 - option_at[options]
	}
}

# what_is_wrong - with the fields, and bad_at is the column; nothing if pintle can
# take them as they are
function what_is_wrong(i) {
	for (i = 1; i <= fields && i < 5; i++)
		if (field[i] ~ /[\001-\010\013-\037\177]/) {
			match(field[i], /[\001-\010\013-\037\177]/)
			bad_at = at[i] + RSTART - 1
			return "there is a control character in it"
		}
	bad_at = at[1]
	if (name !~ /^[A-Za-z0-9#+.:=@_][A-Za-z0-9#+.:=@_-]*$/ || \
		name == "." || name == ".." || name == "control")
		return "it is no name for a device of the mapper"
	if (length(name) > 127)
		return "the kernel takes no name of more than 127 bytes"
	if (fields < 2)
		return "it has no source"
	bad_at = at[2]
	if (source ~ /[\001-\037\177]/)
		return "there is a control character in its source"
	if (source ~ /^([A-Z]*=)?["']/ && source !~ /^\//)
		return "a quotation mark of its source is not closed"
	if (source !~ /^(UUID|LABEL|PARTUUID|PARTLABEL|ID)=/ && source !~ /^\//)
		return "its source '" shown(source) "' is neither a path nor UUID=, LABEL=, PARTUUID=, PARTLABEL= or ID="
	bad_at = fields > 2 ? at[3] : at[2]
	if (key ~ /[\001-\037\177]/)
		return "there is a control character in its key"
	return ""
}

# written_uuid - that of the LUKS header, if the source has it
function written_uuid() {
	if (source ~ /^UUID=/)
		return tolower(substr(source, 6))
	if (source ~ /^\/dev\/disk\/by-uuid\//)
		return tolower(substr(source, 19))
	return ""
}

# is_elsewhere KEY - whether it is on a device: systemd's FILE:DEVICE, or a device
function is_elsewhere(text) {
	return text ~ /^\/dev\// || \
		text ~ /:(\/|(UUID|LABEL|PARTUUID|PARTLABEL|ID)=)[^:]*$/
}

# ---- what becomes of it

function is_needed() {
	return name in needs_name || uuid != "" && uuid in needs_uuid
}

function warn(text, column) {
	print "warn " file ": '" shown(name) "'" text
	print "where " where(column)
}

# refuse TEXT COLUMN [WHAT THE PERSON CAN DO]... - once is enough
function refuse(text, column, hint, other) {
	if (is_refused++)
		return
	print "refuse this machine needs '" shown(name) "' of " file ", which " text
	print "hint " where(column)
	print "hint " hint
	print "hint " other
}

# left_out WHY COLUMN - the line is left out or, if the root is in it, refused
function left_out(why, column) {
	if (!is_needed())
		warn(" is left out: " why, column)
	else
		refuse("pintle cannot open: " why, column, \
			"boot it with the image of another generator (initramfs-tools, dracut), in which pintle can take part: see README.images.md", \
			"or, if a hook of your own opens it: --machine other")
}

# never - there may be an old LUKS header on it, for which nobody is to be asked
function never() {
	if (uuid ~ /^[0-9a-f-]+$/)
		print "never " uuid " " name
}

# other_key WHAT LACKS COLUMN HINT - WHAT does not open it, because it LACKS
# something, but a person may know another key
function other_key(what, lacks, column, hint) {
	if (!is_needed())
		warn(": " what " " lacks "; whoever is there is asked for a passphrase", column)
	else if (has_key)
		return
	else if (asks)
		warn(": " what " " lacks "; a passphrase is asked for, as --with-crypt says", column)
	else
		refuse("is opened by " what ", and that " lacks, column, \
			"give --with-crypt if it also has a passphrase that somebody types at each boot", \
			hint)
}

# read_options - what the words of the fourth field come to
function read_options(i, text, equals, label) {
	type = "luks"
	is_luks = is_swap = is_tmp = is_nofail = attach_at = 0
	crypt_words = slot_words = key_words = hook_words = ""
	way = way_at = with_at = later = later_at = token = token_type = ""
	ignored = ""
	ignored_count = 0
	cut_options()
	for (i = 1; i <= options; i++) {
		text = option[i]
		equals = index(text, "=")
		has_value = equals > 0
		label = has_value ? substr(text, 1, equals - 1) : text
		value = has_value ? decode(substr(text, equals + 1)) : ""
		if (label in row_what && is_value(label))
			take_option(row_what[label], row_text[label], \
				option_at[i], text)
		else
			ignore(text, option_at[i])
	}
}

function ignore(text, column) {
	ignored_at[++ignored_count] = column
	if (ignored_count <= 8)
		ignored = ignored " " shown(text)
}

# without WORDS WORD - WORDS without those of that name: an option that is there
# again counts, and a hook may have only so many words
function without(words, word, list, count, i, out) {
	count = split(words, list, " ")
	out = ""
	for (i = 1; i <= count; i++)
		if (name_of(list[i]) != name_of(word))
			out = out " " list[i]
	return out
}

# name_of WORD - what is before its value
function name_of(word) {
	sub(/=.*/, "", word)
	return word
}

# take_option WHAT TEXT COLUMN WORD
function take_option(what, text, column, word, percent) {
	percent = index(text, "%")
	if (percent && (what == "way" || what == "token" || what == "later"))
		text = substr(text, 1, percent - 1) shown(value) \
			substr(text, percent + 1)
	else if (percent)
		text = substr(text, 1, percent - 1) value \
			substr(text, percent + 1)
	if (what == "luks")
		is_luks = 1
	else if (what == "bitlk") {
		type = "bitlk"
		bitlk_at = column
	} else if (what == "swap")
		is_swap = column
	else if (what == "tmp")
		is_tmp = column
	else if (what == "crypt")
		crypt_words = without(crypt_words, text) " " text
	else if (what == "slot")
		slot_words = " " text
	else if (what == "key")
		key_words = without(key_words, "@" text) \
			(value == "0" ? "" : " @" text)
	else if (what == "hook" && text == ",no")
		hook_words = without(hook_words, ",masked")
	else if (what == "hook" && text == ",cache-yes")
		hook_words = without(hook_words, ",no-cache")
	else if (what == "hook" && text == ",cache-no")
		hook_words = without(hook_words, ",no-cache") " ,no-cache"
	else if (what == "hook")
		hook_words = without(hook_words, text) \
			(text == ",tries=3" ? "" : " " text)
	else if (what == "nofail")
		is_nofail = 1
	else if (what == "attach") {
		attach_at = column
		attach_word = word
	} else if ((what == "way" || what == "token") && way == "") {
		way = text
		way_at = column
		is_script = word ~ /^keyscript=/
		if (what == "token")
			token = substr(word, 1, index(word, "-") - 1)
	} else if (what == "with") {
		with_at = with_at (with_at == "" ? "" : " ") column
		with_word[column] = word
	} else if (what == "later" && later == "") {
		later = text
		later_at = column
	}
}

# without_way - what says more about a way that there is none of; the time for a
# key file is about the file
function without_way(column, count, i) {
	count = split(with_at, column, " ")
	for (i = 1; i <= count; i++)
		if (key == "" || with_word[column[i]] !~ /^keyfile-timeout=/)
			ignore(with_word[column[i]], column[i])
}

# is_another_type - and left out
function is_another_type() {
	if (later == "" && is_luks && type != "luks") {
		later = "it is said to be both LUKS and BitLocker"
		later_at = bitlk_at
	}
	# systemd takes a swap that is not said to be LUKS for plain dm-crypt, and
	# what is open as LUKS now is LUKS.
	if (later == "" && (is_tmp || is_swap && !is_luks && !is_needed())) {
		later = is_tmp ? "it is made anew each time ('tmp')" : \
			"it is plain dm-crypt, which 'swap' without 'luks' means"
		later_at = is_tmp ? is_tmp : is_swap
	}
	if (later == "")
		return 0
	left_out(later, later_at)
	if (is_tmp || is_swap)
		never()
	return 1
}

# is_known_device - or left out
function is_known_device() {
	if (uuid == "")
		left_out("the UUID of '" shown(source) "' cannot be known here; UUID=... in its place can", at[2])
	else if (uuid !~ /^[0-9a-f-]+$/)
		left_out("'" shown(uuid) "' is no UUID", at[2])
	else if (name in name_line)
		warn(" is left out: line " name_line[name] " has that name", at[1])
	else if (uuid in uuid_line)
		warn(" is left out: line " uuid_line[uuid] " opens the same device", at[2])
	else
		return 1
	return 0
}

# take_token - what of the options is about the token, if the image has the plugin
# for it. Nobody is asked for a PIN, and PKCS#11 always wants one, except from
# readers with keys of their own.
function take_token(i, count, column, word, wants_pin) {
	if (!(token in has_token)) {
		other_key(way, is_not_in, way_at, "or --with-tokens: the image then has what opens it so")
		return
	}
	token_type = token
	wants_pin = token == "pkcs11"
	count = split(with_at, column, " ")
	for (i = 1; i <= count; i++) {
		word = with_word[column[i]]
		if (word ~ /^tpm2-pin=(yes|y|true|t|on|1)$/ && token == "tpm2")
			wants_pin = 1
		else if (word ~ /^tpm2-signature=\// && token == "tpm2")
			print "signature " name " " decode(substr(word, 16))
		else if (word !~ /^(tpm2-pcrs|tpm2-pin|token-timeout)(=|$)/)
			ignore(word, column[i])
	}
	if (wants_pin)
		other_key(way, "asks for a PIN, which cannot be typed yet", \
			way_at, "or --with-crypt=KEYFILE" holds)
}

# take_key - how it is opened if nobody types: key_file, in the image, or nothing
function take_key(what) {
	key_file = ""
	if (token != "") {
		take_token()
		return
	}
	if (way != "") {
		other_key(way, is_not_in, way_at, "or --with-crypt=KEYFILE" holds)
		return
	}
	if (key == "" && !(NR in key_is))
		return
	if (key == "")
		key = "/etc/cryptsetup-keys.d/" name ".key"
	what = "the key '" shown(key) "'"
	if (is_elsewhere(key)) {
		other_key(what " on another device", is_not_in, at[3], \
			"or --with-crypt=KEYFILE" holds)
		return
	}
	if (key_is[NR] == "given") {
		key_file = "/etc/pintle/key"
	} else if (key_is[NR] == "in" || key_is[NR] == "open") {
		key_file = "/etc/pintle/keys/" name
		if (key_is[NR] == "open")
			warn(": " what " may be read by others than its owner", \
				at[fields > 2 ? 3 : 1])
		print "key " name " " key_more[NR]
	} else {
		if (key_is[NR] == "bad")
			bad_key(what, key_more[NR])
		other_key(what, is_not_in, at[3], "or --with-keyfile='" \
			shown(key) "' or --with-crypt=KEYFILE" holds)
	}
}

# bad_key WHAT WHY - it was asked for, and cannot go into the image
function bad_key(what, why) {
	if (is_needed() && !has_key && !asks)
		refuse("is opened by " what ", and that cannot go into the image: " \
			why, at[3], "make that file, or name another one in crypttab", \
			"or give --with-crypt if it also has a passphrase that somebody types at each boot")
	else
		warn(": " what " cannot go into the image: " why, at[3])
}

# print_line - the line is good
function print_line(text, i) {
	name_line[name] = uuid_line[uuid] = NR
	if (way == "")
		without_way()
	if (attach_at && has_machine && !is_needed() && key_file == "" && \
		token_type == "")
		warn(": '" attach_word "' is not honoured: it is asked for only if the root is not found without it", attach_at)
	if (ignored_count)
		print "warn " file ": '" name "': these of its options are not honoured:" \
			ignored (ignored_count > 8 ? " and " \
			ignored_count - 8 " more" : "")
	for (i = 1; i <= ignored_count && i <= 8; i++)
		print "where " where(ignored_at[i])
	if (fields > 4)
		warn(": what is behind its options is not read", at[5])
	# What this machine does not need, nobody is asked for before the rest.
	text = hook_words
	if (!is_needed() && (has_machine || is_nofail))
		text = text " ,optional"
	if (key_file != "")
		text = text " @--key-file=" key_file key_words
	if (token_type != "")
		text = text " +" token_type
	print "line " type " " uuid " " name text \
		crypt_words (type == "luks" ? slot_words : "")
}

function find(why) {
	read_options()
	why = what_is_wrong()
	uuid = written_uuid()
	if (uuid == "")
		uuid = uuid_of[NR]
	if (uuid == "" && name in open_as)
		uuid = open_as[name]
	if (why != "") {
		if (bad_at == at[1])
			warn(" is left out: " why, bad_at)
		else
			left_out(why, bad_at)
		return
	}
	if (is_random && (way == "" || !is_script)) {
		left_out("it has a new key each time", at[3])
		never()
		return
	}
	if (is_another_type() || !is_known_device())
		return
	take_key()
	if (!is_refused)
		print_line()
}

{
	sub(/\r$/, "")
}

/^[ \t]*(#|$)/ {
	next
}

{
	read_fields()
}

stage == "find" {
	find()
	next
}

what_is_wrong() != "" {
	next
}

stage == "list" {
	print name, (is_random ? "random" : "lasts"), source
}

stage == "ask" {
	if (written_uuid() == "") {
		print "name", NR, name
		print "source", NR, source
	}
	# systemd looks there if no key is named.
	if (key == "")
		print "implied", NR, "/etc/cryptsetup-keys.d/" name ".key"
	if (key ~ /^\// && !is_elsewhere(key))
		print "key", NR, key
}
