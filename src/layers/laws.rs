//! What holds for any bytes whatever.

use super::{Layers, Options};
use crate::model::{Chunk, Peer, Stamp, StreamEvent};
use proptest::collection::vec;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    /// Under pressure everything that was held is given back, but little.
    #[test]
    fn what_is_held_can_be_given_back(
        client in vec(any::<u8>(), 0..3_000),
        server in vec(any::<u8>(), 0..3_000),
        midstream in any::<bool>(),
    ) {
        let mut options = Options::default();
        (options.midstream.client, options.midstream.server) = (midstream, midstream);
        let mut layers = Layers::new(options);
        for (from, bytes) in [(Peer::Client, &client), (Peer::Server, &server)] {
            for bytes in bytes.chunks(500) {
                layers.push(from, StreamEvent::Data(Chunk::plain(bytes, Stamp::default(), 0)), &mut |_| {});
            }
        }
        layers.rest();
        prop_assert_eq!(layers.footprint().idle, 0);
        layers.shed();
        // Of a control frame that is coming from each side, at most 4096 bytes stay.
        prop_assert!(layers.footprint().held <= 4_096 + 2 * 4_096, "{:?}", layers.footprint());
    }
}
