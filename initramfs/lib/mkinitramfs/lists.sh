# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# lists.sh - which drivers go into which image
#
# Most lists hold one extended regular expression a word, for the path of a module
# below the directory kernel/ of all modules.

# What may lead to a disk, or be on one. Drivers that need the network are left
# out later. What stands first is loaded first where several are asked for at
# once.
generic='
drivers/virtio/
drivers/block/virtio_blk\.
drivers/nvme/(host|common)/
drivers/(nvdimm|acpi/nfit|hv|xen|ata)/
drivers/(mmc|usb)/(core|host)/
drivers/usb/(storage|common)/
drivers/block/(xen-blkfront|nbd|loop|mtip32xx|rsxx|skd|sx8)\.
drivers/scsi/
drivers/message/fusion/
drivers/pci/(controller|host)/
drivers/ufs/
drivers/misc/cardreader/
drivers/(dax|cdrom)/
fs/(ext[24]|jbd2|xfs|btrfs|f2fs|fat|squashfs|erofs|isofs|overlayfs)/
fs/(fuse|9p|exfat|efivarfs)/
net/9p/
fs/(jfs|nilfs2|reiser(fs|4)|bcachefs|udf|minix|ufs|hfs|hfsplus|romfs|cramfs)/
fs/(befs|bfs|hpfs|ntfs3?|sysv|freevxfs|zonefs)/
'
# Of these, what no image needs, unless another module does: tapes, changers,
# enclosures, tests, the side that serves disks to others, memory and input of
# virtual machines, readers of cameras' cards, parts of drivers that are left out.
never='
scsi/(st|sg|ch|ses|scsi_debug|xen-scsiback)\.
/tcm_ /target/ /pcmcia/ _cs\.
fusion/mpt(ctl|lan)\.
(hv_utils|hv_balloon|virtio_(mem|balloon|input|dma_buf))\.
drivers/xen/ drivers/dax/
usb/host/(sl811|u132|isp116x|isp1362|oxu210hp|max3421|c67x00)
ums-(alauda|datafab|freecom|jumpshot|karma|sddr|usbat)
mmc/(core/(sdio_uart|mmc_test)|host/vub300)
ata/pata_legacy\. ledtrig fuse/cuse 9pnet_(fd|rdma)\.
'
# What a generic image knows by name alone: whoever has these knows it, and they
# are a third of all bytes. Disks of storage networks; parallel SCSI except what
# virtual machines have (mptspi), the RAID adapters and HBAs of its time, and some
# that were always few; PATA except Intel's, which virtual machines have; boards
# with SATA from before AHCI; memory that is a disk; card readers that are not
# SDHCI; file systems that hardly any root is on, nor its image.
seldom='
scsi/(lpfc|qla2xxx|bfa|csiostor|libfc|fcoe|fnic|snic|qla4xxx)/
iscsi mptfc\. nvme-(fc|tcp|rdma)\. block/nbd\.
scsi/(aic7xxx|sym53c8xx_2|aic94xx|esas2r|mvsas|pm8001)/
scsi/(advansys|BusLogic|dc395x|esp_scsi|am53c974|qla1280|initio|a100u2w)\.
scsi/(atp870u|dmx3191d|wd719x|qlogicfas408)\.
scsi/(ips|ipr|myrb|myrs|pmcraid|mvumi|stex|hptiop|3w-xxxx|3w-9xxx)\.
megaraid/?(_mbox|_mm)?\.
scsi/(3w-sas|scsi_transport_srp)\. scsi/device_handler/
ata/(pata_|sata_(sx4|qstor|vsc|uli|sis|svw|inic162x|nv|via|sil|promise|mv)\.)
ata/(pdc_adma|acard-ahci)\. drivers/(nvdimm|acpi/nfit)/
mmc/host/(wbsd|tifm_sd|cb710-mmc|toshsd|via-sdmmc|ushc|sdricoh_cs)\.
usb/storage/ums-(eneub6250|isd200|cypress|onetouch|realtek)\.
fs/(exfat/|fat/msdos\.)
fs/(jfs|nilfs2|reiser(fs|4)|bcachefs|udf|minix|ufs|hfs|hfsplus|romfs|cramfs)/
fs/(befs|bfs|hpfs|ntfs3?|sysv|freevxfs|zonefs)/
'
# MODULE:OTHER, where MODULE asks for OTHER by its name while it runs, and no list
# of the kernel's says so.
named='
vfat:nls_cp437 vfat:nls_iso8859_1 vfat:nls_ascii vfat:nls_utf8
isofs:nls_utf8 exfat:nls_utf8
ext4:crypto_crc32c f2fs:crypto_crc32 btrfs:crypto_crc32c
dm_integrity:crypto_crc32c
'

