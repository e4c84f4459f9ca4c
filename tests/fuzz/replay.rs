//! Every target over all that the fuzzer found worth keeping: the corpora, and the inputs that once
//! broke something.

use std::path::{Path, PathBuf};

use siembox_fuzz::TARGETS;

#[test]
fn all_that_was_found_holds() {
    let mut broken = Vec::new();
    for (name, run) in TARGETS {
        let (corpus, crashes) = (files("corpus", name), files("crashes", name));
        assert!(!corpus.is_empty(), "{name} has no corpus");
        for path in corpus.iter().chain(&crashes) {
            let data = std::fs::read(path).expect("a file of the tree");
            // all of them, each by its name
            if std::panic::catch_unwind(|| run(&data)).is_err() {
                broken.push(path.display().to_string());
            }
        }
        println!(
            "{name}: {} inputs, {} of them once broke something",
            corpus.len() + crashes.len(),
            crashes.len()
        );
    }
    assert!(broken.is_empty(), "broken by\n{}", broken.join("\n"));
}

#[test]
fn corpora_stay_small() {
    let mut all = 0;
    for (name, _) in TARGETS {
        let sizes = files("corpus", name)
            .into_iter()
            .map(|path| std::fs::metadata(path).map_or(0, |data| data.len()));
        let size: u64 = sizes.sum();
        assert!(
            size < 60_000,
            "{name}: {size} bytes; `make fuzz-keep T={name}` makes it smaller"
        );
        all += size;
    }
    assert!(all < 300_000, "{all} bytes");
}

#[test]
fn none_is_empty_handed() {
    for (_, run) in TARGETS {
        run(b"");
        for byte in 0..=255 {
            run(&[byte]);
        }
    }
}

fn files(kind: &str, target: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join(kind)
        .join(target);
    let Ok(entries) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.sort();
    paths
}
