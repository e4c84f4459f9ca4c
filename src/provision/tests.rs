//! Cards as people fill them, and the power that goes at each step.

#![allow(clippy::unwrap_used)]

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::*;
use crate::settings::{Overrides, Settings};

const TOML: &str = "[[agent]]\nname = \"contoso\"\n[agent.source]\napi_url = \"https://contoso.us3.portal.cloudappsecurity.com\"\ntoken_file = \"token\"\n[agent.siem]\nhost = \"siem.example\"\n";
const TOKEN: &str = "SecretSecretSecret0123456789";

struct Device {
    folder: tempfile::TempDir,
}

impl Device {
    fn new(card: &[(&str, &[u8])]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("esp")).unwrap();
        fs::create_dir(folder.path().join("etc")).unwrap();
        let made = Self { folder };
        made.put(card);
        made
    }

    fn put(&self, card: &[(&str, &[u8])]) {
        for (name, bytes) in card {
            fs::write(self.esp().join(name), bytes).unwrap();
        }
    }

    fn esp(&self) -> PathBuf {
        self.folder.path().join("esp")
    }

    fn etc(&self) -> PathBuf {
        self.folder.path().join("etc")
    }

    fn take_in(&self) -> ProvisionResult {
        take_in_by(&Steps::whole(None), &self.esp(), &self.etc())
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.etc().join(name)).unwrap()
    }

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        let mut names: Vec<String> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn on_card(&self) -> Vec<String> {
        Self::names(&self.esp())
    }

    fn inside(&self) -> Vec<String> {
        Self::names(&self.etc())
    }
}

fn files(taken: &ProvisionResult) -> Vec<&str> {
    match taken {
        ProvisionResult::Settings { files, .. } => files.iter().map(String::as_str).collect(),
        other => panic!("{other:?}"),
    }
}

fn why(taken: &ProvisionResult) -> &str {
    match taken {
        ProvisionResult::Refused { why } => why,
        other => panic!("{other:?}"),
    }
}

fn utf16(text: &str) -> Vec<u8> {
    let units = text.encode_utf16().flat_map(u16::to_le_bytes);
    [0xff, 0xfe].into_iter().chain(units).collect()
}

