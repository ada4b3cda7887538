//! What holds for TLS that can be read, over every recording with secrets: however it is cut, ordered and lost, nothing is shown
//! that nobody sent, and nobody is accused who is not accused of the whole.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod common;

use common::{Dice, OwnedSegment, Story, analyze_with, captures, secrets, segments};
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use wsight::tls::Secrets;

/// A recording of TLS.
struct Recording {
    name: String,
    segments: Vec<OwnedSegment>,
    secrets: Arc<Secrets>,
    /// What is told of all of it.
    whole: Story,
}

impl Recording {
    fn new(path: &Path) -> Self {
        let (segments, secrets) = (segments(path), secrets(path));
        let whole = analyze_with(&segments, &secrets);
        Self { name: path.file_stem().unwrap().to_str().unwrap().to_owned(), segments, secrets, whole }
    }

    fn analyze(&self, segments: &[OwnedSegment]) -> Story {
        analyze_with(segments, &self.secrets)
    }

    /// Of what is left of it nothing is told that was not said, and nobody accused who was not.
    fn holds(&self, rest: &[OwnedSegment], how: &str) {
        let story = self.analyze(rest);
        for message in &story.messages {
            assert!(self.whole.messages.contains(message), "{} {how}: {message:?} was not sent", self.name);
        }
        for accusation in &story.accusations {
            assert!(self.whole.accusations.contains(accusation), "{} {how}: {accusation}", self.name);
        }
    }
}

/// Those in which something can be read.
fn recordings() -> Vec<Recording> {
    let is_tls = |path: &&std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with("tls-");
    let all: Vec<Recording> = captures().iter().filter(is_tls).map(|path| Recording::new(path)).collect();
    let readable: Vec<Recording> = all.into_iter().filter(|one| !one.whole.messages.is_empty()).collect();
    assert!(readable.len() >= 30, "only {} recordings can be read", readable.len());
    readable
}

/// The two of which every byte is tried: with a tag, and with a MAC inside.
fn thorough() -> Vec<Recording> {
    ["tls-1.3-aes-128-gcm.pcapng", "tls-1.2-cbc-sha-mac-inside.pcapng"]
        .map(|name| Recording::new(&common::capture(name)))
        .into()
}

#[test]
fn segmentation_changes_nothing() {
    // Where the ClientHello is missing, the beginning of a segment shows that this is TLS.
    let begins = |recording: &Recording| {
        !["tls-1.3-client-hello-lost", "tls-1.3-server-only"].contains(&&*recording.name)
    };
    for recording in recordings().into_iter().filter(begins) {
        for size in [1, 3, 5, 50] {
            let split: Vec<OwnedSegment> =
                recording.segments.iter().flat_map(|segment| segment.split(size)).collect();
            assert_eq!(recording.analyze(&split), recording.whole, "{} in pieces of {size}", recording.name);
        }
    }
}

#[test]
fn order_inside_the_window_changes_nothing_that_is_read() {
    for recording in recordings() {
        let mut expected = recording.whole.messages.clone();
        expected.sort();
        for seed in 0..10 {
            let mut dice = Dice(seed);
            let mut mixed = recording.segments.clone();
            let mut index = 1;
            while index + 1 < mixed.len() {
                let [one, other] = [&mixed[index], &mixed[index + 1]];
                let is_close = other.stamp.time.since(one.stamp.time).as_millis() < 50;
                if dice.roll(3) == 0 && is_close && !one.flags.syn() && !other.flags.syn() {
                    mixed.swap(index, index + 1);
                    index += 1;
                }
                index += 1;
            }
            let story = recording.analyze(&mixed).sorted();
            assert_eq!(story.messages, expected, "{} with seed {seed}", recording.name);
            assert_eq!(story.accusations, recording.whole.accusations, "{} with seed {seed}", recording.name);
        }
    }
}

