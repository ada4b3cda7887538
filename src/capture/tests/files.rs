//! Files by their names.

use super::samples::{last, pcap, told};
use crate::capture::{Files, Input, Progress, Source};
use std::fs;
use std::path::PathBuf;

/// A directory of its own for one test, removed at its end.
struct Folder(PathBuf);

impl Folder {
    fn new(test: &str) -> Self {
        let path = std::env::temp_dir().join(format!("wsight-capture-{test}-{}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Input {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        Input::File(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn files_are_read_in_turn_and_an_error_ends_only_its_own() {
    let folder = Folder::new("turn");
    let (one, two) = (pcap(&[b"a", b"b"]), pcap(&[b"c"]));
    let cut = &one[..one.len() - 1];
    let directory = Input::File(folder.0.clone());
    let missing = Input::File(folder.0.join("missing.pcap"));
    let inputs = vec![
        folder.file("cut.pcap", cut),
        directory.clone(),
        missing.clone(),
        folder.file("empty", b""),
        folder.file("two.pcap", &two),
    ];
    let (cut_name, empty_name) = (inputs[0].to_string(), inputs[3].to_string());
    let mut files = Files::new(inputs);
    let total = Some((cut.len() + two.len()) as u64);
    assert_eq!(files.progress(), Progress { read: 0, total, ..Progress::default() });
    assert_eq!(
        told(&mut files),
        [
            "1@1000000000 1/1 40:a".to_owned(),
            format!(
                "{cut_name}: the file ends inside packet 2 at byte {} (the capture was cut off); \
                 the 1 packet before it was analyzed",
                cut.len()
            ),
            format!("{directory}: it is a directory; name the capture files in it"),
            format!("{missing}: it cannot be opened: No such file or directory (os error 2)"),
            format!(
                "{empty_name}: it is empty; was the capture stopped before its first packet was written?"
            ),
            "file 4: 1@1000000000 1/1 40:c".to_owned(),
        ]
    );
    assert_eq!(
        files.progress(),
        Progress { read: (cut.len() + two.len()) as u64, total, ..Progress::default() }
    );
    assert!(files.next().unwrap().is_none());
}

#[test]
fn what_is_unknown_beforehand_is_not_guessed() {
    assert_eq!(Files::new(vec![Input::Stdin]).progress(), Progress::default());
}

#[test]
fn what_is_no_capture_is_named_with_the_way_out() {
    assert_eq!(
        last(b"snoop\0\0\0\0\0\0\x02\0\0\0\x04"),
        "capture: it is not a packet capture but a snoop capture (its first bytes are 73 6e 6f 6f 70 00 00 00); \
         convert it with `editcap -F pcapng IN OUT.pcapng` and read that"
    );
    assert_eq!(
        last(b"{}"),
        "capture: it is not a packet capture but JSON text (its first bytes are 7b 7d); \
         wsight reads pcap and pcapng files, also compressed with gzip, zstd or lz4"
    );
}

#[test]
fn a_name_cannot_command_the_terminal() {
    let folder = Folder::new("name");
    let input = folder.file("\x1b[31m\n.pcap", b"not a capture");
    let message = told(&mut Files::new(vec![input])).concat();
    assert!(message.contains("\\x1b[31m\\n.pcap: it is not a packet capture but plain text"), "{message}");
    assert!(!message.contains(char::is_control));
}
