//! Everything that the cloud's side can do to the stream: each trouble is seen, said, and costs no
//! record.

use std::time::Duration;

use siembox::for_tests::status::LinkState;
use siembox_support::cloud::{App, Cloud, Dirt, Fault, Target, Unreadable};
use siembox_support::old_tls::OldTls;
use siembox_support::proxy::Proxy;
use siembox_support::receiver::{Receiver, rsyslog};
use siembox_support::records;

use crate::expected::{self, assert_exactly};
use crate::siembox::{Plan, Siembox};

const ACTIVITIES: usize = 1_600;
const ALERTS: usize = 230;

fn cloud() -> Cloud {
    Cloud::builder()
        .requests_per_minute(6000)
        .activities(records::activities(11, ACTIVITIES))
        .alerts(records::alerts(12, ALERTS))
        .start()
}

fn plan(cloud: &Cloud, receiver: &Receiver) -> Plan {
    let mut plan = Plan::new(cloud, receiver.port(), "tcp");
    plan.source.push_str("timeout = \"5s\"\n");
    plan.activities = "page_size = 500\n".into();
    // faults strike by the number of a request: none of them is to hit a question of the ledger's
    plan.spool = "[agent.ledger]\naudit = false\n".into();
    plan
}

/// All records arrive once, whatever went wrong before.
fn assert_all_arrive(cloud: &Cloud, siembox: &mut Siembox, receiver: &Receiver) {
    let want = expected::lines(cloud, siembox);
    siembox.wait("everything is spooled and proved", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled + agent.alerts.spooled >= want.len() as u64
            && agent.spool.waiting == 0
    });
    siembox.stop();
    assert_exactly(&want, &receiver.wait_for(want.len()));
}

/// Each fault strikes each list in its second page.
fn stories(faults: &[Fault]) {
    for fault in faults {
        let (receiver, cloud) = (rsyslog::tcp(), cloud());
        for list in [Target::Activities, Target::Alerts] {
            cloud.fault(fault.clone().on(list).after(1));
        }
        let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
        siembox.start();
        println!("{fault:?}");
        assert_all_arrive(&cloud, &mut siembox, &receiver);
        assert_eq!(cloud.faults_waiting(), 0, "{fault:?} has struck");
    }
}

#[test]
fn statuses_cost_nothing() {
    stories(&[
        Fault::Status(500),
        Fault::Status(502),
        Fault::Status(504),
        Fault::Status(401),
        Fault::Status(403),
        Fault::Throttled {
            retry_after: Some(1),
            in_text: None,
        },
        Fault::Throttled {
            retry_after: None,
            in_text: Some(1),
        },
        Fault::Throttled {
            retry_after: None,
            in_text: None,
        },
        Fault::HtmlPage,
        Fault::Redirect("https://portal.example/".into()),
    ]);
}

#[test]
fn contradicting_answers_cost_nothing() {
    stories(&[
        Fault::EmptyWithTotal,
        Fault::HasNextLies,
        Fault::NoNextFilters,
        Fault::Cap(70),
        Fault::Repeat,
        Fault::Unordered,
    ]);
}

#[test]
fn broken_answers_cost_nothing() {
    stories(&[
        Fault::InvalidJson,
        Fault::HugeHeaders(1 << 20),
        Fault::Gzip,
        Fault::Chunked,
        Fault::ResetBeforeHead,
        Fault::ResetInHead,
        Fault::ResetInBody,
        Fault::HalfAnswer,
        Fault::HangUp,
        Fault::Stall,
        Fault::Drip(Duration::from_millis(400)),
    ]);
}

#[test]
fn dirt_inside_a_record_costs_no_record() {
    for dirt in [
        Dirt::DuplicateKeys,
        Dirt::InvalidUtf8,
        Dirt::LoneSurrogate,
        Dirt::Controls,
    ] {
        let (receiver, cloud) = (rsyslog::tcp(), cloud());
        for list in [Target::Activities, Target::Alerts] {
            cloud.fault(Fault::Dirt(dirt).on(list).after(1));
        }
        let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
        siembox.start();
        let want = expected::lines(&cloud, &siembox);
        siembox.wait("all are proved", |status| {
            status.agents[0].lines.proved == want.len() as u64
        });
        let got = receiver.wait_for(want.len());
        assert_eq!(got.len(), want.len(), "{dirt:?}");
        let difference = expected::compare(&want, &got);
        // a dirty record's line is another one than the clean one's, and it is a line
        assert!(
            difference.lost.len() <= 2 && difference.lost.len() == difference.mangled.len(),
            "{dirt:?}: {difference:?}"
        );
        assert!(
            difference
                .mangled
                .iter()
                .all(|line| line.contains("|MCAS|SIEM_Agent|")),
            "{dirt:?}: {difference:?}"
        );
    }
}