#[test]
fn settings_and_token_go_in_and_off_the_card() {
    let of = Device::new(&[
        ("siembox.toml", TOML.as_bytes()),
        ("token", TOKEN.as_bytes()),
        ("README.TXT", b"read me"),
        ("STATUS.TXT", b"state"),
    ]);
    fs::create_dir(of.esp().join("EFI")).unwrap();
    assert!(is_due(&of.esp(), &of.etc()));
    let taken = of.take_in();
    assert_eq!(files(&taken), ["token", "siembox.toml"]);
    assert_eq!(of.on_card(), ["EFI", "README.TXT", "STATUS.TXT"]);
    assert_eq!(of.inside(), ["siembox.toml", "token"]);
    assert_eq!(
        (of.read("token").as_str(), of.read("siembox.toml").as_str()),
        (TOKEN, TOML)
    );
    for name in ["token", "siembox.toml"] {
        let mode = fs::metadata(of.etc().join(name))
            .unwrap()
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    assert!(!is_due(&of.esp(), &of.etc()));
    assert_eq!(of.take_in(), ProvisionResult::Nothing);
}

/// Of event hubs, the connection string too; one that can't be used is refused like a token.
#[test]
fn a_connection_string_is_a_secret_like_others() {
    const XDR: &str = "[[agent]]\nname = \"contoso\"\n[agent.source]\nkind = \"defender-xdr\"\n\
        tenant_id = \"contoso.example\"\nclient_id = \"00000000-0000-4000-8000-000000000000\"\n\
        client_secret_file = \"client-secret\"\n[agent.source.event_hubs]\n\
        namespace = \"contoso-siem.servicebus.windows.net\"\nhubs = [\"defender\"]\n\
        connection_string_file = \"hub\"\n[agent.siem]\nhost = \"siem.example\"\n\
        [agent.activities]\nfrom = \"event-hubs\"\n";
    const STRING: &str = "Endpoint=sb://contoso-siem.servicebus.windows.net/;\
        SharedAccessKeyName=siembox;SharedAccessKey=c2VjcmV0LWtleS1vZi1jb250b3Nv";
    let card = |hub: &[u8]| {
        Device::new(&[
            ("siembox.toml", XDR.as_bytes()),
            ("client-secret", b"s3cret~of~the~app"),
            ("HUB.TXT", hub),
        ])
    };
    let of = card(&utf16(&format!("{STRING}\r\n")));
    let taken = of.take_in();
    assert_eq!(files(&taken), ["hub", "client-secret", "siembox.toml"]);
    assert_eq!(of.on_card(), [""; 0]);
    let path = of.etc().join("hub");
    let mode = fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let read = crate::settings::SecretSource::File(path).read_connection_string();
    assert_eq!(read.unwrap().text.reveal(), STRING);

    let sas = "SharedAccessSignature sr=contoso&sig=c2VjcmV0LWtleS1vZi1jb250b3Nv&se=1";
    let broken = STRING.replace(";SharedAccessKey=", ";\nSharedAccessKey=");
    for (hub, said) in [
        (sas, "the text in the file hub is a SAS token"),
        (
            &broken,
            "hub is not a connection string: it contains a blank or a line break",
        ),
    ] {
        let of = card(hub.as_bytes());
        let taken = of.take_in();
        assert!(why(&taken).contains(said), "{taken:?}");
        assert!(!why(&taken).contains("c2Vj"), "{taken:?}");
        assert_eq!(of.on_card().len(), 3);
        assert_eq!(of.inside(), [""; 0]);
    }
}

#[test]
fn a_card_is_taken_as_windows_and_macs_leave_it() {
    for (settings, token) in [
        (
            ("SIEMBOX.TOML", TOML.replace('\n', "\r\n").into_bytes()),
            ("TOKEN", format!("{TOKEN}\r\n").into_bytes()),
        ),
        (
            ("siembox.toml.txt", format!("\u{feff}{TOML}").into_bytes()),
            ("token.txt", format!("\u{feff}{TOKEN}\n").into_bytes()),
        ),
        (
            ("Siembox.toml", utf16(TOML)),
            ("Token.TXT", utf16(&format!("{TOKEN}\r\n"))),
        ),
    ] {
        let of = Device::new(&[
            (settings.0, &settings.1),
            (token.0, &token.1),
            ("._token", b"a Mac was here"),
        ]);
        assert_eq!(
            files(&of.take_in()),
            ["token", "siembox.toml"],
            "{}",
            settings.0
        );
        assert_eq!(of.on_card(), ["._token"]);
        let loaded = Settings::load(&of.etc().join("siembox.toml"), &Overrides::default()).unwrap();
        let secret = loaded.settings.agents[0].source.token().unwrap();
        assert_eq!(secret.read_token().unwrap().reveal(), TOKEN);
    }
}

#[test]
fn what_can_not_be_used_stays_on_the_card_and_changes_nothing() {
    let toml = |from: &str, to: &str| TOML.replace(from, to).into_bytes();
    let large = vec![b'a'; 2 * 1024 * 1024];
    let many: Vec<String> = (0..70).map(|number| format!("{number}.pem")).collect();
    let many: Vec<(&str, &[u8])> = many.iter().map(|name| (name.as_str(), &b"x"[..])).collect();
    type Case<'c> = (&'c [(&'c str, &'c [u8])], &'c [&'c str]);
    let cases: [Case<'_>; 16] = [
        (
            &[("siembox.toml", &toml("host =", "hots ="))],
            &[
                "siembox.toml:7:1: agent[1].siem.hots: unknown setting",
                "siem.host: missing",
            ],
        ),
        (
            &[("siembox.toml", b"[[agent")],
            &["siembox.toml:1:", "not TOML"],
        ),
        (
            &[("siembox.toml", b"\xff\x00")],
            &["siembox.toml is not text: line 1 holds what is not UTF-8"],
        ),
        (
            &[("siembox.toml", TOML.as_bytes())],
            &[
                "agent[1].source.token_file: there is no file \"token\" on the card; cure: put it next to",
            ],
        ),
        (
            &[("siembox.toml", TOML.as_bytes()), ("token", b"two words")],
            &["Invalid token", "(file token)"],
        ),
        (
            &[("siembox.toml", TOML.as_bytes()), ("token", b"\r\n")],
            &["secret's file token is empty"],
        ),
        (
            &[("siembox.toml", TOML.as_bytes()), ("token", &large)],
            &["token on the card is too large (2048 KB; allowed: 1024 KB)"],
        ),
        (
            &[("siembox.toml", &large)],
            &["siembox.toml on the card is too large"],
        ),
        (
            &[
                ("siembox.toml", &toml("\"token\"", "\"/etc/token\"")),
                ("token", b"x"),
            ],
            &["token_file: found \"/etc/token\"; allowed on the card: only a file's name"],
        ),
        (
            &[
                ("siembox.toml", &toml("\"token\"", "\"../token\"")),
                ("token", b"x"),
            ],
            &["found \"../token\""],
        ),
        (
            &[("siembox.toml", &toml("\"token\"", "\"siembox.toml\""))],
            &["found \"siembox.toml\""],
        ),
        (
            &[
                ("siembox.toml", TOML.as_bytes()),
                ("token", b"x"),
                ("Token.txt", b"y"),
            ],
            &["Token.txt and token are on the card"],
        ),
        (
            &[
                (
                    "siembox.toml",
                    &toml("token_file", "ca_file = \"ca.pem\"\ntoken_file"),
                ),
                ("token", b"x"),
                ("ca.pem", b"none"),
            ],
            &["ca.pem"],
        ),
        (
            &[("token", b"x")],
            &["token is on the card without siembox.toml, and there are no settings yet"],
        ),
        (
            &[("siem.key", b"x")],
            &["siem.key is on the card without siembox.toml"],
        ),
        (
            &many,
            &["70 files for siembox are on the card (allowed: 64)"],
        ),
    ];
    for (card, said) in cases {
        let of = Device::new(card);
        let before = of.on_card();
        let taken = of.take_in();
        for part in said {
            assert!(why(&taken).contains(part), "{part}: {taken:?}");
        }
        assert!(
            !why(&taken).contains("/tmp/") && !why(&taken).contains(".taking"),
            "{taken:?}"
        );
        assert!(!why(&taken).contains("two words"), "{taken:?}");
        assert_eq!(of.on_card(), before, "{said:?}");
        assert_eq!(of.inside(), [""; 0], "{said:?}");
    }
}

