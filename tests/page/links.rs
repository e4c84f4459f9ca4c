//! Links in the place of our files: whoever may write to the state folder gains nothing by siembox's rights. The links of these
//! tests lead to files of the tests' own.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::house::PASSWORD;
use crate::siembox::{PATIENCE, Siembox, files, signal};
use crate::tls::scene;

/// It has begun, and answers or has said why not and ended. Then it is told to stop.
fn one_life(siembox: &Siembox) {
    let log = fs::File::create(siembox.path("life")).unwrap();
    let mut child = siembox
        .command("run")
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap();
    let begin = Instant::now();
    let mut ended = false;
    let is_up = |child: &mut Child, ended: &mut bool| {
        *ended = child.try_wait().unwrap().is_some();
        *ended || siembox.status().is_some_and(|it| !it.page.is_empty())
    };
    while !is_up(&mut child, &mut ended) {
        assert!(begin.elapsed() < PATIENCE, "it neither begins nor ends");
        std::thread::sleep(Duration::from_millis(20));
    }
    if !ended {
        signal(child.id(), "TERM");
    }
    child.wait().unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[test]
fn a_link_in_the_place_of_any_file_of_ours_leads_nowhere() {
    let mut scene = scene("");
    let mut client = scene.client();
    let said = client.post("/claim", &[("password", PASSWORD), ("again", PASSWORD)]);
    assert_eq!(said.code, 303, "{}", said.body);
    scene.siembox.wait("lines are proved", |status| {
        status.agents[0].lines.proved > 0
    });
    scene.siembox.stop();
    let siembox = &scene.siembox;
    let (state, kept) = (siembox.state(), siembox.path("kept"));
    fs::rename(&state, &kept).unwrap();
    let below = |path: PathBuf| path.strip_prefix(&kept).unwrap().to_owned();
    let mut names: Vec<PathBuf> = files(&kept).into_iter().map(below).collect();
    // those of a moment, which a quiet box does not leave behind
    let of_a_moment = [
        "status.sock",
        "owner.new",
        "audit.new",
        "agents/contoso/ledger.new",
        "agents/contoso/copy.new",
        "agents/contoso/probe",
    ];
    names.extend(of_a_moment.map(PathBuf::from));
    for needed in ["lock", "owner", "audit", "page/key.pem"] {
        assert!(names.contains(&PathBuf::from(needed)), "{names:?}");
    }
    let others = siembox.path("others");
    for name in names {
        let _ = fs::remove_dir_all(&state);
        copy(&kept, &state);
        let _ = fs::remove_file(state.join(&name));
        // what a reader of ours would take for its own
        let content = fs::read(kept.join(&name)).unwrap_or_else(|_| b"others'".to_vec());
        fs::write(&others, &content).unwrap();
        let before = fs::metadata(&others).unwrap();
        symlink(&others, state.join(&name)).unwrap();
        one_life(siembox);
        let after = fs::metadata(&others).unwrap();
        assert!(fs::read(&others).unwrap() == content, "{}", name.display());
        assert_eq!(
            before.permissions(),
            after.permissions(),
            "{}",
            name.display()
        );
    }
}
