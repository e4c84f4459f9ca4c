//! A button on a GPIO line: the kernel tells of edges where the chip can, else the line is looked
//! at.

use std::io;
use std::time::Duration;

use linux_embedded_hal::gpio_cdev::{
    EventRequestFlags, LineEventHandle, LineHandle, LineRequestFlags,
};

use super::contact::Contact;
use crate::board;
use crate::gpio::{self, CONSUMER, GpioError};

/// A line without edges is looked at this often: a press of a tenth of a second is not missed.
const LOOK: Duration = Duration::from_millis(20);

/// A button on a line.
pub(super) struct LineContact {
    way: Way,
    /// The level given last.
    given: Option<bool>,
}

enum Way {
    Edges(LineEventHandle),
    Looking(LineHandle),
}

impl LineContact {
    pub(super) fn open(line: &board::GpioLine) -> Result<Self, GpioError> {
        let failed = |cause| GpioError::Line {
            line: line.clone(),
            cause,
        };
        let found = gpio::find(line)?;
        let mut flags = LineRequestFlags::INPUT;
        if line.active_low {
            flags |= LineRequestFlags::ACTIVE_LOW;
        }
        let edges = found.events(flags.clone(), EventRequestFlags::BOTH_EDGES, CONSUMER);
        let way = match edges {
            Ok(edges) => Way::Edges(edges),
            // a chip without interrupts; where the line can't be had at all, this says why
            Err(_) => Way::Looking(found.request(flags, 0, CONSUMER).map_err(failed)?),
        };
        Ok(Self { way, given: None })
    }
}

impl Contact for LineContact {
    fn next(&mut self) -> io::Result<bool> {
        let failed =
            |error: linux_embedded_hal::gpio_cdev::Error| io::Error::other(error.to_string());
        let level = match &mut self.way {
            Way::Edges(edges) => {
                if self.given.is_some() {
                    edges.get_event().map_err(failed)?;
                }
                // not what the edge says: where many came at once, the kernel kept only the first
                // of them
                edges.get_value().map_err(failed)? != 0
            }
            Way::Looking(handle) => loop {
                let level = handle.get_value().map_err(failed)? != 0;
                if self.given != Some(level) {
                    break level;
                }
                std::thread::sleep(LOOK);
            },
        };
        self.given = Some(level);
        Ok(level)
    }
}
