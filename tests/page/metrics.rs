//! `/metrics`, read by Prometheus's own tool.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use siembox::for_tests::status::Snapshot;

use crate::cast::{agent, group_of, member, snapshot};
use crate::looks::{interrupted, long_hubs, of_member, orphaned, scenes};
use crate::still::{get, text};

fn promtool(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new("promtool")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool runs: make tools-test brings it");
    child
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    child.wait_with_output().unwrap()
}

#[test]
fn promtool_finds_nothing_wrong() {
    for (name, status) in scenes() {
        let metrics = text(&status, "/metrics");
        let found = promtool(&["check", "metrics"], &metrics);
        assert!(
            found.status.success() && found.stderr.is_empty(),
            "{name}: {found:?}"
        );
    }
    let broken = promtool(
        &["check", "metrics"],
        "siembox_records_total 1\nsiembox_records_total 2\n",
    );
    assert!(!broken.status.success(), "promtool does look: {broken:?}");
}

#[test]
fn every_metric_has_help_and_type() {
    let mut status = interrupted();
    status.agents.push(member(1));
    let metrics = text(&status, "/metrics");
    let named = |kind: &str| -> BTreeSet<String> {
        let lines = metrics.lines().filter_map(|line| line.strip_prefix(kind));
        lines
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    let values: BTreeSet<String> = metrics
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| line.split(['{', ' ']).next().unwrap().to_owned())
        .collect();
    assert_eq!(named("# HELP "), named("# TYPE "));
    assert_eq!(values, named("# TYPE "));
    for name in &values {
        let counts = metrics.contains(&format!("# TYPE {name} counter"));
        assert_eq!(counts, name.ends_with("_total"), "{name}");
    }
    let manual = include_str!("../../image/manual/monitoring.md");
    for name in named("# HELP ") {
        assert!(manual.contains(&format!("| `{name}` |")), "{name}");
    }
    let answer = get(&interrupted(), "/metrics");
    assert_eq!(
        answer.header("Content-Type"),
        Some("text/plain; version=0.0.4; charset=utf-8")
    );
}

#[test]
fn says_what_the_status_says() {
    let metrics = text(&interrupted(), "/metrics");
    for line in [
        "siembox_link_up{agent=\"contoso\",side=\"cloud\"} 1.0",
        "siembox_link_up{agent=\"contoso\",side=\"siem\"} 0.0",
        "siembox_condition{agent=\"contoso\",condition=\"Interrupted\"} 1.0",
        "siembox_condition{agent=\"contoso\",condition=\"Connected\"} 0.0",
        "siembox_records_read_total{agent=\"contoso\",stream=\"activities\"} 1204331.0",
        "siembox_spool_lines{agent=\"contoso\"} 18240.0",
        "siembox_lag_seconds{agent=\"contoso\"} 840.0",
        "siembox_ledger_adds_up{agent=\"contoso\"} 1.0",
    ] {
        assert!(metrics.lines().any(|is| is == line), "{line}\n{metrics}");
    }
}

/// Partition by partition, as long as the share is certain.
#[test]
fn a_member_of_a_group_says_how_far_its_partitions_are() {
    let metrics = text(&of_member(4), "/metrics");
    for line in [
        "siembox_group_member{agent=\"contoso\",group=\"siembox\"} 1.0",
        "siembox_group_generation{agent=\"contoso\",group=\"siembox\"} 7.0",
        "siembox_group_partitions{agent=\"contoso\",group=\"siembox\"} 4.0",
        "siembox_group_total_partitions{agent=\"contoso\",group=\"siembox\"} 32.0",
        "siembox_group_rebalances_total{agent=\"contoso\",group=\"siembox\"} 3.0",
        "siembox_group_other_records_total{agent=\"contoso\",group=\"siembox\"} 48210.0",
        "siembox_partition_lag{agent=\"contoso\",hub=\"defender\",partition=\"0\"} 0.0",
        "siembox_partition_lag{agent=\"contoso\",hub=\"defender\",partition=\"1\"} 214.0",
        "siembox_partition_lag{agent=\"contoso\",hub=\"defender\",partition=\"2\"} 1704.0",
        "siembox_partition_next_offset{agent=\"contoso\",hub=\"defender\",partition=\"2\"} \
            1482349541.0",
        "siembox_partition_committed_offset{agent=\"contoso\",hub=\"defender\",partition=\"2\"} \
            1482349041.0",
        "siembox_partition_latest_offset{agent=\"contoso\",hub=\"defender\",partition=\"2\"} \
            1482350745.0",
        "siembox_partition_newest_record_timestamp_seconds{agent=\"contoso\",hub=\"defender\",\
            partition=\"2\"} 1795617418.0",
        "siembox_lag_seconds{agent=\"contoso\"} 22.0",
    ] {
        assert!(metrics.lines().any(|is| is == line), "{line}\n{metrics}");
    }
    let series = |status: &Snapshot, name: &str| {
        let metrics = text(status, "/metrics");
        let begin = format!("{name}{{");
        metrics
            .lines()
            .filter(|line| line.starts_with(&begin))
            .count()
    };
    let mut in_doubt = member(4);
    group_of(&mut in_doubt).held = false;
    let in_doubt = snapshot(vec![in_doubt], vec![]);
    for (status, groups, partitions) in [
        (of_member(32), 1, 32),
        (of_member(0), 1, 0),
        (in_doubt, 1, 0),
        (interrupted(), 0, 0),
        (long_hubs(), 1, 320),
    ] {
        assert_eq!(series(&status, "siembox_group_member"), groups);
        assert_eq!(series(&status, "siembox_partition_lag"), partitions);
        assert_eq!(series(&status, "siembox_partition_next_offset"), partitions);
    }
}

