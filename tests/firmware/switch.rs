//! The port of a managed switch: towards the box every frame carries the tag of one VLAN, and what
//! comes from it without one goes nowhere. On the other side is QEMU's user network, in a QEMU that
//! plays no machine.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};

use crate::frame::{Frame, Way};
use crate::lan::{Lan, free};

/// A switch that is switched on.
pub struct Switch {
    world: Child,
    port: PathBuf,
    vlan: u16,
    /// The cable to the box, while there is one.
    cable: Cable,
    seen: Arc<Mutex<Vec<Frame>>>,
    guest: Ipv4Addr,
    forwards: Vec<(u16, SocketAddr)>,
}

type Cable = Arc<Mutex<Option<UnixStream>>>;

// === impl Switch ===

impl Switch {
    /// With this VLAN. The box is to have the address `guest`; these TCP ports of it are reached at
    /// ports of this machine.
    pub fn start(folder: &Path, vlan: u16, guest: Ipv4Addr, ports: &[u16]) -> Self {
        let (port, uplink) = (folder.join("port"), folder.join("uplink"));
        let (to_box, to_world) = (
            UnixListener::bind(&port).unwrap(),
            UnixListener::bind(&uplink).unwrap(),
        );
        let forwards: Vec<_> = ports.iter().map(|&port| (port, free())).collect();
        let mut user = "user,id=world".to_owned();
        for (port, here) in &forwards {
            user.push_str(&format!(",hostfwd=tcp:{here}-{guest}:{port}"));
        }
        let world = Command::new("qemu-system-aarch64")
            .args(["-machine", "none", "-nodefaults", "-display", "none"])
            .args(["-netdev", &user, "-netdev"])
            .arg(format!("{},id=uplink", stream(&uplink)))
            .args(["-netdev", "hubport,id=a,hubid=0,netdev=world"])
            .args(["-netdev", "hubport,id=b,hubid=0,netdev=uplink"])
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let (mut up, _) = to_world.accept().unwrap();
        let switch = Self {
            world,
            port,
            vlan,
            cable: Cable::default(),
            seen: Arc::default(),
            guest,
            forwards,
        };
        let mut down = up.try_clone().unwrap();
        let (cable, seen) = (Arc::clone(&switch.cable), Arc::clone(&switch.seen));
        std::thread::spawn(move || {
            while let Some(bytes) = receive(&mut down) {
                let frame = Frame::from_world(&bytes);
                pass(&cable, &frame, vlan);
                seen.lock().unwrap().push(frame);
            }
        });
        let (cable, seen) = (Arc::clone(&switch.cable), Arc::clone(&switch.seen));
        std::thread::spawn(move || {
            for plugged in to_box.incoming() {
                let mut from = plugged.unwrap();
                *cable.lock().unwrap() = Some(from.try_clone().unwrap());
                while let Some(bytes) = receive(&mut from) {
                    let frame = Frame::from_box(&bytes);
                    if frame.vlan == Some(vlan) {
                        let _ = send(&mut up, &frame.bytes);
                    }
                    seen.lock().unwrap().push(frame);
                }
            }
        });
        switch
    }

    /// For the box: into this socket goes its cable.
    pub fn lan(&self) -> Lan {
        Lan {
            netdev: stream(&self.port),
            page: self.forward(80),
            secure: self.forward(443),
            guest: self.guest,
        }
    }

    /// Where this TCP port of the box is reached.
    pub fn forward(&self, port: u16) -> SocketAddr {
        let found = self.forwards.iter().find(|(named, _)| *named == port);
        found.expect("a port that is forwarded").1
    }

    /// Sends a frame of somebody else in the VLAN to the box.
    pub fn send(&self, bytes: &[u8]) {
        pass(&self.cable, &Frame::from_world(bytes), self.vlan);
    }

    /// Frames that went this way.
    pub fn seen(&self, way: Way) -> Vec<Frame> {
        let seen = self.seen.lock().unwrap();
        seen.iter()
            .filter(|frame| frame.way == way)
            .cloned()
            .collect()
    }

    /// Forgets what it has seen.
    pub fn forget(&self) {
        self.seen.lock().unwrap().clear();
    }

    /// Frames that came without the tag.
    pub fn untagged(&self) -> Vec<Frame> {
        let mut frames = self.seen(Way::Out);
        frames.retain(|frame| frame.vlan != Some(self.vlan));
        frames
    }
}

impl Drop for Switch {
    fn drop(&mut self) {
        let _ = self.world.kill();
        let _ = self.world.wait();
    }
}

fn stream(path: &Path) -> String {
    format!(
        "stream,server=off,addr.type=unix,addr.path={}",
        path.display()
    )
}

/// Into the box's cable, where there is one; one that was just pulled takes nothing.
fn pass(cable: &Cable, frame: &Frame, vlan: u16) {
    if let Some(cable) = &mut *cable.lock().unwrap() {
        let _ = send(cable, &frame.tagged(vlan));
    }
}

/// QEMU puts the length before each frame (net/stream.c).
fn receive(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut frame = vec![0; usize::try_from(u32::from_be_bytes(length)).ok()?];
    stream.read_exact(&mut frame).ok()?;
    Some(frame)
}

fn send(stream: &mut UnixStream, frame: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(frame.len()).unwrap().to_be_bytes();
    stream.write_all(&[&length[..], frame].concat())
}
