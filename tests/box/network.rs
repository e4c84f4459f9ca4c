//! The network of the firmware on real ground: busybox's DHCP client and a real DHCP server over a
//! cable of the kernel's, in a network namespace of their own, and the ruleset in the kernel's own
//! packet filter.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use siembox::for_tests::network::{Firewall, Lease, Network, NetworkTools, Nic, Setting, path};
use siembox::for_tests::run_file;
use siembox::for_tests::settings::{Interface, NetworkSettings};
use siembox_support::own_test;

#[test]
fn a_lease_comes_from_a_real_server() {
    own_network("lease");
}

#[test]
fn a_fixed_address_is_set_and_the_firewall_is_shut() {
    own_network("fixed");
}

#[test]
fn the_name_is_answered_for_on_a_real_network() {
    own_network("name");
}

/// Runs an ignored test of this binary in namespaces of its own: network, mounts, host name, with a
/// fresh `/run`. Where the system gives none, that is said and the test is passed over.
fn own_network(test: &str) {
    own_test::must_exist(&format!("network::{test}"));
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args([
            "--map-root-user",
            "--net",
            "--mount",
            "--uts",
            "--kill-child",
            "sh",
            "-c",
        ]);
        command
    };
    let tried = unshare()
        .arg("mount -t tmpfs none /run && mount -t sysfs none /sys && ip link add cable0 type veth peer name cable1 && nft list ruleset && busybox udhcpd --help 2>&1 | grep -q Usage")
        .output();
    if !tried.as_ref().is_ok_and(|tried| tried.status.success()) {
        println!("passed over: {test}: no namespace, or no nft, busybox, veth here: {tried:?}");
        return;
    }
    let status = unshare()
        .arg("mount -t tmpfs none /run && mount -t sysfs none /sys && mkdir -p /run/siembox && exec \"$0\" --exact \"network::$1\" --ignored --nocapture --test-threads=1")
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .stdin(Stdio::null())
        .status();
    assert!(
        status.as_ref().is_ok_and(std::process::ExitStatus::success),
        "{status:?}"
    );
}

fn sh(line: &str) -> String {
    let output = Command::new("sh").args(["-c", line]).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}: {text}{complaint}");
    text
}

fn tools() -> NetworkTools {
    NetworkTools {
        busybox: "/usr/bin/busybox".into(),
        nft: "/usr/sbin/nft".into(),
        ..NetworkTools::of_the_box()
    }
}

fn firewall() -> Firewall {
    Firewall {
        tcp: vec![8080],
        mdns: true,
    }
}