#[test]
fn a_server_that_gives_up_each_connection_costs_nothing_and_no_warning() {
    for ms in [20, 50, 200] {
        let (receiver, cloud) = (rsyslog::tcp(), cloud());
        let hangs_up = Fault::HangUpAfter(Duration::from_millis(ms));
        cloud.fault(hangs_up.for_ever());
        let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
        siembox.start();
        assert_all_arrive(&cloud, &mut siembox, &receiver);
        assert!(!siembox.log().contains("WARN"), "{}", siembox.log());
    }
}

#[test]
fn a_gzip_bomb_is_bounded() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    cloud.fault(Fault::GzipBomb(1 << 30).on(Target::Activities).after(1));
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    siembox.wait_for_notice("larger than");
    assert!(
        siembox.rss() < 200 << 20,
        "{} MB resident",
        siembox.rss() >> 20
    );
    assert_all_arrive(&cloud, &mut siembox, &receiver);
}

#[test]
fn a_record_of_ten_megabytes_arrives() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    // the first request only asks for the time
    cloud.fault(Fault::BigRecord(10 << 20).on(Target::Activities).after(1));
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    let all = (ACTIVITIES + 1 + ALERTS) as u64;
    siembox.wait("all and the large one are proved", |status| {
        let agent = &status.agents[0];
        agent.activities.spooled + agent.alerts.spooled == all && agent.spool.waiting == 0
    });
    let longest = receiver
        .wait_for(ACTIVITIES + ALERTS)
        .iter()
        .map(String::len)
        .max()
        .unwrap();
    // rsyslog cuts at its own bound of 1 MB
    assert!(longest >= 1_000_000, "{longest}");
}

#[test]
fn unreadable_records_stand_aside() {
    let kinds = [
        Unreadable::NotAnObject,
        Unreadable::NoTime,
        Unreadable::TimeIsText,
        Unreadable::NoId,
        Unreadable::WrongTypes,
    ];
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    for (page, kind) in kinds.into_iter().enumerate() {
        cloud.fault(
            Fault::Unreadable(kind)
                .on(Target::Alerts)
                .after(page as u64),
        );
    }
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    let status = siembox.wait("some stand aside", |status| {
        status.agents[0].alerts.set_aside >= 3 && status.agents[0].spool.aside >= 3
    });
    assert!(
        status
            .notices
            .iter()
            .any(|notice| notice.title == "Record set aside"),
        "{:?}",
        status.notices
    );
    let want = expected::lines(&cloud, &siembox);
    let got = receiver.wait_for(want.len());
    assert_eq!(expected::compare(&want, &got).lost, Vec::<String>::new());
}

#[test]
fn a_revoked_token_is_said_and_a_new_one_taken_up() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let mut siembox = Siembox::new(&cloud, &plan(&cloud, &receiver));
    siembox.start();
    siembox.wait("it is connected", |status| {
        status.state == LinkState::Connected
    });
    cloud.revoke_token();
    let status = siembox.wait_for_notice("the admin who created it was removed");
    assert_eq!(status.notices[0].title, "Invalid token");
    let token = "Q29udG9zbw==".repeat(8);
    cloud.set_token(&token);
    siembox.put_secret("token", &token);
    siembox.wait("the notice is over", |status| {
        status.agents[0].cloud.trouble.is_none()
            && status.notices.iter().all(|notice| notice.over_ms.is_some())
    });
    assert!(!siembox.log().contains(&token), "no secret in the log");
    assert_all_arrive(&cloud, &mut siembox, &receiver);
}

fn app() -> App {
    App::new(
        "11111111-2222-3333-4444-555555555555",
        "66666666-7777-8888-9999-000000000000",
        "a-secret~1",
    )
}

/// As [`plan`], with an app in place of a token.
fn plan_of(app: &App, cloud: &Cloud, receiver: &Receiver) -> Plan {
    let mut plan = plan(cloud, receiver);
    plan.source = plan.source.replace(
        "token_file = \"token\"",
        &format!(
            "tenant_id = \"{}\"\nclient_id = \"{}\"\nclient_secret_file = \"secret\"\nlogin_url = \"{}\"",
            app.tenant_id,
            app.client_id,
            cloud.url()
        ),
    );
    plan
}

fn log_ons(cloud: &Cloud) -> usize {
    let requests = cloud.requests();
    let log_ons = requests.iter().filter(|it| it.path().contains("oauth2"));
    log_ons.count()
}

#[test]
fn an_entra_app_logs_on_and_a_missing_role_is_named() {
    let (app, receiver) = (app(), rsyslog::tcp());
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .app(app.clone().roles(&["Discovery.read"]))
        .activities(records::activities(11, ACTIVITIES))
        .start();
    let mut siembox = Siembox::new(&cloud, &plan_of(&app, &cloud, &receiver));
    siembox.put_secret("secret", "a-wrong-one");
    siembox.start();
    siembox.wait_for_notice("Entra refused the app's sign-in");
    siembox.put_secret("secret", "a-secret~1");
    siembox
        .wait_for_notice("lacks the role Investigation.read (its token's roles: Discovery.read)");
    cloud.set_app(app.roles(&["Investigation.read"]));
    siembox.put_secret("secret", "a-secret~1\n ");
    assert_all_arrive(&cloud, &mut siembox, &receiver);
    let log_ons = log_ons(&cloud);
    assert!(
        log_ons <= 12,
        "a token is kept until it expires: {log_ons} log-ons"
    );
}