#[test]
fn an_orphaned_spool_is_named() {
    let count = |status, line: &str| {
        text(status, "/metrics")
            .lines()
            .filter(|is| *is == line)
            .count()
    };
    let (orphaned, well) = (orphaned(), interrupted());
    for line in [
        "siembox_orphaned_spools{} 1.0",
        "siembox_orphaned_spool_lines{spool=\"contoso-old\"} 1000.0",
        "siembox_orphaned_spool_records_aside{spool=\"contoso-old\"} 2.0",
    ] {
        assert_eq!(count(&orphaned, line), 1, "{line}");
    }
    assert_eq!(count(&well, "siembox_orphaned_spools{} 0.0"), 1);
}

/// As many series as the settings have agents, times a number that nobody outside can change.
#[test]
fn labels_are_bounded() {
    let series = |agents: usize| {
        let agents = (0..agents).map(|number| agent(&format!("agent-{number}")));
        let metrics = text(&snapshot(agents.collect(), vec![]), "/metrics");
        metrics
            .lines()
            .filter(|line| !line.starts_with('#'))
            .count()
    };
    let (none, one, twenty) = (series(0), series(1), series(20));
    assert_eq!(twenty - none, 20 * (one - none));
    assert!(one < 60, "{one}");
    // more partitions than a namespace has are not named
    let mut more = member(400);
    assert_eq!(group_of(&mut more).report.partitions.len(), 400);
    let metrics = text(&snapshot(vec![more], vec![]), "/metrics");
    assert_eq!(metrics.matches("\nsiembox_partition_lag{").count(), 320);
    // a name can't break out of its label
    let mut wild = member(1);
    let name = "a\"} 1\nb{c=\"\\";
    name.clone_into(&mut wild.name);
    let group = &mut group_of(&mut wild).report;
    name.clone_into(&mut group.group);
    name.clone_into(&mut group.partitions[0].hub);
    let wild = snapshot(vec![wild], vec![]);
    assert!(
        promtool(&["check", "metrics"], &text(&wild, "/metrics"))
            .status
            .success()
    );
}

#[test]
fn the_example_rules_and_the_dashboard_fit() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/image/prometheus");
    let rules = format!("{folder}/siembox.rules.yml");
    let found = promtool(&["check", "rules", &rules], "");
    assert!(found.status.success(), "{found:?}");
    let tests = format!("{folder}/siembox.rules.test.yml");
    let tested = promtool(&["test", "rules", &tests], "");
    assert!(tested.status.success(), "{tested:?}");

    let metrics = text(&of_member(1), "/metrics");
    let dashboard = std::fs::read_to_string(format!("{folder}/siembox.dashboard.json")).unwrap();
    let _: serde_json::Value = serde_json::from_str(&dashboard).unwrap();
    let rules = std::fs::read_to_string(rules).unwrap();
    let mut named = 0;
    for text in [&dashboard, &rules] {
        let words = text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
        for name in words.filter(|word| word.starts_with("siembox_")) {
            assert!(metrics.contains(&format!("# TYPE {name} ")), "{name}");
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}