#[test]
fn a_folder_in_a_files_place_is_said() {
    let of = Device::new(&[("siembox.toml", TOML.as_bytes())]);
    fs::create_dir(of.esp().join("token")).unwrap();
    assert!(why(&of.take_in()).contains("token on the card is a folder, not a file"));
}

#[test]
fn former_settings_stay_in_force_until_new_ones_hold() {
    let of = Device::new(&[
        ("siembox.toml", TOML.as_bytes()),
        ("token", TOKEN.as_bytes()),
    ]);
    of.take_in();
    of.put(&[("siembox.toml", b"[[agent]]\n"), ("token", b"new")]);
    why(&of.take_in());
    assert_eq!(
        (of.read("siembox.toml").as_str(), of.read("token").as_str()),
        (TOML, TOKEN)
    );
    // mended, and with a name the old token is under: it need not be given again
    fs::remove_file(of.esp().join("token")).unwrap();
    let newer = TOML.replace("siem.example", "siem2.example");
    of.put(&[("siembox.toml", newer.as_bytes())]);
    assert_eq!(files(&of.take_in()), ["siembox.toml"]);
    assert_eq!(
        (of.read("siembox.toml"), of.read("token").as_str()),
        (newer, TOKEN)
    );
    assert_eq!(of.inside(), ["siembox.toml", "token"]);
}