/// Two taps whose clocks are a little apart, or two queues of one interface, turn packets of the two sides around.
#[test]
fn who_left_first_does_not_depend_on_which_packet_was_captured_first() {
    let about_ends = |story: &Story| {
        let is_about_end = |told: &&String| {
            ["close-missing", "connection-reset", "tls-alert"].iter().any(|id| told.starts_with(id))
        };
        let mut told: Vec<String> = story.accusations.iter().filter(is_about_end).cloned().collect();
        told.sort();
        told
    };
    for recording in recordings() {
        let last = recording.segments.len() - 1;
        for at in last.saturating_sub(8)..last {
            let [one, other] = [&recording.segments[at], &recording.segments[at + 1]];
            let is_turned = one.source == other.destination && one.destination == other.source;
            let is_inside = |segment: &OwnedSegment| !segment.flags.rst() && !segment.flags.syn();
            if !is_turned || !is_inside(one) || !is_inside(other) {
                continue;
            }
            let mut turned = recording.segments.clone();
            turned.swap(at, at + 1);
            (turned[at].stamp, turned[at + 1].stamp) = (one.stamp, other.stamp);
            let (name, story) = (&recording.name, recording.analyze(&turned));
            assert_eq!(about_ends(&story), about_ends(&recording.whole), "{name}, packet {}", at + 1);
        }
    }
}

#[test]
fn the_loss_of_any_packet_invents_nothing() {
    for recording in recordings() {
        for lost in 0..recording.segments.len() {
            let mut rest = recording.segments.clone();
            rest.remove(lost);
            recording.holds(&rest, &format!("without packet {}", lost + 1));
        }
    }
}

/// Behind a lost packet with a ticket, in TLS 1.2 with the server's Finished message as well, all is read.
#[test]
fn a_lost_ticket_costs_nothing_that_was_said() {
    for (name, packet) in [
        ("tls-1.3-aes-128-gcm", 10),
        ("tls-1.3-chacha20", 10),
        ("tls-1.3-client-certificate", 14),
        ("tls-1.3-key-update", 12),
        ("tls-1.3-retry", 16),
        ("tls-1.2-aes-128-gcm", 10),
        ("tls-1.2-cbc-sha384-mac-inside", 10),
        ("tls-1.2-chacha20", 10),
    ] {
        let recording = Recording::new(&common::capture(&format!("{name}.pcapng")));
        let mut rest = recording.segments.clone();
        rest.retain(|segment| segment.stamp.packet.0 != packet);
        assert_eq!(rest.len() + 1, recording.segments.len(), "{name}");
        let story = recording.analyze(&rest);
        let is_accepted = |fact: &String| fact.starts_with("upgrade ") && fact.contains(" accepted ");
        assert!(story.facts.iter().any(is_accepted), "{name}: {:?}", story.facts);
        assert_eq!(story.messages, recording.whole.messages, "{name}");
    }
}

/// The `close_notify` may be what was lost.
#[test]
fn no_lost_packet_takes_the_farewell_away() {
    for recording in recordings() {
        let is_early = |finding: &&String| finding.starts_with("tls-closed-early certain");
        if recording.whole.findings.iter().any(|finding| is_early(&finding)) {
            continue;
        }
        for lost in 0..recording.segments.len() {
            let mut rest = recording.segments.clone();
            rest.remove(lost);
            let story = recording.analyze(&rest);
            let early = story.findings.iter().find(is_early);
            assert_eq!(early, None, "{} without packet {}", recording.name, lost + 1);
        }
    }
}

#[test]
fn any_start_invents_nothing() {
    for recording in recordings() {
        for start in 1..recording.segments.len() {
            let rest = &recording.segments[start..];
            recording.holds(rest, &format!("from packet {}", start + 1));
            let split: Vec<OwnedSegment> = rest.iter().flat_map(|segment| segment.split(20)).collect();
            recording.holds(&split, &format!("from packet {}, in pieces of 20", start + 1));
        }
    }
}

#[test]
fn no_flipped_byte_invents_anything() {
    for recording in thorough() {
        for at in 0..recording.segments.len() {
            for byte in 0..recording.segments[at].payload.len() {
                let mut altered = recording.segments.clone();
                altered[at].payload[byte] ^= 1 << (byte % 8);
                let story = recording.analyze(&altered);
                for message in &story.messages {
                    let was_sent = recording.whole.messages.contains(message);
                    assert!(was_sent, "{} packet {} byte {byte}: {message:?}", recording.name, at + 1);
                }
            }
        }
    }
}

