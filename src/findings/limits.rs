//! What is said where a layer between TCP and WebSocket reaches a limit.

use super::catalog::Id;
use super::field::FindingField;
use super::finding::Finding;
use crate::model::{LayerShortage, Peer, Stamp, StreamId};

/// That a limit was reached; in HTTP/2, `on` this stream, by what this side sent.
pub(crate) fn limit_reached(on: Option<(Peer, StreamId)>, shortage: LayerShortage, stamp: Stamp) -> Finding {
    let who = on.map_or("a peer".to_owned(), |(from, _)| format!("the {from}"));
    let stream = on.map_or(String::new(), |(_, stream)| format!(", on stream {stream}"));
    let summary = match shortage {
        LayerShortage::HeadBytes => {
            "an HTTP head is larger than the limit: the rest of it is not read, nor what follows it".to_owned()
        }
        LayerShortage::PipelinedRequests => {
            "more HTTP requests of a connection wait for their answers than the limit: it is not followed further".to_owned()
        }
        LayerShortage::EarlyBytes => format!(
            "{who} sent more before the other one had answered than the limit{stream}: what it sent early is not read"
        ),
        LayerShortage::Http2Streams => format!(
            "more HTTP/2 streams at once than the limit, since {who} opened one{stream}: later ones are not followed"
        ),
        LayerShortage::Http2HeadBytes => format!(
            "{who} sent an HTTP/2 head larger than the limit{stream}: what is beyond it is not read, nor what later heads \
             refer to in it"
        ),
        LayerShortage::Http2TableBytes => format!(
            "the table of HTTP/2 heads that {who} sent is larger than the limit: what later heads refer to in its oldest part \
             is not known"
        ),
    };
    let finding = Finding::new(Id::LimitReached, stamp, summary).with(FindingField::Limit, shortage.limit());
    match on {
        Some((from, _)) => finding.from(from),
        None => finding,
    }
}
