# SPDX-License-Identifier: MIT
#
# index.awk - make the index of the drivers of an image, for index.sh
#
# Reads the kernel's modules.dep, then the configuration of modprobe. What else it
# is told is in the environment, because awk would take the backslashes of a -v for
# escapes. These variables are lists of words:
#	boards		what the hosts of disks need on boards, loaded before
#	generic		what the kinds generic, full and host may hold, in the
#			order in which the drivers are loaded
#	never, seldom	of these, what no image and what no generic image holds
#			(regular expressions with '|' behind each)
#	disk_places	where those lie that make a disk (the same)
#	boards_never	of boards, what no image holds (the same)
#	named		MODULE:OTHER, where MODULE asks for OTHER by its name
#	wanted		what goes in whatever the kind is
# and these are words:
#	kind		the kind of the image
#	prefix		the directory of the modules in the image, with a slash
#	places_file	a file of names and places, see outside.sh
#	asked_file	a file of the modules that devices ask for, or nothing
#	listed_file	a file of the modules that are loaded in any case
# The results are files, which these variables name:
#	drivers		a module a line, those that it needs before it
#	aliases		what leads to them, sorted by byte
#	absent		what would lead to modules that the image lacks
#	commands	modules for which modprobe.d has a command
#	disks		drivers of disks that are in
#
# Modules are known by their names, with '_' for '-'.

