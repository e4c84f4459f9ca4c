//! A consumer of Kafka, as much of it as Event Hubs offers: blocking, over rustls.
//!
//! Joins, heartbeats and commits share the connection to the group's coordinator. Fetches have
//! connections of their own, so that one that the service holds back costs no membership.
//!
//! It is our own because the kept client does not serve: krafka 0.28 asks for the metadata of all
//! topics and for version 4 of `ApiVersions`, for either of which Event Hubs cuts the connection; it
//! keeps a token that was refused, hides refused log-ons, gives neither the bytes of a damaged batch
//! nor the metadata of a commit, and weighs 2.0 MB where this weighs 0.3. What is on the wire comes
//! from `kafka-protocol`.

mod assignment;
mod batches;
mod broker_route;
mod connection;
mod error;
mod fetcher;
mod group_settings;
mod group_state;
mod join;
mod leaders;
mod log_on;
mod login;
mod membership;
mod message_shape;
mod metadata;
mod offsets;
mod record_batch;
#[cfg(test)]
mod scripted_broker;
mod sockets;
mod supported_versions;
mod transport;

pub(super) use batches::{DecodeBudget, DecodedBatch, batches};
pub(super) use broker_route::BrokerRoute;
pub(super) use error::{HubError, KafkaErrorCode, is_of_leader};
pub(super) use fetcher::{FetchedBytes, Fetcher, OffsetSpec};
pub(super) use group_settings::GroupSettings;
pub(super) use login::Login;
pub(super) use membership::Membership;
pub(super) use sockets::Sockets;
