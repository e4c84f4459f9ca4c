//! The line that siembox writes of a record, of whichever API: as `siembox render` does, which
//! tells each by its keys.

use siembox::for_tests::cef::{AlertName, Looks, Profile, Style, Version};
use siembox::for_tests::event::Names;
use siembox::for_tests::render::{Rendering, render};
use siembox::for_tests::syslog::{Header, Priority, TimeFormat};
use siembox::for_tests::wiring::KNOWN_RECORDS;

/// How the records of an agent become lines.
pub struct Writer {
    style: Style,
    header: Header,
    names: Names,
}

// === impl Writer ===

impl Writer {
    /// Of an agent that reads Cloud Apps.
    pub fn cloud_apps(profile: Profile) -> Self {
        let api_url = "https://contoso.us3.portal.cloudappsecurity.com";
        Self::of(profile, api_url, Names::default())
    }

    /// Of an agent that reads Defender XDR only, with names that its settings add.
    pub fn defender_xdr(profile: Profile, names: Names) -> Self {
        Self::of(profile, "", names)
    }

    fn of(profile: Profile, api_url: &str, names: Names) -> Self {
        let version = Version::parse(Version::DEFAULT).expect("the default");
        let style = Style::new(&Looks {
            profile,
            agent_version: &version,
            severity: [3, 6, 9, 0],
            alert_name: AlertName::Title,
            api_url,
            portal: None,
            defender_portal: None,
            names: &names,
        });
        let header = Header::new(TimeFormat::Rfc5424, Priority::default(), true, Some("box"));
        Self {
            style,
            header,
            names,
        }
    }

    /// With nothing but the time before the lines.
    pub fn with_time_only(self) -> Self {
        let header = Header::new(TimeFormat::Rfc5424, Priority::default(), false, None);
        Self { header, ..self }
    }

    /// The line of a record, or why there is none.
    pub fn line(&self, record: &str) -> Result<String, String> {
        let (mut lines, mut problems) = (Vec::new(), Vec::new());
        let with = Rendering {
            known: &KNOWN_RECORDS,
            names: &self.names,
            style: &self.style,
            header: Some(&self.header),
            defender_for_identity: true,
        };
        render("record", record.as_bytes(), with, &mut lines, &mut problems).expect("memory");
        let text = |bytes| String::from_utf8(bytes).expect("lines are text");
        let (lines, problems) = (text(lines), text(problems));
        match (&*lines.lines().collect::<Vec<_>>(), &*problems) {
            ([line], "") => Ok((*line).to_owned()),
            ([], problem) if problem.lines().count() == 1 => Err(problem.trim_end().to_owned()),
            _ => panic!("{lines}\n{problems}\n{record}"),
        }
    }
}