# name_of PATH - the module in that file
function name_of(path) {
	sub(/.*\//, "", path)
	sub(/\.ko.*/, "", path)
	gsub(/-/, "_", path)
	return path
}

# place_of NAME - where the module would lie if it were the kernel's own, which is
# where most of them do lie
function place_of(name) {
	return name in place ? place[name] : path_of[name]
}

# resolved NAME - the module of that name, or all that have it as an alias:
# several modules may implement an algorithm, some for a CPU that is not there
function resolved(name) {
	gsub(/-/, "_", name)
	return name in path_of ? name : exact[name]
}

# needs_network NAME - whether it is a driver of the network or depends on one
function needs_network(name,    parts, count, i, path) {
	if (name in network)
		return network[name]
	path = place_of(name)
	network[name] = path ~ /\/drivers\/(net|infiniband)\// \
		|| path ~ /\/net\// && path !~ /\/9p/ \
		|| name ~ /^(iscsi_tcp|iscsi_boot_sysfs|fcoe|libfcoe)$/
	count = split(deps[name], parts, " ")
	for (i = 1; i <= count && !network[name]; i++)
		if (needs_network(name_of(parts[i])))
			network[name] = 1
	return network[name]
}

# with NEEDS OTHER - the list of line numbers NEEDS, and that of OTHER
function with(needs, other) {
	if (!(other in number) || index(needs ",", "," number[other] ","))
		return needs
	return needs "," number[other]
}

# visit NAME - give it a line in the index, behind all that it needs
function visit(name,    parts, count, i, other, needs, found, founds) {
	if (!(name in path_of) || name in number || name in visiting ||
	    name in removed)
		return
	visiting[name] = 1
	needs = ""
	count = split(soft[name], parts, " ")
	for (i = 1; i <= count; i++) {
		split(resolved(parts[i]), found, " ")
		for (founds = 1; founds in found; founds++) {
			other = found[founds]
			if (!needs_network(other))
				visit(other)
			needs = with(needs, other)
		}
	}
	count = split(deps[name], parts, " ")
	for (i = count; i >= 1; i--) {
		other = name_of(parts[i])
		visit(other)
		needs = with(needs, other)
		post[name] = post[name] post[other]
	}
	number[name] = total++
	needs = needs == "" ? "-" : substr(needs, 2)
	print needs, (path_of[name] ~ /^\// ? "" : prefix) path_of[name] \
		options[name] >drivers
	# A module that is to come after this one is made to need it, which is
	# the only way to come later.
	count = split(post[name], parts, " ")
	for (i = 1; i <= count; i++)
		if (!(parts[i] in number)) {
			soft[parts[i]] = soft[parts[i]] " " name
			visit(parts[i])
		}
}

# leads PATTERN NAME - write down that a device of that pattern loads it
function leads(pattern, name,    parts, count, i) {
	if (!(name in number) || name in blacklist)
		return
	print pattern, number[name] | ("LC_ALL=C sort -u >" aliases)
	count = split(post[name], parts, " ")
	for (i = 1; i <= count; i++)
		if (parts[i] in number)
			print pattern, number[parts[i]] | \
				("LC_ALL=C sort -u >" aliases)
}

# read_lists - what the variables and their files say
function read_lists(    extra, extras, pair, i, name, line) {
	sub(/\|$/, "", never)
	sub(/\|$/, "", seldom)
	sub(/\|$/, "", boards_never)
	sub(/\|$/, "", disk_places)
	extras = split(named, extra, " ")
	for (i = 1; i <= extras; i++) {
		split(extra[i], pair, ":")
		soft[pair[1]] = soft[pair[1]] " " pair[2]
	}
	while ((getline line <places_file) > 0) {
		split(line, pair, " ")
		place[pair[1]] = pair[2]
	}
	while (asked_file != "" && (getline name <asked_file) > 0)
		asked[name] = 1
	while ((getline line <listed_file) > 0) {
		sub(/ .*/, "", line)
		listed[name_of(line)] = 1
	}
}

# consider NAME - a module that the list "generic" has
function consider(name,    path) {
	path = place_of(name)
	if (path ~ never)
		return
	if (path !~ /\/drivers\/net\// && needs_network(name))
		return
	# No keyboard leads to a disk.
	if (path !~ /drivers\/(hid|i2c|input|mfd|pinctrl)\//)
		disk[name] = 1
	take(name, path)
}

# consider_board NAME - a module that the list "boards" has
function consider_board(name,    path) {
	path = place_of(name)
	if (!(name in on_board) || path ~ boards_never || needs_network(name))
		return
	disk[name] = 1
	take(name, path)
}

# take NAME PLACE - into the index, if the kind of the image has it
function take(name, path) {
	if (kind == "host" && name in asked || kind == "full" ||
	    kind == "generic" && path !~ seldom)
		visit(name)
}

# choose - the modules that go into the index
function choose(    part, parts, k, i) {
	parts = split(boards, part, " ")
	for (k = 1; k <= parts; k++)
		for (i = 0; i < modules; i++)
			if (place_of(order[i]) ~ "/" part[k])
				consider_board(order[i])
	parts = split(generic, part, " ")
	for (k = 1; k <= parts; k++)
		for (i = 0; i < modules; i++)
			if (place_of(order[i]) ~ "/" part[k])
				consider(order[i])
	parts = split(wanted, part, " ")
	for (k = 1; k <= parts; k++)
		for (i = 0; i < modules; i++)
			if (path_of[order[i]] ~ "/" part[k] ||
			    place_of(order[i]) ~ "/" part[k])
				visit(order[i])
}

# read_module - a line of modules.dep: a module and what it depends on
function read_module(    path, name) {
	path = $1
	sub(/:$/, "", path)
	name = name_of(path)
	path_of[name] = path
	order[modules++] = name
	sub(/^[^ ]* */, "")
	deps[name] = $0
}

# read_options - a line of modprobe.d: the parameters of a module
function read_options(    name) {
	name = $2
	gsub(/-/, "_", name)
	sub(/^[^ ]* *[^ ]* */, "")
	options[name] = options[name] " " $0
}

# read_softdep - a line of modprobe.d: what comes before a module and after it
function read_softdep(    when, i) {
	gsub(/-/, "_", $2)
	when = ""
	for (i = 3; i <= NF; i++) {
		if ($i == "pre:" || $i == "post:") {
			when = $i
		} else if (when == "pre:") {
			soft[$2] = soft[$2] " " $i
		} else if (when == "post:") {
			gsub(/-/, "_", $i)
			post[$2] = post[$2] " " $i
		}
	}
}

# write_lists - what leads to the modules that are in, and to those that are not
function write_lists(    name, i) {
	# The kernel asks modprobe for modules by their names, too.
	for (name in number)
		leads(name, name)
	for (i = 0; i < patterns; i++) {
		name = target[i]
		leads(pattern_of[i], name)
		if (name in disk && !(name in number) &&
		    !(name in listed) && pattern_of[i] ~ /:|^fs[-_]/)
			print pattern_of[i], name | \
				("LC_ALL=C sort -u >" absent)
	}
	for (name in number)
		if (place_of(name) ~ "/(" disk_places ")")
			print name >disks
	for (name in replaced)
		if (name in number)
			print name >commands
}

BEGIN {
	boards = ENVIRON["boards"]
	boards_never = ENVIRON["boards_never"]
	places_file = ENVIRON["places_file"]
	generic = ENVIRON["generic"]
	never = ENVIRON["never"]
	seldom = ENVIRON["seldom"]
	named = ENVIRON["named"]
	wanted = ENVIRON["wanted"]
	kind = ENVIRON["kind"]
	prefix = ENVIRON["prefix"]
	asked_file = ENVIRON["asked_file"]
	listed_file = ENVIRON["listed_file"]
	drivers = ENVIRON["drivers"]
	aliases = ENVIRON["aliases"]
	absent = ENVIRON["absent"]
	commands = ENVIRON["commands"]
	disks = ENVIRON["disks"]
	disk_places = ENVIRON["disk_places"]
	files = 0
	modules = 0
	patterns = 0
	total = 0
}

FNR == 1 {
	files++
}

files == 1 {
	read_module()
	next
}

$1 == "blacklist" {
	gsub(/-/, "_", $2)
	blacklist[$2] = 1
}

# A command in the place of a driver is most often one that does nothing.
$1 == "install" {
	gsub(/-/, "_", $2)
	if ($3 ~ /(^|\/)(true|false|:)$/)
		removed[$2] = 1
	else
		replaced[$2] = 1
}

$1 == "options" {
	read_options()
}

$1 == "alias" && NF == 3 && $2 !~ /^symbol:/ {
	gsub(/-/, "_", $3)
	pattern_of[patterns] = $2
	target[patterns++] = $3
	exact[$2] = exact[$2] " " $3
	if ($2 ~ /^(of|platform|i2c|spi|spmi|rpmsg|amba|acpi\*?):/)
		on_board[$3] = 1
}

$1 == "softdep" {
	read_softdep()
}

END {
	read_lists()
	choose()
	write_lists()
}