#[test]
fn a_token_alone_takes_the_place_of_the_one_that_is_named() {
    let toml = TOML.replace("\"token\"", "\"contoso.token\"");
    let of = Device::new(&[
        ("siembox.toml", toml.as_bytes()),
        ("contoso.token", TOKEN.as_bytes()),
    ]);
    of.take_in();
    for (name, token) in [
        ("TOKEN", "first"),
        ("new.token", "second"),
        ("contoso.token", "third"),
    ] {
        of.put(&[(name, token.as_bytes())]);
        assert_eq!(files(&of.take_in()), ["contoso.token"], "{name}");
        assert_eq!(of.read("contoso.token"), token);
        assert_eq!(of.on_card(), [""; 0]);
    }
    of.put(&[("token", b"not one")]);
    assert!(why(&of.take_in()).contains("Invalid token"));
    assert_eq!(of.read("contoso.token"), "third");
    fs::remove_file(of.esp().join("token")).unwrap();
    of.put(&[("siem.pem", b"x")]);
    assert!(why(&of.take_in()).contains("the current settings name no such file"));
    fs::remove_file(of.esp().join("siem.pem")).unwrap();
    of.put(&[("a.token", b"x"), ("b.token", b"x")]);
    assert!(why(&of.take_in()).contains("two files on the card would replace"));

    // two agents: which one is meant?
    fs::remove_file(of.esp().join("a.token")).unwrap();
    let second = TOML
        .replace("\"contoso\"", "\"fabrikam\"")
        .replace("contoso.us3", "fabrikam.us3");
    let two = format!(
        "{toml}{}",
        second.replace("\"token\"", "\"fabrikam.token\"")
    );
    fs::write(of.etc().join("siembox.toml"), two).unwrap();
    fs::write(of.etc().join("fabrikam.token"), "f").unwrap();
    assert!(why(&of.take_in()).contains("name no token, or more than one"));
    fs::rename(of.esp().join("b.token"), of.esp().join("fabrikam.token")).unwrap();
    assert_eq!(files(&of.take_in()), ["fabrikam.token"]);
    assert_eq!(of.read("fabrikam.token"), "x");
}

#[test]
fn what_nobody_names_is_not_left_for_everybody_to_read() {
    let of = Device::new(&[
        ("siembox.toml", TOML.as_bytes()),
        ("token", TOKEN.as_bytes()),
        ("Old.Token", b"an old one"),
    ]);
    assert_eq!(files(&of.take_in()), ["token", "old.token", "siembox.toml"]);
    assert_eq!(of.on_card(), [""; 0]);
}

#[test]
fn settings_without_an_agent_are_for_who_goes_on_in_a_browser() {
    let of = Device::new(&[("siembox.toml", b"[network]\naddress = \"192.0.2.10/24\"\n")]);
    let ProvisionResult::Settings { files, warnings } = of.take_in() else {
        panic!()
    };
    assert_eq!(files, ["siembox.toml"]);
    assert!(
        warnings
            .iter()
            .any(|said| said.contains("is set without a gateway")),
        "{warnings:?}"
    );
}

/// All bytes on the card, those in doomed files included.
fn card_bytes(of: &Device) -> Vec<u8> {
    let entries = fs::read_dir(of.esp()).unwrap();
    let bytes = entries.map(|entry| fs::read(entry.unwrap().path()).unwrap());
    bytes.flatten().collect()
}

