"""The partition for settings, spool and logs: ext4, small in the image and grown to the disk at the first boot."""

LABEL = "siembox-data"
SIZE = 64 << 20
BLOCK = 4096
# block group descriptors are kept free for this much, so that it can be grown in place: 2 TB
GROWS_TO = (2 << 40) // BLOCK
# checksums find what a dying card returns; with a journal a power cut costs nothing that was synced
# what is found damaged is written to no more, until e2fsck has seen it at the next boot (-e remount-ro)
FEATURES = (
    "none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file,huge_file,dir_nlink,"
    "extra_isize,metadata_csum"
)


def make(file, uuid, hash_seed, date, host):
    """Writes the empty file system into a new file of SIZE bytes."""
    with file.open("wb") as opened:
        opened.truncate(SIZE)
    options = f"resize={GROWS_TO},hash_seed={hash_seed},root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    host.run(
        "sbin/mke2fs", "-q", "-F", "-t", "ext4", "-b", BLOCK, "-I", 256, "-i", 16384, "-m", 1, "-J", "size=8",
        "-O", FEATURES, "-E", options, "-L", LABEL, "-U", uuid, "-e", "remount-ro", file,
        E2FSPROGS_FAKE_TIME=str(date),
    )  # fmt: skip