#[test]
fn the_streams_of_an_agent_make_one_log_on() {
    let (app, receiver) = (app(), rsyslog::tcp());
    let cloud = Cloud::builder()
        .requests_per_minute(6000)
        .app(app.clone())
        .activities(records::activities(11, ACTIVITIES))
        .alerts(records::alerts(12, ALERTS))
        .start();
    let mut siembox = Siembox::new(&cloud, &plan_of(&app, &cloud, &receiver));
    siembox.put_secret("secret", "a-secret~1");
    siembox.start();
    assert_all_arrive(&cloud, &mut siembox, &receiver);
    assert_eq!(log_ons(&cloud), 1);
}

#[test]
fn an_unknown_authority_is_named() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let mut plan = plan(&cloud, &receiver);
    plan.source = plan.source.replace("ca_file = \"cloud-ca.pem\"\n", "");
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait_for_notice("ca_file");
    assert_eq!(siembox.status().unwrap().state, LinkState::Created);
}

#[test]
fn a_proxy_with_a_password_leads_to_the_cloud() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let proxy = Proxy::builder().password("box", "open-sesame").start();
    let mut plan = plan(&cloud, &receiver);
    plan.source.push_str(&format!(
        "proxy = \"http://box@{}\"\nproxy_password_file = \"proxy-password\"\n",
        proxy.addr()
    ));
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.put_secret("proxy-password", "a-wrong-one");
    siembox.start();
    siembox.wait_for_notice("the proxy refused the user and password (407)");
    siembox.stop();
    siembox.put_secret("proxy-password", "open-sesame");
    siembox.start();
    assert_all_arrive(&cloud, &mut siembox, &receiver);
    assert!(proxy.tunnels() > 0);
    assert!(
        !siembox.log().contains("open-sesame"),
        "no secret in the log"
    );
}

#[test]
fn a_proxy_without_a_password_needs_none_and_a_missing_one_is_said() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let (open, closed) = (
        Proxy::start(),
        Proxy::builder().password("box", "x").start(),
    );
    let plan = plan(&cloud, &receiver);
    let with = |proxy: &Proxy| {
        let mut plan = plan.clone();
        plan.source
            .push_str(&format!("proxy = \"{}\"\n", proxy.addr()));
        plan
    };
    let mut siembox = Siembox::new(&cloud, &with(&closed));
    siembox.start();
    siembox.wait_for_notice("407");
    siembox.set(&with(&open));
    assert_all_arrive(&cloud, &mut siembox, &receiver);
}

#[test]
fn an_inspecting_proxy_is_named_and_its_authority_can_be_trusted() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let proxy = Proxy::builder().inspect(cloud.ca_pem()).start();
    let mut plan = plan(&cloud, &receiver);
    plan.source
        .push_str(&format!("proxy = \"{}\"\n", proxy.addr()));
    let mut siembox = Siembox::new(&cloud, &plan);
    let output = siembox.output("check", &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("a proxy on the way inspects TLS"), "{said}");
    assert!(said.contains("Contoso Inspection CA"), "{said}");
    std::fs::write(siembox.path("cloud-ca.pem"), proxy.inspection_ca_pem()).unwrap();
    siembox.start();
    assert_all_arrive(&cloud, &mut siembox, &receiver);
}

#[test]
fn a_server_of_tls_1_1_is_refused_in_plain_words() {
    let old = OldTls::start().unwrap();
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let mut plan = plan(&cloud, &receiver);
    plan.source = plan.source.replace(&cloud.url(), &old.url());
    let mut siembox = Siembox::new(&cloud, &plan);
    std::fs::write(siembox.path("cloud-ca.pem"), old.ca_pem()).unwrap();
    let output = siembox.output("check", &[]);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("only TLS 1.1 or older"), "{said}");
    siembox.start();
    siembox.wait_for_notice("only TLS 1.1 or older");
}

#[test]
fn the_activities_behind_an_alert_are_asked_for_where_wanted() {
    let (receiver, cloud) = (rsyslog::tcp(), cloud());
    let mut plan = plan(&cloud, &receiver);
    plan.alerts = "fetch_related = true\n".into();
    let mut siembox = Siembox::new(&cloud, &plan);
    siembox.start();
    siembox.wait("all alerts are read", |status| {
        status.agents[0].alerts.spooled == ALERTS as u64
    });
    let asked = cloud
        .requests()
        .iter()
        .filter(|seen| seen.body.contains("activity.alertId"))
        .count();
    assert!(asked > 0 && asked <= ALERTS, "{asked}");
}