fn settings() -> NetworkSettings {
    NetworkSettings {
        interface: Interface::Named("cable0".to_owned()),
        ..NetworkSettings::default()
    }
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < Duration::from_secs(60), "never: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// busybox's DHCP server at the other end of the cable.
fn server(folder: &Path, options: &str) -> Killed {
    let file = folder.join("udhcpd.conf");
    let leases = folder.join("leases");
    fs::write(&leases, "").unwrap();
    let text = format!(
        "start 192.0.2.50\nend 192.0.2.60\ninterface cable1\nlease_file {}\npidfile {}\noption subnet 255.255.255.0\n{options}",
        leases.display(),
        folder.join("pid").display()
    );
    fs::write(&file, text).unwrap();
    let child = Command::new("busybox")
        .args(["udhcpd", "-f"])
        .arg(file)
        .spawn();
    Killed(child.unwrap())
}

#[test]
#[ignore = "started by a_lease_comes_from_a_real_server"]
fn lease() {
    let folder = tempfile::tempdir().unwrap();
    let script = folder.path().join("siembox-lease");
    symlink(env!("CARGO_BIN_EXE_siembox"), &script).unwrap();
    sh(
        "ip link add cable0 type veth peer name cable1 && ip link set cable1 up && ip addr add 192.0.2.1/24 dev cable1",
    );
    let network = Network::up(&tools(), &settings(), &firewall());
    assert!(network.troubles.is_empty(), "{:?}", network.troubles);
    assert_eq!(sh("hostname"), "siembox\n");
    let setting: Setting = run_file::heard(Path::new(path::NETWORK)).unwrap();
    assert_eq!(setting.interface.as_deref(), Some("cable0"));
    // the server is at this end as well, behind the same firewall
    sh("nft insert rule inet siembox input iifname cable1 accept");

    let _server = server(
        folder.path(),
        "option router 192.0.2.1\noption dns 192.0.2.53 192.0.2.54\noption ntpsrv 192.0.2.123\noption domain corp.example\noption lease 600\n",
    );
    let mut words = network.plan.dhcp_client(&script).unwrap();
    // the test is not to wait for a server that was too late
    words.extend(["-A".into(), "1".into()]);
    let client = Command::new("busybox").args(&words).spawn().unwrap();
    let client = Killed(client);
    until("a lease", || Path::new(path::LEASE).exists());
    let lease: Lease = run_file::heard(Path::new(path::LEASE)).unwrap();
    assert!(
        lease.address.starts_with("192.0.2.") && lease.address.ends_with("/24"),
        "{lease:?}"
    );
    assert_eq!(lease.router, Some("192.0.2.1".parse().unwrap()));
    assert_eq!(
        lease.ntp,
        ["192.0.2.123".parse::<std::net::IpAddr>().unwrap()]
    );
    assert_eq!(lease.seconds, Some(600));
    let resolv = fs::read_to_string(path::RESOLV).unwrap();
    assert!(
        resolv.starts_with("search corp.example\nnameserver 192.0.2.53\nnameserver 192.0.2.54\n"),
        "{resolv}"
    );
    let there = sh("ip -4 -o addr show dev cable0");
    assert!(there.contains(&lease.address), "{there}");
    assert!(
        sh("ip route").contains("default via 192.0.2.1 dev cable0"),
        "{}",
        sh("ip route")
    );

    // a client that begins anew gives the old address up first
    drop(client);
    let interface = [("interface", "cable0")];
    let gone = Command::new(&script)
        .arg("deconfig")
        .envs(interface)
        .output()
        .unwrap();
    assert!(gone.status.success());
    let said = String::from_utf8(gone.stderr).unwrap();
    assert!(said.contains("cable0 has lost its address"), "{said}");
    assert!(!Path::new(path::LEASE).exists());
    assert_eq!(sh("ip -4 -o addr show dev cable0"), "");
    assert!(
        !fs::read_to_string(path::RESOLV)
            .unwrap()
            .contains("nameserver")
    );
}

#[test]
#[ignore = "started by a_fixed_address_is_set_and_the_firewall_is_shut"]
fn fixed() {
    sh(
        "ip netns list >/dev/null; ip link add cable0 type veth peer name cable1 && ip link set cable1 up",
    );
    let text = "[network]\ninterface = \"cable0\"\nhostname = \"bridge\"\naddress = [\"192.0.2.10/24\", \"2001:db8::10/64\"]\ngateway = [\"192.0.2.1\", \"2001:db8::1\"]\ndns = \"192.0.2.53\"\n";
    let loaded =
        siembox::for_tests::settings::Settings::read(text, Path::new("x"), &Default::default());
    let settings = loaded.unwrap().settings.network;
    for round in 1..=2 {
        let network = Network::up(&tools(), &settings, &firewall());
        assert!(
            network.troubles.is_empty(),
            "round {round}: {:?}",
            network.troubles
        );
    }
    assert_eq!(sh("hostname"), "bridge\n");
    let there = sh("ip -o addr show dev cable0");
    assert_eq!(there.matches("192.0.2.10/24").count(), 1, "{there}");
    assert_eq!(there.matches("2001:db8::10/64").count(), 1, "{there}");
    assert!(sh("ip -4 route").contains("default via 192.0.2.1 dev cable0"));
    assert!(sh("ip -6 route").contains("default via 2001:db8::1 dev cable0"));
    let cards = Nic::all(Path::new("/sys"));
    assert!(cards.is_empty() || cards.iter().any(|card| card.name == "cable0"));

    // the kernel has the ruleset, and it is the only one
    let rules = sh("nft list ruleset");
    assert!(
        rules.contains("policy drop") && rules.contains("tcp dport 8080 accept"),
        "{rules}"
    );
    assert_eq!(rules.matches("table ").count(), 1, "{rules}");
    // and it holds against a machine at the other end of the cable
    sh(
        "ip netns add peer && ip link set cable1 netns peer && ip -n peer addr add 192.0.2.1/24 dev cable1 && ip -n peer link set cable1 up",
    );
    let _page = TcpListener::bind("0.0.0.0:8080").unwrap();
    let _other = TcpListener::bind("0.0.0.0:9090").unwrap();
    let from_peer = |line: &str| {
        let inside = ["--net=/run/netns/peer", "sh", "-c", line];
        Command::new("nsenter")
            .args(inside)
            .output()
            .unwrap()
            .status
            .success()
    };
    until("the cable", || {
        from_peer("busybox ping -c 1 -W 1 192.0.2.10")
    });
    assert!(
        from_peer("busybox nc -w 5 192.0.2.10 8080 -e true"),
        "the page is open"
    );
    assert!(
        !from_peer("busybox nc -w 1 192.0.2.10 9090 -e true"),
        "nothing else is"
    );
    // what it begins itself is answered
    assert!(from_peer("busybox nc -l -p 7000 -e true >/dev/null 2>&1 &"));
    until("an answer to our own question", || {
        let mut nc = Command::new("busybox");
        let asked = nc.args(["nc", "-w", "2", "192.0.2.1", "7000", "-e", "true"]);
        asked.status().is_ok_and(|status| status.success())
    });

    // a ruleset that is none changes nothing
    let broken = tools();
    let broken = NetworkTools {
        nft: "/usr/bin/false".into(),
        ..broken
    };
    let network = Network::up(&broken, &settings, &firewall());
    assert!(
        network
            .troubles
            .iter()
            .any(|trouble| trouble.to_string().contains("failed"))
    );
    assert_eq!(sh("nft list ruleset"), rules);
}

#[test]
#[ignore = "started by the_name_is_answered_for_on_a_real_network"]
fn name() {
    sh(
        "ip link add cable0 type veth peer name cable1 && ip netns add peer && ip link set cable1 netns peer && ip -n peer addr add 192.0.2.1/24 dev cable1 && ip -n peer link set cable1 up && ip -n peer route add 224.0.0.0/4 dev cable1",
    );
    let text =
        "[network]\ninterface = \"cable0\"\nhostname = \"bridge\"\naddress = \"192.0.2.10/24\"\n";
    let loaded =
        siembox::for_tests::settings::Settings::read(text, Path::new("x"), &Default::default());
    let settings = loaded.unwrap().settings.network;
    let network = Network::up(&tools(), &settings, &firewall());
    assert!(network.troubles.is_empty(), "{:?}", network.troubles);
    let announcing = Command::new(env!("CARGO_BIN_EXE_siembox"))
        .args(["announce", "--config", "/none"])
        .spawn();
    let _announcing = Killed(announcing.unwrap());
    // the peer is this test again, at the other end of the cable
    let ask = |address: &str| {
        let asked = Command::new("nsenter")
            .arg("--net=/run/netns/peer")
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "network::ask", "--ignored"])
            .env("SIEMBOX_TEST_ADDRESS", address)
            .output();
        asked.unwrap().status.success()
    };
    until("an answer with the address", || ask("192.0.2.10"));
    assert!(!ask("192.0.2.11"));
    // another address, as from another lease
    sh(
        "ip addr add 192.0.2.11/24 dev cable0 && ip addr del 192.0.2.10/24 dev cable0; ip addr replace 192.0.2.11/24 dev cable0",
    );
    until("an answer with the new address", || ask("192.0.2.11"));
}

