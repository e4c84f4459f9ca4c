//! A person at the browser, who uses a mouse or nothing but the keyboard, and on each page sees no
//! more than everybody can.

use std::path::PathBuf;
use std::time::Duration;

use siembox_support::cloud::Cloud;

use crate::driver::Browser;
use crate::house::PASSWORD;
use crate::siembox::{Plan, Siembox};

const PATIENCE: Duration = Duration::from_secs(60);
/// More elements than any page has.
const MOST_TABS: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Mouse,
    Keyboard,
}

/// Somebody at the browser.
pub struct Person {
    pub browser: Browser,
    pub by: By,
    /// The screen, which is looked at in light and in dark.
    pub width: u32,
    pub scheme: &'static str,
    /// Where pictures go, where they are wanted.
    pub pictures: Option<PathBuf>,
}

impl Person {
    /// Moves the focus there, as Tab does.
    pub fn reach(&mut self, at: &str) {
        let is_there = format!("document.activeElement.matches({at:?})");
        for _ in 0..MOST_TABS {
            if self.browser.tell(&is_there) == true {
                return;
            }
            self.browser.press("Tab");
        }
        panic!("no Tab leads to {at}");
    }

    pub fn push(&mut self, at: &str) {
        match self.by {
            By::Mouse => self.browser.click(at),
            By::Keyboard => {
                self.reach(at);
                self.browser.press("Enter");
            }
        }
    }

    pub fn fill(&mut self, id: &str, text: &str) {
        let at = format!("[id=\"{id}\"]");
        match self.by {
            By::Mouse => self.browser.click(&at),
            By::Keyboard => self.reach(&at),
        }
        self.browser.press("Control+a");
        self.browser.type_in(text);
    }

    /// Opens the group that this field stands in.
    pub fn open_group_of(&mut self, id: &str) {
        self.push(&format!("details:has([id=\"{id}\"]) > summary"));
    }

    pub fn until(&mut self, that: &str) {
        self.browser.until(that, PATIENCE);
    }

    pub fn until_says(&mut self, at: &str, words: &str) {
        self.until(&format!(
            "document.querySelector({at:?})?.innerText.includes({words:?})"
        ));
    }

    /// The page has this heading, and nothing that stands in a disabled person's way.
    pub fn at_page(&mut self, heading: &str) {
        self.until_says("main h1", heading);
        self.at_step("");
    }

    /// The same for a step of the wizard.
    pub fn at_step(&mut self, step: &str) {
        if !step.is_empty() {
            self.until_says("[aria-current]", step);
        }
        for scheme in ["light", "dark"] {
            self.browser.look(self.width, scheme);
            assert_eq!(self.browser.axe(), Vec::<String>::new(), "{step}, {scheme}");
        }
        self.browser.look(self.width, self.scheme);
        assert_eq!(self.browser.complaints(), Vec::<String>::new());
    }

    /// Pictures of the page as it is.
    pub fn picture(&mut self, name: &str) {
        let Some(folder) = self.pictures.clone() else {
            return;
        };
        for width in [360, 768, 1440] {
            for scheme in ["light", "dark"] {
                self.browser.look(width, scheme);
                let wide = self.browser.tell("document.documentElement.scrollWidth");
                assert!(wide.as_u64().unwrap() <= u64::from(width), "{name}: {wide}");
                let path = folder.join(format!("{name}-{width}-{scheme}.png"));
                self.browser.shot(&path);
                println!("{}", path.display());
            }
        }
        self.browser.look(self.width, self.scheme);
    }
}

/// A box on which nobody has set up anything.
pub fn new_box(cloud: &Cloud) -> (Siembox, String) {
    let mut siembox = Siembox::new(cloud, &Plan::new(cloud, 1, "tcp"));
    siembox.set_text(
        "# the box of the branch office\nstate_dir = \"state\"\n\n[page]\nlisten = \"127.0.0.1:0\" # any\nhttps_listen = \"127.0.0.1:0\"\n",
    );
    siembox.start();
    let status = siembox.wait("the page is there", |status| status.page.len() == 2);
    let home = status.page[1].trim_end_matches('/').to_owned();
    (siembox, home)
}

/// Makes the box this person's own.
pub fn claim(person: &mut Person, home: &str, width: u32, scheme: &str) {
    let setup = format!("{home}/setup");
    person.browser.open(&setup, width, scheme);
    person.at_page("Claim this box");
    person.picture("setup-claim");
    person.fill("password", PASSWORD);
    person.fill("again", PASSWORD);
    person.push("main form button");
    person.at_page("SIEM agents");
}
