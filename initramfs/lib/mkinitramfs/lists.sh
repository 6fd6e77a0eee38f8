# SPDX-License-Identifier: MIT
# shellcheck shell=sh disable=SC2034
#
# lists.sh - which drivers go into which image
#
# Most lists hold one extended regular expression a word, for the path of a module
# below the directory kernel/ of all modules. A module that lies elsewhere is taken
# by the place that outside.sh gives it.

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
drivers/(dax|cdrom|firewire)/
drivers/usb/(dwc2|dwc3|chipidea|cdns3|musb|isp1760)/
drivers/iommu/virtio-iommu\.
drivers/pinctrl/intel/
outside/disk/
fs/(ext[24]|jbd2|xfs|btrfs|f2fs|fat|squashfs|erofs|isofs|overlayfs)/
fs/(fuse|9p|exfat|efivarfs)/
net/9p/
fs/(jfs|nilfs2|reiser(fs|4)|bcachefs|udf|minix|ufs|hfs|hfsplus|romfs|cramfs)/
fs/(befs|bfs|hpfs|ntfs3?|sysv|freevxfs|zonefs)/
'
# Of these, what makes a disk, rather than leads to one.
disk_places='
drivers/(block|nvme|scsi|ata|mmc|ufs|message|nvdimm|xen|hv|firewire|dax)/
drivers/usb/storage/ drivers/s390/block/ outside/disk/
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
firewire/(firewire-net|nosy|init_ohci1394_dma)\. firewire/.*test
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
# Of PCs alone: what turns a socket of a tablet into a device.
seldom_pc='drivers/usb/(dwc2|dwc3|chipidea|cdns3|musb|isp1760)/'
# What the hosts of disks, cards and USB need on boards that a device tree or tables
# of the firmware describe: a host does not begin to work before its clock, its
# voltage, its phy and so on have drivers, and no dependency of modules says so
# (drivers/of/property.c: of_supplier_bindings). They go into the images of kernels
# that are not for PCs, if an alias of theirs is for a device of such a board. Fewer
# hosts depend on the others: --kind host takes what this machine's do.
boards='
drivers/(phy|regulator|clk|reset|pinctrl|gpio|mfd|pmdomain|genpd)/
drivers/(soc|interconnect|iommu|mailbox|nvmem|hwspinlock|rpmsg|irqchip)/
drivers/(spmi|mux|pwm|extcon|firmware|bus|dma|spi|platform/cznic)/
drivers/i2c/(bus|mux)[^/]*/
drivers/usb/(phy|roles|typec)/
drivers/power/sequencing/
drivers/power/supply/axp20x_usb_power\. drivers/iio/adc/axp20x_adc\.
'
# Of these, what is for screens, cameras, sound, modems and measuring, or hangs on
# USB itself.
boards_never='
clk/qcom/(disp|cam|video|gpu|lpass|lcc|turing|q6sstop|mss)[^/]*$
clk/mediatek/[^/]*-(aud|adsp|apusys|bdp|cam|ccu|img|ipe|jpg|mdp|mfg|mm|scp)[^/]*$
clk/mediatek/[^/]*-(vdec|venc|vdo|vpp|wpe)[^/]*$
clk/meson/axg-audio reset-meson-audio
phy/.*(mipi|dsi|csi|hdmi|dphy|-e?dp\.|gmii|lynx)
soc/.*(canvas|apr\.|wcnss|cmdq|mutex|mmsys|svs|devapc|dpaa2|rmtfs|stats|ocmem)
mailbox/mtk-(adsp|cmdq) iommu/mtk_iommu mfd/(wcd|wm|cs4|arizona|madera)
viperboard gpio-wcd spi-(butterfly|lm70llp|nor|loopback|slave) spidev\.
firmware/(google|efi|cirrus)/ firmware/(iscsi_ibft|qemu_fw_cfg|mtk-adsp)
'
# What a module that the kernel's authors do not know calls in the kernel, and the
# place that it has by that; the first line that fits counts.
outside_places='
usb_stor_probe1 drivers/usb/storage
ata_host_activate ata_host_alloc ata_host_alloc_pinfo drivers/ata
ata_pci_init_one ahci_platform_init_host drivers/ata
nvme_init_ctrl drivers/nvme/host
ufshcd_init ufshcd_pltfrm_init drivers/ufs/host
mmc_add_host sdhci_add_host __sdhci_add_host drivers/mmc/host
sdhci_pltfm_init_and_add_host dw_mci_probe dw_mci_pltfm_register drivers/mmc/host
scsi_host_alloc scsi_add_host_with_dma drivers/scsi
usb_add_hcd usb_create_hcd __usb_create_hcd drivers/usb/host
dwc3_core_probe ci_hdrc_add_device cdns_init drivers/usb/dwc3
pci_host_probe pci_host_common_probe dw_pcie_host_init drivers/pci/controller
device_add_disk __blk_alloc_disk __blk_mq_alloc_disk outside/disk
register_virtio_device drivers/virtio
register_netdev register_netdevice drivers/net/ethernet
devm_phy_create phy_create __devm_of_phy_provider_register drivers/phy
regulator_register devm_regulator_register drivers/regulator
reset_controller_register devm_reset_controller_register drivers/reset
of_clk_add_hw_provider devm_of_clk_add_hw_provider of_clk_add_provider drivers/clk
pinctrl_register devm_pinctrl_register pinctrl_enable drivers/pinctrl
devm_pinctrl_register_and_init drivers/pinctrl
gpiochip_add_data_with_key devm_gpiochip_add_data_with_key drivers/gpio
pm_genpd_init of_genpd_add_provider_onecell drivers/pmdomain
icc_provider_register drivers/interconnect
iommu_device_register drivers/iommu
mbox_controller_register devm_mbox_controller_register drivers/mailbox
mfd_add_devices devm_mfd_add_devices drivers/mfd
i2c_add_adapter i2c_add_numbered_adapter devm_i2c_add_adapter drivers/i2c/muxes
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
# TPMs, with what some of them hang on in laptops. FIDO2 needs no more than a
# keyboard on USB does.
token_modules='
drivers/char/tpm/(tpm|tpm_(tis|crb)[a-z0-9_]*|tpm_ftpm_tee|tpm_svsm)\.
drivers/char/tpm/(tpm_i2c_(nuvoton|infineon)|st33zp24/[a-z0-9_]*|xen-tpmfront)\.
drivers/spi/spi-(pxa2xx-[a-z]*|amd[a-z-]*)\.
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
