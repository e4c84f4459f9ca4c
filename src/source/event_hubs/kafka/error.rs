//! What can go wrong between siembox and a broker.

use std::io;
use std::sync::Arc;

pub(in crate::source::event_hubs) use kafka_protocol::ResponseError as KafkaErrorCode;

use crate::source::{HubPartition, SourceError};

/// Why a call failed.
#[derive(Debug, Clone)]
pub(in crate::source::event_hubs) enum HubError {
    /// The connection can't be made or broke.
    Io {
        /// Host and port.
        peer: String,
        /// What the system says; shared by the partitions that the connection served.
        cause: Arc<io::Error>,
    },
    /// The peer sent what is no answer.
    NoAnswer {
        /// Host and port.
        peer: String,
        /// The name of the request.
        what: &'static str,
    },
    /// The peer supports no version of a request that siembox supports.
    Version {
        /// Host and port.
        peer: String,
        /// The name of the request.
        what: &'static str,
    },
    /// The peer does not offer the mechanism by which siembox logs on.
    Mechanism {
        /// Host and port.
        peer: String,
        /// The mechanism, as SASL calls it.
        mechanism: &'static str,
        /// Those that the peer offers.
        offered: Vec<String>,
    },
    /// The log-on was refused.
    Login {
        /// Host and port.
        peer: String,
        /// The reason that the peer gives; empty if it gives none.
        why: String,
    },
    /// The secret for the log-on can't be had.
    Secret(SourceError),
    /// A hub can't be read.
    Hub {
        /// Its name.
        topic: String,
        /// What the service says.
        code: KafkaErrorCode,
    },
    /// A partition can't be read, or its offset is not taken.
    Partition {
        /// Which.
        partition: HubPartition,
        /// The name of the request.
        what: &'static str,
        /// What the service says.
        code: KafkaErrorCode,
    },
    /// The peer answers with an error.
    Refused {
        /// The name of the request.
        what: &'static str,
        /// Its code.
        code: KafkaErrorCode,
    },
}

// === impl HubError ===

impl HubError {
    /// The error code of the answer; `None` if no answer came.
    pub(in crate::source::event_hubs) fn code(&self) -> Option<KafkaErrorCode> {
        match self {
            Self::Hub { code, .. } | Self::Partition { code, .. } | Self::Refused { code, .. } => {
                Some(*code)
            }
            Self::Io { .. }
            | Self::NoAnswer { .. }
            | Self::Version { .. }
            | Self::Mechanism { .. }
            | Self::Login { .. }
            | Self::Secret(_) => None,
        }
    }
}

/// The error code of the answer to the request `what` as a result.
///
/// # Errors
/// If the number is that of an error.
pub(super) fn check(number: i16, what: &'static str) -> Result<(), HubError> {
    KafkaErrorCode::try_from_code(number)
        .map_or(Ok(()), |code| Err(HubError::Refused { what, code }))
}

/// The same for one partition of the request `what`.
///
/// # Errors
/// If the number is that of an error.
pub(super) fn check_partition(
    number: i16,
    what: &'static str,
    partition: &HubPartition,
) -> Result<(), HubError> {
    KafkaErrorCode::try_from_code(number).map_or(Ok(()), |code| {
        let partition = partition.clone();
        Err(HubError::Partition {
            partition,
            what,
            code,
        })
    })
}

/// Is the partition's leader another broker than the one that was asked, or has it none for now?
pub(in crate::source::event_hubs) fn is_of_leader(code: KafkaErrorCode) -> bool {
    use KafkaErrorCode as Code;
    matches!(
        code,
        Code::LeaderNotAvailable
            | Code::NotLeaderOrFollower
            | Code::ReplicaNotAvailable
            | Code::ListenerNotFound
            | Code::FencedLeaderEpoch
            | Code::UnknownLeaderEpoch
            | Code::UnknownTopicOrPartition
            | Code::KafkaStorageError
    )
}