/// Every packet captured twice says the same, also where the capture starts late.
#[test]
fn duplicates_change_nothing() {
    for recording in recordings() {
        for start in (0..recording.segments.len()).step_by(3) {
            let once = &recording.segments[start..];
            let twice: Vec<OwnedSegment> = once.iter().flat_map(|s| [s.clone(), s.clone()]).collect();
            let how = format!("{} from packet {}", recording.name, start + 1);
            assert_eq!(recording.analyze(&twice).sorted(), recording.analyze(once).sorted(), "{how}");
        }
    }
}

/// The key log of another recording opens nothing, and does no harm beside the right one.
#[test]
fn mixed_keys_open_what_is_theirs() {
    let recordings = recordings();
    for (one, other) in recordings.iter().zip(recordings.iter().skip(1)) {
        let wrong = analyze_with(&one.segments, &other.secrets);
        assert!(wrong.messages.is_empty(), "{} with the keys of {}", one.name, other.name);
        let mut both = (*other.secrets).clone();
        both.merge((*one.secrets).clone());
        let story = analyze_with(&one.segments, &Arc::new(both));
        let how = format!("{} with the keys of {} as well", one.name, other.name);
        // How many connections there are secrets for is told of those that have none.
        if one.whole.facts.iter().any(|fact| fact.contains("NoSecretForThisClientRandom")) {
            assert_eq!(story.messages, one.whole.messages, "{how}");
        } else {
            assert_eq!(story, one.whole, "{how}");
        }
    }
}

/// All recordings at once, a packet of each in turn: each connection finds its own keys.
#[test]
fn connections_do_not_disturb_each_other() {
    let recordings = recordings();
    let mut secrets = Secrets::default();
    let (mut all, mut expected) = (BTreeMap::new(), Vec::new());
    for (host, recording) in (1..).zip(&recordings) {
        secrets.merge((*recording.secrets).clone());
        expected.extend(recording.whole.messages.iter().cloned());
        for (at, segment) in recording.segments.iter().enumerate() {
            let mut segment = segment.clone();
            for end in [&mut segment.source, &mut segment.destination] {
                if end.ip().to_string() == "10.0.0.1" {
                    *end = SocketAddr::new([10, 1, 0, host].into(), end.port());
                }
            }
            all.insert((at, host), segment);
        }
    }
    let all: Vec<OwnedSegment> = all.into_values().collect();
    let mut told = analyze_with(&all, &Arc::new(secrets)).messages;
    told.sort();
    expected.sort();
    assert_eq!(told, expected);
}

/// Those of the client, and those of the server.
fn sides(segments: &[OwnedSegment]) -> [Vec<OwnedSegment>; 2] {
    let asks = |segment: &&OwnedSegment| segment.flags.syn() && !segment.flags.ack();
    let clients: Vec<SocketAddr> = segments.iter().filter(asks).map(|segment| segment.source).collect();
    let (client, server) =
        segments.iter().cloned().partition(|segment: &OwnedSegment| clients.contains(&segment.source));
    [client, server]
}

/// Puts words of both sides in front of what `recording` holds of a connection.
fn behind(recording: &Recording, words: [&[u8]; 2]) -> Vec<OwnedSegment> {
    let [client, _] = sides(&recording.segments);
    let is_client = |segment: &OwnedSegment| segment.source == client[0].source;
    let length = |is_client: bool| u32::try_from(words[usize::from(!is_client)].len()).unwrap();
    let mut moved = Vec::new();
    for segment in &recording.segments {
        let mut later = segment.clone();
        if !segment.flags.syn() {
            later.sequence = later.sequence.wrapping_add(length(is_client(segment)));
            // The client acknowledges the SYN before anything is said.
            if moved.len() > 3 {
                later.acknowledgment = later.acknowledgment.wrapping_add(length(!is_client(segment)));
            }
        }
        moved.push(later);
        if moved.len() == 3 {
            for ((words, from), answered) in words.iter().zip([0, 1]).zip([0, length(true)]) {
                let like = &recording.segments[if from == 0 { 2 } else { 1 }];
                let (sequence, acknowledgment) = match from {
                    0 => (like.sequence, like.acknowledgment),
                    _ => (like.sequence.wrapping_add(1), like.acknowledgment.wrapping_add(answered)),
                };
                let (stamp, flags) = (recording.segments[2].stamp, recording.segments[2].flags);
                let payload = words.to_vec();
                moved.push(OwnedSegment { stamp, sequence, acknowledgment, flags, payload, ..like.clone() });
            }
        }
    }
    moved
}

