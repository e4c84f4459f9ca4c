//! What the face sees of the members of groups.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use kafka_protocol::messages::{
    ApiKey, HeartbeatRequest, JoinGroupRequest, JoinGroupResponse, LeaveGroupRequest,
    SyncGroupRequest,
};

use super::encoding;
use super::request::Request;
use super::talk::Talk;

/// The version of the face's own requests for others to leave.
const OWN_LEAVE: i16 = 3;

impl Talk<'_> {
    /// Members show that they are alive. Whoever does not for too long is taken out of its group
    /// with the group's next heartbeat, also with its own one.
    pub fn watch(&mut self, asked: &Request) -> io::Result<()> {
        let sessions = &self.service.sessions;
        match asked.key {
            ApiKey::JoinGroup => {
                let request: JoinGroupRequest = asked.request();
                sessions.joins(&request.group_id, &request.member_id);
            }
            ApiKey::SyncGroup => {
                let request: SyncGroupRequest = asked.request();
                sessions.alive(&request.group_id, &request.member_id);
            }
            ApiKey::LeaveGroup => {
                let request: LeaveGroupRequest = asked.request();
                sessions.left(&request.group_id, &request.member_id);
                for member in &request.members {
                    sessions.left(&request.group_id, &member.member_id);
                }
            }
            ApiKey::Heartbeat => {
                let request: HeartbeatRequest = asked.request();
                sessions.alive(&request.group_id, &request.member_id);
                if let Some(ended) = sessions.ended(&request.group_id) {
                    self.ask(&encoding::request(ApiKey::LeaveGroup, OWN_LEAVE, &ended))?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// A member's session begins with the answer to its request to join.
    pub fn let_in(&self, asked: &Request, answer: &Bytes) {
        let request: JoinGroupRequest = asked.request();
        let answer: JoinGroupResponse = encoding::body(answer.clone(), asked.version());
        if answer.error_code != 0 {
            return;
        }
        let asked = u64::try_from(request.session_timeout_ms).unwrap_or(0);
        let asked = Duration::from_millis(asked);
        let session = self.service.settings.session;
        self.service.sessions.joined(
            &request.group_id,
            &answer.member_id,
            request.group_instance_id.as_ref(),
            session.map_or(asked, |most| most.min(asked)),
        );
    }
}
