//! Errors of Event Hubs in words: cause and cure.

use std::io::{self, ErrorKind};

use super::kafka::{HubError, KafkaErrorCode};
use crate::foreign::ForeignText;
use crate::source::{HubPartition, SourceError, SourceErrorKind};
use crate::trust::{TlsFault, TlsSide};

/// The setting that names the host and its port.
const NAMESPACE: &str = "namespace in [agent.source.event_hubs] (the host, with :port if it is not \
    9093)";
/// What lets a member read.
const RIGHTS: &str = "in connection_string_file, a connection string of the namespace with the \
    right Listen; without that file, the role Azure Event Hubs Data Receiver for the Entra app";

/// The error of a source, for a member of this group.
pub(super) fn translate(error: HubError, group: &str) -> SourceError {
    let (kind, what) = match error {
        HubError::Secret(error) => return error,
        HubError::Io { peer, cause } => of_connection(&peer, &cause),
        HubError::NoAnswer { peer, what } => (
            SourceErrorKind::Passing,
            format!("{peer} does not answer {what} as Kafka does: check {NAMESPACE}"),
        ),
        HubError::Version { peer, what } => (
            SourceErrorKind::InTheWay,
            format!(
                "{peer} offers no version of {what} that siembox supports. Cure: Kafka 2 or newer, \
                    or a namespace of the tier Standard or above"
            ),
        ),
        HubError::Mechanism {
            peer,
            mechanism,
            offered,
        } => of_mechanism(&peer, mechanism, &offered),
        HubError::Login { peer, why } => {
            let why = match why.trim() {
                "" => "it gives no reason".to_owned(),
                why => ForeignText::first_line(why).to_string(),
            };
            let what = format!("{peer} refuses the log-on: {why}. Cure: {RIGHTS}");
            (SourceErrorKind::Refused, what)
        }
        HubError::Hub { topic, code } => of_hub(&topic, code),
        HubError::Partition {
            partition,
            what,
            code,
        } => of_partition(&partition, what, code, group),
        HubError::Refused { what, code } => of_group(what, code, group),
    };
    SourceError::new(kind, what)
}

fn of_connection(peer: &str, cause: &io::Error) -> (SourceErrorKind, String) {
    let tls = cause
        .get_ref()
        .and_then(|it| it.downcast_ref::<rustls::Error>());
    if let Some(error) = tls {
        let fault = TlsFault::translate(error).in_words(TlsSide::Cloud);
        return (SourceErrorKind::InTheWay, format!("{peer}: {fault}"));
    }
    let port = peer.rsplit_once(':').map_or("9093", |(_, port)| port);
    let what = match cause.kind() {
        ErrorKind::ConnectionRefused => format!(
            "{peer}: the connection was refused: check {NAMESPACE}, and the firewall (outbound TCP \
                {port})"
        ),
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
            format!("{peer}: the service ended the connection")
        }
        ErrorKind::WouldBlock | ErrorKind::TimedOut => format!(
            "{peer}: no answer within the timeout: check the firewall (outbound TCP {port}); \
                Kafka does not go through an HTTP proxy"
        ),
        _ => format!("{peer}: {cause}"),
    };
    (SourceErrorKind::Passing, what)
}

fn of_mechanism(peer: &str, mechanism: &str, offered: &[String]) -> (SourceErrorKind, String) {
    let offered = match offered {
        [] => "it offers none".to_owned(),
        offered => format!("it offers {}", ForeignText::first_line(offered.join(", "))),
    };
    let cure = match mechanism {
        "PLAIN" => {
            "leave connection_string_file out of [agent.source.event_hubs], so that the Entra app \
                of the source logs on"
        }
        _ => "set connection_string_file in [agent.source.event_hubs]",
    };
    (
        SourceErrorKind::Refused,
        format!("{peer} does not let anyone log on by {mechanism}: {offered}. Cure: {cure}"),
    )
}

fn of_hub(hub: &str, code: KafkaErrorCode) -> (SourceErrorKind, String) {
    match code {
        KafkaErrorCode::UnknownTopicOrPartition => (
            SourceErrorKind::Refused,
            format!(
                "the namespace has no event hub {hub}: check hubs in [agent.source.event_hubs]; \
                    where the streaming API names the hubs itself, they appear up to an hour after \
                    it was set up"
            ),
        ),
        KafkaErrorCode::TopicAuthorizationFailed => (
            SourceErrorKind::Refused,
            format!(
                "the service does not let siembox read the event hub {hub}. Cure: {RIGHTS}; \
                    namespaces of the Basic tier have no Kafka"
            ),
        ),
        code => (
            SourceErrorKind::Passing,
            format!(
                "the event hub {hub} can't be read: the service answers with {}",
                kafka_name(code)
            ),
        ),
    }
}

fn of_partition(
    partition: &HubPartition,
    what: &str,
    code: KafkaErrorCode,
    group: &str,
) -> (SourceErrorKind, String) {
    match code {
        KafkaErrorCode::TopicAuthorizationFailed => of_hub(&partition.hub, code),
        KafkaErrorCode::GroupAuthorizationFailed
        | KafkaErrorCode::FencedInstanceId
        | KafkaErrorCode::RebalanceInProgress
        | KafkaErrorCode::IllegalGeneration
        | KafkaErrorCode::UnknownMemberId => of_group(what, code, group),
        code => (
            SourceErrorKind::Passing,
            format!(
                "the partition {partition}: {what} is answered with {}",
                kafka_name(code)
            ),
        ),
    }
}

fn of_group(what: &str, code: KafkaErrorCode, group: &str) -> (SourceErrorKind, String) {
    match code {
        KafkaErrorCode::GroupAuthorizationFailed
        | KafkaErrorCode::TopicAuthorizationFailed
        | KafkaErrorCode::ClusterAuthorizationFailed => (
            SourceErrorKind::Refused,
            format!(
                "the service does not let siembox use the consumer group {group}. Cure: {RIGHTS}; \
                    it has to be for the whole namespace"
            ),
        ),
        KafkaErrorCode::FencedInstanceId => (
            SourceErrorKind::InTheWay,
            format!(
                "another box has this box's name in the consumer group {group}: was its state \
                    folder copied? Cure: remove the file hub_member in the agent's folder of one \
                    of them, and start it again"
            ),
        ),
        KafkaErrorCode::RebalanceInProgress
        | KafkaErrorCode::IllegalGeneration
        | KafkaErrorCode::UnknownMemberId => (
            SourceErrorKind::Passing,
            format!("the consumer group {group} rebalances"),
        ),
        code => (
            SourceErrorKind::Passing,
            format!(
                "the consumer group {group}: {what} is answered with {}",
                kafka_name(code)
            ),
        ),
    }
}

/// The name under which Kafka publishes an error code (kafka.apache.org/protocol: Error Codes).
fn kafka_name(code: KafkaErrorCode) -> String {
    if let KafkaErrorCode::Unknown(number) = code {
        return format!("the error code {number}");
    }
    let mut name = String::new();
    for letter in code.to_string().chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_uppercase());
    }
    name
}

#[cfg(test)]
mod tests;
