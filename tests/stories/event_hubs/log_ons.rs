//! Who is let in: a connection string that is wrong and is put right, a service that refuses all
//! for a while, and the Entra app by its tokens.

use siembox_support::hub::{CONNECTION_STRING, Export, Make, Messages, Users};
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records::{self, xdr};

use super::tenant::{BoxSettings, Tenant, has_read_all, lines};
use crate::expected::assert_exactly;
use crate::siembox::Siembox;

const PARTITIONS: i32 = 3;

fn messages() -> Messages {
    let rows = xdr::twins(records::activities(61, 300));
    Export::new(62, PARTITIONS).rows(rows).messages()
}

fn assert_all_arrive(siembox: &mut Siembox, receiver: &Receiver, messages: &Messages) {
    siembox.wait("all is read and proved", |status| {
        has_read_all(status, 3) && status.agents[0].spool.waiting == 0
    });
    siembox.stop();
    assert_exactly(&lines(messages), &receiver.lines());
}

fn refused(make: Make) {
    let (tenant, messages, receiver) = (Tenant::start(make), messages(), rsyslog::tcp());
    let face = &tenant.namespace.face;
    tenant.namespace.fill(PARTITIONS, &messages.all);
    let mut siembox = tenant.siembox(receiver.port());
    siembox.put_secret("hub", &CONNECTION_STRING.replace("c2Vj", "d3Jv"));
    siembox.start();
    let status = siembox.wait_for_notice("refuses the log-on");
    let notices = status.notices.iter();
    let told = notices.filter(|notice| notice.text.contains("connection_string_file"));
    assert_eq!(told.count(), 1, "the cure is told once: {status:#?}");
    let secret = CONNECTION_STRING.split("SharedAccessKey=").last().unwrap();
    assert!(!siembox.log().contains(secret));
    siembox.put_secret("hub", CONNECTION_STRING);
    siembox.wait("all is read", |status| has_read_all(status, 3));

    // all are refused for a while; each try is told once at most, and there is one a second at most
    // after those of the two connections
    let before = (face.seen().refused.len(), siembox.log().lines().count());
    face.refuse_logins(true);
    face.cut_connections();
    siembox.wait("it has tried again", |_| {
        face.seen().refused.len() >= before.0 + 4
    });
    let lines = siembox.log().lines().count() - before.1;
    let refused = &face.seen().refused[before.0..];
    assert!(lines <= refused.len(), "{refused:?}: {}", siembox.log());
    let time = *refused.last().unwrap() - refused[0];
    assert!(refused.len() as u64 <= 2 + time.as_secs(), "{refused:?}");
    face.refuse_logins(false);
    assert_all_arrive(&mut siembox, &receiver, &messages);
    tenant.assert_all_committed();
}

#[test]
fn a_wrong_connection_string_is_told_with_its_cure_at_tansu() {
    refused(Make::Tansu);
}

#[test]
fn a_wrong_connection_string_is_told_with_its_cure_at_noida() {
    refused(Make::Noida);
}

/// The Entra app of the source, which may read this hub, and not list all.
#[test]
fn an_entra_app_is_let_in_by_its_token() {
    for make in [Make::Noida, Make::Tansu] {
        let tenant = Tenant::start_with(make, |face, cloud| {
            face.hub_level = true;
            face.users = Users {
                connection_string: None,
                tokens: Some(cloud.hub_tokens()),
            };
        });
        let (messages, receiver) = (messages(), rsyslog::tcp());
        tenant.namespace.fill(PARTITIONS, &messages.all);
        let mut siembox = tenant.siembox_with(BoxSettings {
            siem: receiver.port(),
            login: "",
            spool: "",
        });
        siembox.put_secret("secret", "wr0ng");
        siembox.start();
        siembox.wait_for_notice("AADSTS7000215");
        siembox.put_secret("secret", "s3cret!");
        siembox.wait("all is read", |status| has_read_all(status, 3));
        // the same token opens further connections; one that is refused is replaced
        tenant.namespace.face.cut_connections();
        tenant.cloud.revoke_bearers();
        tenant.namespace.face.cut_connections();
        let more = Export::new(63, PARTITIONS);
        let more = more
            .rows(xdr::twins(records::activities(64, 50)))
            .messages();
        tenant.namespace.fill(PARTITIONS, &more.all);
        let all = [lines(&messages), lines(&more)].concat();
        siembox.wait("more is read", |status| {
            status.agents[0].lines.proved >= all.len() as u64
        });
        siembox.stop();
        assert_exactly(&all, &receiver.lines());
        assert_eq!(tenant.namespace.face.seen().complaints, [""; 0]);
        assert_eq!(tenant.cloud.complaints(), [""; 0]);
    }
}
