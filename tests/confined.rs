//! What a confined process, and a confined thread, may still do. Each test confines a process of its own.
#![cfg(all(target_os = "linux", feature = "live"))]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs::File;
use std::io::{self, Seek, Write};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Command;
use wsight::live::confine::{Confinement, confine};

#[track_caller]
fn is_refused(what: &str, error: Option<io::Error>) {
    assert_eq!(error.map(|error| error.kind()), Some(io::ErrorKind::PermissionDenied), "{what}");
}

/// What a child process does. By itself it does nothing.
#[test]
fn confined() {
    let Some(folder) = std::env::var_os("WSIGHT_CONFINED") else { return };
    let folder = Path::new(&folder);
    let open = File::create(folder.join("open before")).unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let inside = folder.join("inside");
    let scratch = folder.join("scratch");
    let confinement = Confinement {
        writable: vec![inside.clone()],
        scratch: Some(scratch.clone()),
        interfaces: vec!["lo".to_owned()],
        ports: Vec::new(),
    };
    confine(&confinement).unwrap();
    std::thread::spawn(move || {
        is_refused("reading a file", File::open("/etc/passwd").err());
        is_refused("making a file", File::create(inside.with_file_name("b")).err());
        is_refused("listing a folder", std::fs::read_dir("/").err());
        is_refused("running a program", Command::new("/bin/true").spawn().err());
        is_refused("connecting", TcpStream::connect(address).err());
        is_refused("a socket", UdpSocket::bind("127.0.0.1:0").err());
        // What it needs it still has.
        (&open).write_all(b"x").unwrap();
        File::create(inside.join("a")).unwrap().write_all(b"x").unwrap();
        is_refused("reading what was written", File::open(inside.join("a")).err());
        let mut aside = tempfile::tempfile_in(&scratch).unwrap();
        aside.write_all(b"read back").unwrap();
        aside.rewind().unwrap();
        assert_eq!(std::io::read_to_string(aside).unwrap(), "read back");
        std::fs::remove_file(inside.join("a")).unwrap();
        std::fs::read("/sys/class/net/lo/statistics/rx_missed_errors").unwrap();
    })
    .join()
    .unwrap();
    println!("confined as it should be");
}

/// What a child process does: a thread that has to connect is started before the process confines itself. By itself it
/// does nothing.
#[test]
fn confined_but_for_a_port() {
    if std::env::var_os("WSIGHT_CONFINED").is_none() {
        return;
    }
    let listen = || TcpListener::bind("127.0.0.1:0").unwrap();
    let (collector, other) = (listen(), listen());
    let (to, elsewhere) = (collector.local_addr().unwrap(), other.local_addr().unwrap());
    let (go, may_go) = std::sync::mpsc::channel();
    let pushes = std::thread::spawn(move || {
        confine(&Confinement { ports: vec![to.port()], ..Confinement::default() }).unwrap();
        may_go.recv().unwrap();
        TcpStream::connect(to).unwrap();
        is_refused("another port", TcpStream::connect(elsewhere).err());
        is_refused("listening", TcpListener::bind("127.0.0.1:0").err());
        is_refused("another type of socket", UdpSocket::bind("127.0.0.1:0").err());
        is_refused("another family", UnixStream::connect("/nowhere").err());
        is_refused("reading a file", File::open("/etc/passwd").err());
        is_refused("running a program", Command::new("/bin/true").spawn().err());
    });
    confine(&Confinement::default()).unwrap();
    is_refused("connecting where the other thread may", TcpStream::connect(to).err());
    go.send(()).unwrap();
    pushes.join().unwrap();
    println!("confined as it should be");
}

#[test]
fn a_confined_process_opens_nothing() {
    as_a_child("confined");
}

#[test]
fn a_thread_that_may_connect_reaches_its_port_alone() {
    as_a_child("confined_but_for_a_port");
}

/// Runs a test of this file in a process of its own, which it confines.
#[track_caller]
fn as_a_child(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("inside")).unwrap();
    std::fs::create_dir(folder.path().join("scratch")).unwrap();
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env("WSIGHT_CONFINED", folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(
        child.status.success() && said.contains("confined as it should be"),
        "{said}{}",
        String::from_utf8_lossy(&child.stderr)
    );
}