#[test]
fn the_power_may_go_at_any_step() {
    let newer = TOML.replace("siem.example", "siem2.example");
    let mut cuts = 0;
    for cut in 1..200 {
        let of = Device::new(&[]);
        fs::write(of.etc().join("siembox.toml"), TOML).unwrap();
        fs::write(of.etc().join("token"), "old").unwrap();
        of.put(&[
            ("SIEMBOX.TOML", newer.as_bytes()),
            ("token", TOKEN.as_bytes()),
            ("STATUS.TXT", b"state"),
        ]);
        let first = take_in_by(&Steps::cut_after(cut), &of.esp(), &of.etc());
        // nothing is lost: it is whole on one side or the other
        let whole = |place: &Path, name: &str, text: &str| {
            fs::read_to_string(place.join(name)).is_ok_and(|there| there == text)
        };
        let (taken, etc) = (of.etc().join(".taken"), of.etc());
        for (name, on_card, text) in [
            ("siembox.toml", "SIEMBOX.TOML", newer.as_str()),
            ("token", "token", TOKEN),
        ] {
            assert!(
                whole(&of.esp(), on_card, text)
                    || whole(&taken, name, text)
                    || whole(&etc, name, text),
                "cut {cut}: {name}"
            );
        }
        let done = matches!(first, ProvisionResult::Settings { .. });
        if !done {
            assert!(
                matches!(&first, ProvisionResult::Failed { why } if why.contains("the power went")),
                "{first:?}"
            );
            cuts += 1;
            let second = of.take_in();
            // a cut after the last file is only a tidying up
            let told = matches!(&second, ProvisionResult::Settings { files, .. } if files == &["token", "siembox.toml"]);
            assert!(
                told || second == ProvisionResult::Nothing,
                "cut {cut}: {second:?}"
            );
        }
        assert_eq!(
            (of.read("siembox.toml"), of.read("token").as_str()),
            (newer.clone(), TOKEN),
            "cut {cut}"
        );
        assert_eq!(of.inside(), ["siembox.toml", "token"], "cut {cut}");
        assert_eq!(of.on_card(), ["STATUS.TXT"], "cut {cut}");
        assert_eq!(card_bytes(&of), b"state", "cut {cut}");
        assert_eq!(of.take_in(), ProvisionResult::Nothing);
        if done {
            break;
        }
    }
    assert!(cuts > 20, "{cuts}");
}

#[test]
fn a_second_cut_is_no_worse() {
    for first in (1..40).step_by(6) {
        for second in (1..40).step_by(7) {
            let of = Device::new(&[
                ("siembox.toml", TOML.as_bytes()),
                ("token", TOKEN.as_bytes()),
            ]);
            let _ = take_in_by(&Steps::cut_after(first), &of.esp(), &of.etc());
            let _ = take_in_by(&Steps::cut_after(second), &of.esp(), &of.etc());
            let _ = of.take_in();
            assert_eq!(
                (of.read("siembox.toml").as_str(), of.read("token").as_str()),
                (TOML, TOKEN)
            );
            assert_eq!(
                (of.inside().len(), of.on_card().len()),
                (2, 0),
                "{first} {second}"
            );
        }
    }
}

#[test]
fn what_is_put_on_the_card_after_a_cut_is_not_wiped_unread() {
    // decided, but not yet off the card
    let of = Device::new(&[
        ("siembox.toml", TOML.as_bytes()),
        ("token", TOKEN.as_bytes()),
    ]);
    let mut cut = 1;
    while !of.etc().join(".taken").exists() {
        let _ = take_in_by(&Steps::cut_after(cut), &of.esp(), &of.etc());
        cut += 1;
    }
    of.put(&[("token", b"another")]);
    assert!(matches!(of.take_in(), ProvisionResult::Settings { .. }));
    assert_eq!(of.read("token"), "another");
    assert_eq!(of.on_card(), [""; 0]);
}

#[test]
fn a_wiped_file_holds_zeros_where_it_lay() {
    let of = Device::new(&[
        ("siembox.toml", TOML.as_bytes()),
        ("token", TOKEN.as_bytes()),
    ]);
    // a second name for the same blocks shows what is left in them
    let witness = of.folder.path().join("witness");
    fs::hard_link(of.esp().join("token"), &witness).unwrap();
    of.take_in();
    assert_eq!(fs::read(&witness).unwrap(), vec![0; TOKEN.len()]);
}
