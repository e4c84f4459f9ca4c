//! The firmware image: are two builds the same bytes, and is in it what a box needs and nothing
//! that lets people in?
//!
//! `make image-test` runs this. What builds an image is ignored otherwise, as `release.rs` is: the
//! first build fetches 150 MB from Debian. siembox itself does not matter here, so a line of text
//! stands in for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The one that is built fastest.
const BOARD: &str = "qemu-x86_64";

#[test]
#[ignore = "fetches and unpacks Debian packages"]
fn two_builds_are_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let one = image(&folder.path().join("one"), &[], &[("TZ", "UTC")]);
    // what may differ between two people: clock, zone, language, and where they build
    let elsewhere = [("TZ", "Pacific/Auckland"), ("LC_ALL", "tr_TR.UTF-8")];
    let other = image(&folder.path().join("another/place"), &[], &elsewhere);
    let (one, other) = (std::fs::read(one).unwrap(), std::fs::read(other).unwrap());
    assert_eq!(one.len(), other.len());
    let differs = one.iter().zip(&other).position(|(a, b)| a != b);
    assert_eq!(differs, None, "first byte that differs");
}

#[test]
#[ignore = "fetches and unpacks Debian packages"]
fn a_release_image_has_what_a_box_needs_and_no_shell() {
    let folder = tempfile::tempdir().unwrap();
    let files = root_of(&image(folder.path(), &[], &[]));
    let is = |path: &str, what: &str| {
        let found = files.get(path).map(|data| String::from_utf8_lossy(data));
        assert_eq!(found.as_deref(), Some(what), "{path}");
    };
    is("init", "bin/siembox");
    is("bin/siembox", "siembox");
    is("bin/siembox-lease", "siembox");
    is("bin/udhcpc", "/bin/busybox");
    is("etc/resolv.conf", "/run/resolv.conf");
    for program in [
        "e2fsck",
        "resize2fs",
        "mkfs.ext4",
        "sfdisk",
        "fsck.vfat",
        "nft",
    ] {
        assert!(files.contains_key(&format!("sbin/{program}")), "{program}");
    }
    let firmware = String::from_utf8_lossy(&files["etc/siembox/firmware.toml"]);
    assert!(firmware.contains("board = \"qemu-x86_64\"\n"), "{firmware}");
    assert!(firmware.contains("debug = false\n"), "{firmware}");
    // whatever else leads to busybox is a way in
    let links = files.iter().filter(|(_, data)| data.ends_with(b"busybox"));
    assert_eq!(
        links.map(|(path, _)| path.as_str()).collect::<Vec<_>>(),
        ["bin/udhcpc"]
    );
}

#[test]
#[ignore = "fetches and unpacks Debian packages"]
fn modules_stand_behind_those_that_they_need() {
    let folder = tempfile::tempdir().unwrap();
    let files = root_of(&image(folder.path(), &[], &[]));
    let list = String::from_utf8_lossy(&files["etc/siembox/modules"]).into_owned();
    let place = |name: &str| {
        let file = format!("/{name}.ko");
        list.lines()
            .position(|line| line.split(' ').next().unwrap().ends_with(&file))
            .unwrap_or_else(|| panic!("no {name} in\n{list}"))
    };
    assert!(place("jbd2") < place("ext4"));
    assert!(place("crc32c_generic") < place("ext4"));
    assert!(place("virtio_pci") < place("virtio_net"));
    assert!(place("nf_tables") < place("nft_ct"));
    let watchdog = list.lines().last().unwrap();
    assert!(
        watchdog.ends_with("/i6300esb.ko heartbeat=60"),
        "{watchdog}"
    );
    for line in list.lines() {
        let path = line.split(' ').next().unwrap();
        assert!(files.contains_key(path.trim_start_matches('/')), "{path}");
    }
}

#[test]
#[ignore = "fetches and unpacks Debian packages"]
fn a_debug_image_has_a_shell() {
    let folder = tempfile::tempdir().unwrap();
    let made = image(folder.path(), &["--debug"], &[]);
    assert_eq!(root_of(&made)["bin/sh"], b"/bin/busybox");
    let told = std::fs::read_to_string(parts(&made).join("cmdline")).unwrap();
    assert!(told.ends_with(" siembox.debug\n"), "{told}");
}

