//! Links in the place of our files: whoever may write to the state folder gains nothing by
//! siembox's rights. The links of these tests lead to files of the tests' own.

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

/// Folders below `folder`, their names relative to it.
fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(one) = open.pop() {
        for entry in fs::read_dir(one).unwrap().map(Result::unwrap) {
            if entry.file_type().unwrap().is_dir() {
                open.push(entry.path());
                found.push(entry.path().strip_prefix(folder).unwrap().to_owned());
            }
        }
    }
    found
}

fn contents(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = files(folder);
    files.sort();
    let read = |file: PathBuf| {
        let bytes = fs::read(&file).unwrap();
        (file, bytes)
    };
    files.into_iter().map(read).collect()
}

/// The state folder may lie behind links, below it none is followed.
#[test]
fn links_lead_to_the_state_folder_and_none_leads_out_of_it() {
    let mut scene = scene("");
    let (state, data) = (scene.siembox.state(), scene.siembox.path("data"));
    scene.https();
    scene.siembox.wait("lines are proved", |status| {
        status.agents[0].lines.proved > 0
    });
    scene.siembox.stop();
    // as /var/lib -> /data/lib, with a link in the place of the state folder itself
    fs::create_dir(&data).unwrap();
    fs::rename(&state, data.join("state")).unwrap();
    symlink("data/state", &state).unwrap();
    scene.siembox.start();
    scene.siembox.wait("the stream is read", |status| {
        status.agents[0].activities.pages > 0 && status.page.len() == 2
    });
    scene.siembox.stop();
    assert!(state.is_symlink(), "it is still the owner's link");

    let siembox = &scene.siembox;
    let (kept, others) = (siembox.path("kept"), siembox.path("others"));
    fs::remove_file(&state).unwrap();
    fs::rename(data.join("state"), &kept).unwrap();
    let names = folders(&kept);
    for needed in ["agents", "agents/contoso", "agents/contoso/ids", "page"] {
        assert!(names.contains(&PathBuf::from(needed)), "{names:?}");
    }
    for name in names {
        for folder in [&state, &others] {
            let _ = fs::remove_dir_all(folder);
        }
        copy(&kept, &state);
        fs::rename(state.join(&name), &others).unwrap();
        symlink(&others, state.join(&name)).unwrap();
        let before = contents(&others);
        one_life(siembox);
        assert!(contents(&others) == before, "{}", name.display());
        assert!(state.join(&name).is_symlink(), "{}", name.display());
        let said = fs::read_to_string(siembox.path("life")).unwrap();
        let words = format!("{} is a link", name.file_name().unwrap().display());
        // ids are only met where something new is sent
        let is_met = !name.ends_with("ids");
        assert!(
            !is_met || said.contains(&words),
            "{}: {said}",
            name.display()
        );
    }
}