/// What a side says in TLS 1.3, or in the clear, is read from its packets alone, whatever stands in front of it.
#[test]
fn one_side_is_read_behind_the_words_of_a_proxy_or_of_another_protocol() {
    let mut cases: Vec<(String, Vec<OwnedSegment>, Recording)> = Vec::new();
    for name in
        ["tls-after-socks.pcapng", "socks5-proxy.pcap", "socks4a-proxy.pcap", "http-connect-proxy.pcap"]
    {
        let recording = Recording::new(&common::capture(name));
        cases.push((name.to_owned(), recording.segments.clone(), recording));
    }
    for words in [
        [&b"STARTTLS\r\n"[..], b"220 go ahead\r\n"],
        [b"\0\0\0\x08\x04\xd2\x16\x2f", b"S"],
        // SOCKS 5 with a password (RFC 1929 §2), all of it at once.
        [
            b"\x05\x01\x02\x01\x01u\x01p\x05\x01\0\x01\x0a\0\0\x02\0\x50",
            b"\x05\x02\x01\0\x05\0\0\x01\0\0\0\0\0\0",
        ],
    ] {
        let recording = Recording::new(&common::capture("tls-1.3-aes-128-gcm.pcapng"));
        cases.push((format!("{words:?}"), behind(&recording, words), recording));
    }
    for (name, segments, recording) in cases {
        let mut expected = recording.whole.messages.clone();
        expected.sort();
        let mut whole = recording.analyze(&segments).messages;
        whole.sort();
        assert_eq!(whole, expected, "{name}");
        let mut read: Vec<_> =
            sides(&segments).iter().flat_map(|side| recording.analyze(side).messages).collect();
        read.sort();
        assert_eq!(read, expected, "{name}: each side by itself");
    }
}

/// Two captures of one direction each that were put one behind the other say what both say in order, as long as the connection
/// takes no longer than the wait for a clock that differs.
#[test]
fn one_side_behind_the_other_costs_no_message_and_accuses_nobody() {
    let (mut faults, mut tried) = (Vec::new(), 0);
    for path in captures() {
        let recording = Recording::new(&path);
        let times = || recording.segments.iter().map(|segment| segment.stamp.time);
        let lasts = times().max().unwrap().since(times().min().unwrap());
        let [client, server] = sides(&recording.segments);
        if lasts.as_secs() >= 5 || client.is_empty() || server.is_empty() {
            continue;
        }
        tried += 1;
        let mut expected = recording.whole.messages.clone();
        expected.sort();
        for (how, one_by_one) in
            [("client first", [&*client, &server].concat()), ("server first", [&*server, &client].concat())]
        {
            let story = recording.analyze(&one_by_one).sorted();
            if story.messages != expected {
                faults.push(format!(
                    "{}, {how}: {} of {} messages",
                    recording.name,
                    story.messages.len(),
                    expected.len()
                ));
            }
            // Which of two sessions is told first is another matter.
            let kind = |accusation: &String| accusation.split(':').next().unwrap().to_owned();
            let known: Vec<String> = recording.whole.accusations.iter().map(kind).collect();
            for accusation in story.accusations.iter().filter(|one| !known.contains(&kind(one))) {
                faults.push(format!("{}, {how}: {accusation}", recording.name));
            }
        }
    }
    assert!(tried > 100, "{tried}");
    assert!(faults.is_empty(), "{} faults: {}", faults.len(), faults.join("\n"));
}

/// What the server threw away it never read: a client that does not say it again has asked nobody.
#[test]
fn a_request_in_early_data_that_the_server_refuses_is_told_unless_it_is_made_again() {
    for (name, asked) in [("not-repeated", 1), ("rejected", 0)] {
        let recording = Recording::new(&common::capture(&format!("tls-1.3-early-data-{name}.pcapng")));
        let told = |id: &str| recording.whole.findings.iter().filter(|line| line.contains(id)).count();
        assert_eq!((told("upgrade-unanswered"), told("probe")), (asked, 0), "{:?}", recording.whole.findings);
    }
}
