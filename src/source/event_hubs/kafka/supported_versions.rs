//! Which versions of which messages siembox supports: those that Event Hubs has offered over the
//! years (reference: successors.md §5), none of which has the tagged fields that it came to late.

use kafka_protocol::messages::{
    ApiVersionsRequest, FetchRequest, FindCoordinatorRequest, HeartbeatRequest, JoinGroupRequest,
    LeaveGroupRequest, ListOffsetsRequest, MetadataRequest, OffsetCommitRequest,
    OffsetFetchRequest, SaslAuthenticateRequest, SaslHandshakeRequest, SyncGroupRequest,
};
use kafka_protocol::protocol::Request;

use super::message_shape::{self as shape, Field};

/// A request that siembox sends.
pub(super) trait SupportedRequest: Request {
    /// As it is called in the documentation of the protocol.
    const NAME: &'static str;
    /// The oldest and newest version that is sent.
    const SUPPORTED_VERSIONS: (i16, i16);
    /// The fields of the answer.
    const RESPONSE: &'static [Field];

    /// The same in a version that may not have all its fields: the encoder takes none that its
    /// version lacks.
    fn in_version(self, _: i16) -> Self {
        self
    }
}

macro_rules! supported {
    ($($request:ident $name:literal $min:literal..=$max:literal $response:expr, $why:literal
        $(, $in_version:expr)?;)*) => {
        $(#[doc = $why]
        impl SupportedRequest for $request {
            const NAME: &'static str = $name;
            const SUPPORTED_VERSIONS: (i16, i16) = ($min, $max);
            const RESPONSE: &'static [Field] = $response;
            $(fn in_version(self, version: i16) -> Self {
                let in_version: fn(Self, i16) -> Self = $in_version;
                in_version(self, version)
            })?
        })*
    };
}

supported! {
    ApiVersionsRequest "ApiVersions" 0..=0 shape::API_VERSIONS,
        "every broker answers 0; Event Hubs has cut connections on newer ones";
    SaslHandshakeRequest "SaslHandshake" 1..=1 shape::SASL_HANDSHAKE,
        "from 1 on the log-on goes in messages";
    SaslAuthenticateRequest "SaslAuthenticate" 0..=1 shape::SASL_AUTHENTICATE,
        "1 tells how long the log-on holds";
    MetadataRequest "Metadata" 4..=8 shape::METADATA,
        "from 4 on no hub is made by asking for it";
    FindCoordinatorRequest "FindCoordinator" 0..=2 shape::FIND_COORDINATOR,
        "1 tells why there is none";
    JoinGroupRequest "JoinGroup" 2..=5 shape::JOIN_GROUP,
        "5 has the static membership", |request, version| match version {
            5.. => request,
            _ => request.with_group_instance_id(None),
        };
    SyncGroupRequest "SyncGroup" 1..=3 shape::SYNC_GROUP,
        "3 has the static membership", |request, version| match version {
            3.. => request,
            _ => request.with_group_instance_id(None),
        };
    HeartbeatRequest "Heartbeat" 1..=3 shape::HEARTBEAT,
        "3 has the static membership", |request, version| match version {
            3.. => request,
            _ => request.with_group_instance_id(None),
        };
    LeaveGroupRequest "LeaveGroup" 1..=3 shape::LEAVE_GROUP,
        "3 names the members in a list", |request, version| match version {
            3.. => request.with_member_id(Default::default()),
            _ => request.with_members(Vec::new()),
        };
    OffsetFetchRequest "OffsetFetch" 1..=5 shape::OFFSET_FETCH,
        "from 1 on the service keeps the offsets";
    OffsetCommitRequest "OffsetCommit" 2..=7 shape::OFFSET_COMMIT,
        "up to 4 a time to keep is named: none", |request, version| match version {
            7.. => request,
            _ => request.with_group_instance_id(None),
        };
    ListOffsetsRequest "ListOffsets" 1..=5 shape::LIST_OFFSETS,
        "from 1 on a time has one offset";
    FetchRequest "Fetch" 4..=6 shape::FETCH,
        "newer ones have sessions, which Event Hubs has not";
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;
    use kafka_protocol::messages::leave_group_request::MemberIdentity;
    use kafka_protocol::protocol::StrBytes;

    use super::*;

    fn assert_encodes<R: SupportedRequest + Clone>(request: &R) {
        let (oldest, newest) = R::SUPPORTED_VERSIONS;
        for version in oldest..=newest {
            let request = request.clone().in_version(version);
            let encoded = request.encode(&mut BytesMut::new(), version);
            assert!(encoded.is_ok(), "{} {version}: {encoded:?}", R::NAME);
        }
    }

    /// As a member sends them that has a name across restarts.
    #[test]
    fn each_request_can_be_sent_in_each_supported_version() {
        let name = || StrBytes::from_static_str("box-1");
        assert_encodes(&JoinGroupRequest::default().with_group_instance_id(Some(name())));
        assert_encodes(&SyncGroupRequest::default().with_group_instance_id(Some(name())));
        assert_encodes(&HeartbeatRequest::default().with_group_instance_id(Some(name())));
        assert_encodes(&OffsetCommitRequest::default().with_group_instance_id(Some(name())));
        assert_encodes(&MetadataRequest::default().with_allow_auto_topic_creation(false));
        let member = MemberIdentity::default().with_member_id(name());
        assert_encodes(
            &LeaveGroupRequest::default()
                .with_member_id(name())
                .with_members(vec![member]),
        );
    }
}