/// Asks for `bridge.local` as a simple resolver does, from a port of its own (RFC 6762, 6.7); fails
/// without the answer.
#[test]
#[ignore = "started by name, at the other end of the cable"]
fn ask() {
    let address: std::net::Ipv4Addr = std::env::var("SIEMBOX_TEST_ADDRESS")
        .unwrap()
        .parse()
        .unwrap();
    let socket = std::net::UdpSocket::bind("192.0.2.1:0").unwrap();
    socket
        .set_read_timeout(Some(Duration::from_secs(1)))
        .unwrap();
    let name = b"\x06bridge\x05local\0";
    let head = [0x12, 0x34, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
    let question = [&head[..], name, &[0, 1, 0, 1]].concat();
    socket.send_to(&question, "224.0.0.251:5353").unwrap();
    let mut answer = [0; 1500];
    let (length, from) = socket.recv_from(&mut answer).unwrap();
    let answer = &answer[..length];
    assert!(answer[2] & 0x80 != 0 && from.port() == 5353, "{answer:?}");
    let has = |bytes: &[u8]| answer.windows(bytes.len()).any(|window| window == bytes);
    // type A, class IN, the time to live, four bytes
    assert!(
        has(name) && has(&[&[0, 4][..], &address.octets()].concat()),
        "{answer:?}"
    );
}