# What most roots wait for, as names: unpacked in every image.
likely=' ext4 jbd2 mbcache crc16 libcrc32c crc32c_generic crc32c-intel nvme
nvme-core nvme-auth nvme-keyring virtio virtio_ring virtio_pci
virtio_pci_modern_dev virtio_pci_legacy_dev virtio_blk virtio_scsi scsi_mod
scsi_common sd_mod libata libahci ahci '

# What the programs of --with-... have the kernel ask for by name while they run;
# no module depends on these. A logical volume may be of any type that lvm
# makes, and dm-raid asks md for its levels. VDO's driver is called kvdo where it
# is not the kernel's own.
lvm_modules='
drivers/md/(dm-vdo/)?dm-(mod|mirror|snapshot|raid|thin-pool|cache|cache-smq)\.
drivers/md/(dm-vdo/)?dm-(writecache|integrity|vdo|zero)\.
drivers/md/raid(0|1|10|456)\. kvdo\.
'
md_modules='drivers/md/(md-mod|raid[0-9]+|(md-)?linear|multipath)\.'
crypt_modules='
drivers/md/dm-(mod|crypt|integrity)\.
crypto/(xts|ecb|cbc|ctr|essiv|lrw|aes_generic|sha[0-9]+_generic|sha[0-9]+|cryptd)\.
crypto/(serpent_generic|twofish_generic|camellia_generic|cast6_generic)\.
crypto/(adiantum|nhpoly1305|chacha|chacha_generic|poly1305|poly1305_generic)\.
crypto/(authenc|hmac|cmac|aegis128|chacha20poly1305|gcm|ghash-generic)\.
crypto/(rmd160|wp512|blake2b_generic|streebog_generic|sm3|sm3_generic)\.
crypto/(af_alg|algif_skcipher|algif_hash|algif_aead)\.
arch/[^/]*/crypto/(aes|sha)
'
# Keyboards, where somebody may have to type (--with-crypt, a shell): on USB, I2C
# and of virtual machines; the driver for the PS/2 port is built in everywhere.
# hid-generic does not take the keyboards of some makers
# (drivers/hid/hid-quirks.c: hid_have_special_driver), or their function keys come
# as other keys. Any such image has USB's, because one may be plugged in.
usb_keyboards='
drivers/hid/(usbhid/usbhid|hid-generic)\.
drivers/virtio/virtio_input\.
'
keyboards='
drivers/hid/i2c-hid/ drivers/mfd/intel-lpss drivers/pinctrl/intel/
drivers/i2c/[^/]*/i2c-designware
drivers/input/(serio/hyperv-keyboard|misc/xen-kbdfront)\.
drivers/hid/hid-(apple|asus|belkin|cherry|chicony|corsair|cypress|ezkey)\.
drivers/hid/hid-(gembird|holtek-kbd|ite|keytouch|kye|lenovo|lg-g15|macally)\.
drivers/hid/hid-(logitech|logitech-dj|logitech-hidpp|maltron|microsoft)\.
drivers/hid/hid-(monterey|nti|ortek|petalynx|primax|razer|redragon|samsung)\.
drivers/hid/hid-(semitek|sunplus|topseed|vivaldi|zydacron)\.
'
# With --with-nfs: the cards that a machine may be booted over, and what NFS asks
# for while it runs.
net_modules='
drivers/net/(ethernet|phy|mdio|pcs|hyperv|vmxnet3|usb|fjes)/
drivers/net/(virtio_net|xen-netfront)\.
'
nfs_modules='fs/nfs/nfs(v3|v4)?\.'
