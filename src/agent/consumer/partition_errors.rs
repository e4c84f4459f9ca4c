//! Reports partitions and hubs that can't be read, while the others go on.

use std::collections::BTreeMap;

use super::Consumer;
use crate::clock::Time;
use crate::source::{HubPartition, SourceError};
use crate::spool::Spool;
use crate::status::InternalEvent;

impl<S: Spool, T: Time> Consumer<S, T> {
    /// Keeps the answers of the partitions that answer, and reports the others.
    ///
    /// # Errors
    /// If none answers: then it is no trouble of one partition.
    pub(super) fn each_that_answers<A>(
        &mut self,
        answers: BTreeMap<HubPartition, Result<A, SourceError>>,
    ) -> Result<BTreeMap<HubPartition, A>, SourceError> {
        let mut answered = BTreeMap::new();
        let mut failed = Vec::new();
        for (partition, answer) in answers {
            match answer {
                Ok(answer) => drop(answered.insert(partition, answer)),
                Err(error) => failed.push((partition, error)),
            }
        }
        if answered.is_empty()
            && let Some((_, error)) = failed.pop()
        {
            return Err(error);
        }
        for (partition, error) in failed {
            self.report_trouble(&partition.to_string(), &error);
        }
        Ok(answered)
    }

    /// The partition or hub of this name can't be read for now.
    pub(super) fn report_trouble(&mut self, name: &str, error: &SourceError) {
        let (now, chance) = (self.now(), self.worker.time.chance());
        let troubles = &mut self.state.troubles;
        if let Some(wait) = troubles.failed(name, &error.what, now, chance) {
            self.worker.tell(&InternalEvent::PartitionTrouble {
                stream: self.stream.name,
                partition: name.to_owned(),
                what: error.what.clone(),
                wait,
            });
        }
    }

    /// This partition answers as it should.
    pub(super) fn well(&mut self, partition: &HubPartition) {
        if self.state.troubles.well(&partition.to_string()) {
            self.report_well();
        }
    }

    /// All partitions and hubs can be read again.
    pub(super) fn report_well(&self) {
        self.worker.tell(&InternalEvent::PartitionsWell {
            stream: self.stream.name,
        });
    }
}
