//! Payloads as trees: JSON, and what else needs no schema to be read: MessagePack, CBOR, protobuf.

mod bytes;
mod cbor;
mod fold;
pub(super) mod json;
mod leaf;
mod msgpack;
mod protobuf;

pub(super) use fold::{Folds, Node, NodeState};
pub(super) use leaf::Leaf;

/// Reads a payload of one format.
type PayloadParser = fn(&[u8]) -> Option<Vec<Leaf>>;

/// What a payload can be read as.
#[derive(Debug)]
pub(super) enum Parsed {
    Json(Vec<Leaf>),
    /// A binary format of this name.
    Binary(&'static str, Vec<Leaf>),
    /// None of them; it is no JSON for this reason.
    Other(String),
}

impl Parsed {
    /// The lines of the tree, if it is one.
    pub(super) fn leaves(&self) -> &[Leaf] {
        match self {
            Self::Json(leaves) | Self::Binary(_, leaves) => leaves,
            Self::Other(_) => &[],
        }
    }
}

/// Reads a payload.
pub(super) fn parsed(payload: &[u8]) -> Parsed {
    let fault = match std::str::from_utf8(payload) {
        Ok(text) => match json::leaves(text) {
            Ok(leaves) => return Parsed::Json(leaves),
            Err(fault) => format!("at byte {}, {} is expected", fault.at, fault.expected),
        },
        Err(error) => format!("byte {} is not UTF-8", error.valid_up_to()),
    };
    tree(payload).map_or(Parsed::Other(fault), |(format, leaves)| Parsed::Binary(format, leaves))
}

/// The format of a payload and its tree. All of the payload has to fit: a few bytes alone may be anything.
fn tree(payload: &[u8]) -> Option<(&'static str, Vec<Leaf>)> {
    let formats: [(&str, PayloadParser); 3] =
        [("MessagePack", msgpack::tree), ("CBOR", cbor::tree), ("protobuf", protobuf::tree)];
    formats.into_iter().find_map(|(name, tree)| Some((name, tree(payload)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(hex: &str) -> Option<(&'static str, String)> {
        let (format, leaves) = tree(&hex::decode(hex.replace(' ', "")).unwrap())?;
        let lines = leaves.iter().map(|(depth, text)| format!("{}{text}", " ".repeat(*depth)));
        Some((format, lines.collect::<Vec<_>>().join("|")))
    }

    #[test]
    fn each_format_is_known_by_its_bytes() {
        // {"compact": true, "schema": 0}, the example of msgpack.org.
        let msgpack = "82 a7 63 6f 6d 70 61 63 74 c3 a6 73 63 68 65 6d 61 00";
        assert_eq!(
            drawn(msgpack),
            Some(("MessagePack", "map of 2| \"compact\": true| \"schema\": 0".to_owned()))
        );
        // {"a": 1, "b": [2, 3]}, RFC 8949 appendix A.
        let cbor = "a2 61 61 01 61 62 82 02 03";
        let tree = "map of 2| \"a\": 1| \"b\": array of 2|  2|  3";
        assert_eq!(drawn(cbor), Some(("CBOR", tree.to_owned())));
        // {_ "Fun": true, "Amt": -2}, likewise: of unknown length.
        let cbor = "bf 63 46 75 6e f5 63 41 6d 74 21 ff";
        assert_eq!(drawn(cbor), Some(("CBOR", "map| \"Fun\": true| \"Amt\": -2".to_owned())));
        // Test1 in Test3, the examples of the encoding's page.
        let protobuf = "1a 03 08 96 01 12 07 74 65 73 74 69 6e 67";
        assert_eq!(drawn(protobuf), Some(("protobuf", "3: message| 1: 150|2: \"testing\"".to_owned())));
    }

    #[test]
    fn what_does_not_fit_to_its_end_is_none_of_them() {
        for hex in ["", "00", "0d 90 0f 00", "82 a7 63", "ff ff ff ff", "9f", "08", &"91".repeat(100)] {
            assert_eq!(drawn(hex), None, "{hex}");
        }
    }

    #[test]
    fn no_bytes_do_harm() {
        let mut seed = 1_u64;
        for length in 0..400 {
            let bytes: Vec<u8> = (0..length)
                .map(|_| {
                    seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                    seed.to_be_bytes()[0]
                })
                .collect();
            for first in [0x81, 0x91, 0xdd, 0xdf, 0xa1, 0xbf, 0x9b, 0xc6, 0x0a] {
                tree(&[&[first], bytes.as_slice()].concat());
            }
        }
    }
}
