//! QEMU's Raspberry Pi 3: the same firmware with Debian's kernel and device tree, on the board's own GPIO and SD controller.
