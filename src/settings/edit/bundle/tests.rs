#![allow(clippy::unwrap_used)]
use super::*;

const TEXT: &str = "# ours\n[[agent]]\nname = \"contoso\"\nsource = { api_url = \"https://contoso.us3.portal.cloudappsecurity.com\", token_file = \"token\" }\nsiem = { host = \"siem.example\", protocol = \"tls\", ca_file = \"siem-ca.pem\" }\n";

/// Longer than any secret.
const CERTIFICATES: &str = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

fn taken(bytes: &[u8], passphrase: Option<&str>) -> Result<Import, String> {
    let passphrase = passphrase.map(Secret::new);
    let file = Path::new("/etc/siembox/siembox.toml");
    import(bytes, passphrase.as_ref(), file, &Overrides::default()).map_err(|error| {
        let said = error.to_string();
        assert!(
            !said.contains("hunter2") && !said.contains("battery"),
            "{said}"
        );
        said
    })
}

#[test]
fn what_is_exported_can_be_imported_and_only_with_its_passphrase() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, TEXT).unwrap();
    let draft = SettingsDraft::open(&file).unwrap();
    let missing = secrets_of(&draft, &file).unwrap_err().to_string();
    assert!(
        missing.starts_with("agent[1].source.token_file: the secret's file"),
        "{missing}"
    );
    std::fs::write(folder.path().join("token"), "hunter2=\n").unwrap();
    let missing = secrets_of(&draft, &file).unwrap_err().to_string();
    assert!(
        missing.starts_with("agent[1].siem.ca_file: the file") && missing.contains("siem-ca.pem"),
        "{missing}"
    );
    let authorities = CERTIFICATES.repeat(1000);
    std::fs::write(folder.path().join("siem-ca.pem"), &authorities).unwrap();
    let bundle = Bundle {
        settings: draft.text(),
        secrets: secrets_of(&draft, &file).unwrap(),
    };
    let passphrase = Secret::new("correct horse battery");
    let exported = export(&bundle, &passphrase).unwrap();
    let shown = String::from_utf8_lossy(&exported);
    assert!(!shown.contains("contoso") && !shown.contains("hunter2"));
    let import = taken(&exported, Some("correct horse battery")).unwrap();
    assert_eq!(import.bundle, bundle);
    assert_eq!(
        import.bundle.secrets["agent[1].source.token_file"].reveal(),
        "hunter2="
    );
    assert_eq!(
        import.bundle.secrets["agent[1].siem.ca_file"].reveal(),
        authorities.trim()
    );
    assert_eq!(import.loaded.settings.agents[0].name, "contoso");

    let mut bent = exported.clone();
    *bent.last_mut().unwrap() ^= 1;
    for (bytes, given, said) in [
        (&exported[..], Some("another battery"), "wrong passphrase"),
        (&exported, None, "this export is encrypted"),
        (
            &bent,
            Some("correct horse battery"),
            "this export is damaged",
        ),
        (
            &exported[..40],
            Some("correct horse battery"),
            "this export is damaged",
        ),
    ] {
        let error = taken(bytes, given).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
    let weak = export(&bundle, &Secret::new("battery")).unwrap_err();
    assert!(weak.to_string().contains("at least 12"), "{weak}");
}

/// The app's secret, and the connection string.
#[test]
fn each_secret_of_event_hubs_is_exported() {
    let text = "[[agent]]\nname = \"contoso\"\nsiem = { host = \"siem.example\" }\n\
        activities = { from = \"event-hubs\" }\n[agent.source]\nkind = \"defender-xdr\"\n\
        tenant_id = \"contoso.example\"\nclient_id = \"00000000-0000-4000-8000-000000000000\"\n\
        client_secret_file = \"client-secret\"\n[agent.source.event_hubs]\n\
        namespace = \"contoso-siem.servicebus.windows.net\"\nhubs = [\"defender\"]\n\
        connection_string_file = \"hub\"\n";
    let key = "agent[1].source.event_hubs.connection_string_file";
    let string = "Endpoint=sb://contoso-siem.servicebus.windows.net/;\
        SharedAccessKeyName=siembox;SharedAccessKey=hunter2=";
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("siembox.toml");
    std::fs::write(&file, text).unwrap();
    std::fs::write(folder.path().join("client-secret"), "hunter2~app").unwrap();
    let draft = SettingsDraft::open(&file).unwrap();
    let missing = secrets_of(&draft, &file).unwrap_err().to_string();
    assert!(
        missing.starts_with(&format!("{key}: the secret's file")),
        "{missing}"
    );
    std::fs::write(folder.path().join("hub"), format!("{string}\r\n")).unwrap();
    let bundle = Bundle {
        settings: draft.text(),
        secrets: secrets_of(&draft, &file).unwrap(),
    };
    let exported = export(&bundle, &Secret::new("correct horse battery")).unwrap();
    assert!(!String::from_utf8_lossy(&exported).contains("SharedAccess"));
    let import = taken(&exported, Some("correct horse battery")).unwrap();
    let secrets = import.bundle.secrets.iter();
    let secrets: Vec<(&str, &str)> = secrets
        .map(|(key, secret)| (key.as_str(), secret.reveal()))
        .collect();
    let app = ("agent[1].source.client_secret_file", "hunter2~app");
    assert_eq!(secrets, [app, (key, string)]);
}

#[test]
fn a_settings_file_is_an_export_without_secrets() {
    let import = taken(TEXT.as_bytes(), None).unwrap();
    assert_eq!(
        (import.bundle.settings.as_str(), import.bundle.secrets.len()),
        (TEXT, 0)
    );
    for (bytes, said) in [
        (
            &b"\x89PNG\xff"[..],
            "this is not a siembox export: line 1 holds what is not UTF-8",
        ),
        (b"<html>", "this is not a siembox export: it is neither"),
        (&[b'#'; MAX_EXPORT_BYTES + 1], "the export is too large"),
        (
            b"colour = 1\n",
            "the settings in this export cannot be used: /etc/siembox/siembox.toml:1:1: colour",
        ),
    ] {
        let error = taken(bytes, None).unwrap_err();
        assert!(error.starts_with(said), "{error}");
    }
}

#[test]
fn what_is_inside_is_checked_too() {
    for (inside, said) in [
        (&b"{}"[..], "this is not a siembox export"),
        (br#"{"siembox_export":2}"#, "this export has version 2"),
        (
            br#"{"siembox_export":1,"settings":7}"#,
            "this is not a siembox export",
        ),
    ] {
        let error = opened(inside).unwrap_err().to_string();
        assert!(error.starts_with(said), "{error}");
    }
}