#[test]
#[ignore = "runs the image builder"]
fn a_board_that_is_not_there_is_answered_with_those_that_are() {
    let said = Command::new(builder())
        .arg("raspberry-pie")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&said.stderr);
    assert!(said.contains("no board 'raspberry-pie'"), "{said}");
    assert!(
        said.contains("qemu-aarch64, qemu-x86_64, raspberry-pi-3"),
        "{said}"
    );
}

/// Debian's links are often absolute (`sbin/depmod` is `/bin/kmod`): a machine without the program
/// found none, any other took its own instead of the pinned one.
#[test]
fn a_link_of_a_package_leads_into_the_package_and_never_to_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    for sub in ["bin", "sbin", "lib/deep"] {
        std::fs::create_dir_all(root.join(sub)).unwrap();
    }
    std::fs::write(root.join("bin/kmod"), "").unwrap();
    for (link, target) in [
        ("sbin/depmod", "/bin/kmod"),
        ("sbin/again", "depmod"),
        ("usr", "/"),
        ("lib/deep/up", "../../../../../bin/kmod"),
        ("sbin/shell", "/bin/sh"),
        ("sbin/around", "around"),
    ] {
        std::os::unix::fs::symlink(target, root.join(link)).unwrap();
    }
    let found = |path: &str| {
        let script = "import sys; from pathlib import Path; from build.unpacked import inside; print(inside(Path(sys.argv[1]), sys.argv[2]))";
        let mut python = Command::new("python3");
        python.args(["-B", "-c", script]).arg(root).arg(path);
        let said = python
            .env("PYTHONPATH", builder().parent().unwrap())
            .output()
            .unwrap();
        match said.status.success() {
            true => String::from_utf8(said.stdout).unwrap(),
            false => String::from_utf8(said.stderr).unwrap(),
        }
    };
    let kmod = format!("{}/bin/kmod\n", root.display());
    for path in [
        "bin/kmod",
        "/bin/kmod",
        "sbin/depmod",
        "sbin/again",
        "usr/bin/kmod",
        "usr/sbin/depmod",
        "lib/deep/up",
    ] {
        assert_eq!(found(path), kmod, "{path}");
    }
    let shell = format!("{}/bin/sh\n", root.display());
    assert_eq!(found("sbin/shell"), shell, "none there, so none");
    let around = found("sbin/around");
    assert!(around.contains("a link that leads to itself"), "{around}");
}

fn builder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("image/build.py")
}

/// Makes an image of [`BOARD`] in a folder and returns its path.
fn image(out: &Path, flags: &[&str], environment: &[(&str, &str)]) -> PathBuf {
    std::fs::create_dir_all(out).unwrap();
    let stand_in = out.join("siembox");
    std::fs::write(&stand_in, "siembox").unwrap();
    let mut build = Command::new(builder());
    build.arg(BOARD).args(flags).arg("--out").arg(out);
    build
        .arg("--siembox")
        .arg(stand_in)
        .envs(environment.iter().copied());
    let done = build.output().unwrap();
    assert!(
        done.status.success(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    let debug = if flags.contains(&"--debug") {
        "-debug"
    } else {
        ""
    };
    out.join(format!(
        "siembox-{BOARD}-{}{debug}.img",
        env!("CARGO_PKG_VERSION")
    ))
}

/// The folder with the image's parts, beside it.
fn parts(image: &Path) -> PathBuf {
    image.with_extension("")
}

/// {path: contents, or what a link leads to} of the initramfs.
fn root_of(image: &Path) -> BTreeMap<String, Vec<u8>> {
    let packed = std::fs::File::open(parts(image).join("initramfs")).unwrap();
    let archive = zstd::decode_all(packed).unwrap();
    let up = |number: usize| number.next_multiple_of(4);
    let mut files = BTreeMap::new();
    let mut at = 0;
    loop {
        let header = std::str::from_utf8(&archive[at..at + 110]).unwrap();
        assert!(header.starts_with("070701"), "{header}");
        let field = |number: usize| {
            usize::from_str_radix(&header[6 + 8 * number..14 + 8 * number], 16).unwrap()
        };
        let (size, name_size) = (field(6), field(11));
        let name = std::str::from_utf8(&archive[at + 110..at + 110 + name_size - 1]).unwrap();
        let data = up(at + 110 + name_size);
        if name == "TRAILER!!!" {
            return files;
        }
        files.insert(name.to_owned(), archive[data..data + size].to_vec());
        at = up(data + size);
    }
}
