//! What stands around the box: the simulated cloud and a real rsyslog, both on the host, which the
//! guest reaches at 10.0.2.2.

use siembox_support::cloud::Cloud;
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records;
use tempfile::TempDir;

use crate::board::Board;
use crate::card::Card;
use crate::machine::{Machine, Options};
use crate::wait::until;

/// Cloud, SIEM and a card.
pub struct Stage {
    pub cloud: Cloud,
    pub siem: Receiver,
    pub card: Card,
    /// Removed at the end, card, console and all.
    _folder: TempDir,
}

impl Stage {
    /// With so many activities in the cloud and a freshly flashed card.
    pub fn new(board: Board, activities: usize) -> Self {
        Self::with(board, activities, false)
    }

    /// The same with the image that has a shell.
    pub fn debug(board: Board, activities: usize) -> Self {
        Self::with(board, activities, true)
    }

    /// With the card of a box that has forwarded ten lines, when its plug was pulled.
    pub fn in_use(board: Board) -> Self {
        let stage = Self::new(board, 10);
        stage.provision();
        let machine = Machine::boot(board, &stage.card, &Options::default());
        assert_eq!(stage.siem.wait_for(10).len(), 10);
        machine.pull_the_plug();
        stage
    }

    fn with(board: Board, activities: usize, debug: bool) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("siembox-firmware-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .unwrap();
        let cloud = Cloud::builder()
            .requests_per_minute(6000)
            .activities(records::activities(41, activities))
            .start();
        Self {
            cloud,
            siem: rsyslog::tcp(),
            card: Card::flashed(&board.image(debug), folder.path(), 4),
            _folder: folder,
        }
    }

    /// The settings file of a person who does nothing unusual; thresholds are as short as they can
    /// be.
    pub fn settings(&self) -> String {
        format!(
            "# dropped on the card\n[health]\nconnection_error_after = \"1m\"\ndisconnected_after = \"2m\"\n\n\
             [[agent]]\nname = \"contoso\"\n\n\
             [agent.source]\napi_url = \"https://10.0.2.2:{}\"\ntoken_file = \"token\"\nca_file = \"cloud-ca.pem\"\n\
             requests_per_minute = 6000\npoll_interval = \"1s\"\n\n\
             [agent.siem]\nhost = \"10.0.2.2\"\nport = {}\nsystem_name = \"box\"\n",
            self.cloud.addr().port(),
            self.siem.port()
        )
    }

    /// Puts settings, token and the cloud's authority on the FAT side, as a person does at a
    /// laptop.
    pub fn provision(&self) {
        self.card.put("siembox.toml", self.settings());
        self.card.put("token", self.cloud.token());
        self.card.put("cloud-ca.pem", self.cloud.ca_pem());
    }

    /// Different whole lines that arrived. What was under way when the plug was pulled is torn,
    /// which rsyslog takes for a line too: it is the beginning of one that came again.
    pub fn arrived(&self) -> usize {
        let mut lines = self.siem.lines();
        lines.sort_unstable();
        lines.dedup();
        let torn = (lines.windows(2)).filter(|pair| pair[1].starts_with(&*pair[0]));
        lines.len() - torn.count()
    }

    /// More records appear in the cloud now.
    pub fn add(&self, seed: u64, count: usize) {
        let now = self.cloud.now_ms();
        let records = records::activities(seed, count).between(now - 500, now);
        self.cloud.add(records::Stream::Activities, records);
    }
}

/// Waits until so many different lines have arrived.
pub fn arrive(stage: &Stage, machine: &Machine, lines: usize) {
    until(
        &format!("{lines} lines proved"),
        || (stage.arrived() == lines).then_some(()),
        || format!("{} have\n{}", stage.arrived(), machine.console()),
    );
}

/// Waits until STATUS.TXT on the card says all of this.
pub fn told(stage: &Stage, machine: &Machine, words: &[&str]) -> String {
    let text = until(
        &format!("STATUS.TXT says {words:?}"),
        || {
            let text = stage.card.get("STATUS.TXT")?;
            // its lines are as long as a screen is wide
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            words.iter().all(|word| flat.contains(word)).then_some(text)
        },
        || format!("{:?}\n{}", stage.card.get("STATUS.TXT"), machine.console()),
    );
    println!("{text}");
    text
}
