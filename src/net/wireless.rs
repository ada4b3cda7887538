//! 802.11 frames, as monitor mode captures them: with the radio's own header before them, or without (IEEE 802.11 §9.2).

use super::next::{DataPad, NextHeader};
use super::view::View;
use crate::model::SkipReason;

/// Frames that carry data have this type in the frame control field (§9.2.4.1.3).
const DATA: u8 = 0x08;

/// The header of a frame; behind that of a data frame comes LLC. What the network encrypts stays unread.
pub(super) fn frame<'a>(view: &mut View<'a>, pad: DataPad) -> Result<NextHeader<'a>, SkipReason> {
    const TYPE: u8 = 0x0c;
    const NO_DATA: u8 = 0x40;
    const QOS: u8 = 0x80;
    const TO_AND_FROM_DS: u8 = 0x03;
    const PROTECTED: u8 = 0x40;
    const ORDER: u8 = 0x80;
    /// Several frames in one (§9.3.2.2).
    const AGGREGATE: u8 = 0x80;

    let before = view.wire();
    let [control, flags, ..] = view.take::<24>()?;
    if control & TYPE != DATA || control & NO_DATA != 0 {
        return Err(SkipReason::NotIp);
    }
    if flags & TO_AND_FROM_DS == TO_AND_FROM_DS {
        view.skip(6)?;
    }
    let mut is_aggregate = false;
    if control & QOS != 0 {
        let [service, _] = view.take()?;
        if flags & ORDER != 0 {
            view.skip(4)?;
        }
        is_aggregate = service & AGGREGATE != 0;
    }
    if flags & PROTECTED != 0 {
        return Err(SkipReason::LinkEncrypted);
    }
    if pad == DataPad::ToFourBytes {
        let header = before - view.wire();
        view.skip(header.next_multiple_of(4) - header)?;
    }
    if is_aggregate {
        only_subframe(view)?;
    }
    Ok(NextHeader::Llc)
}

/// The header of the one frame in an aggregate (§9.3.2.2.2): destination, source and length. Of several, which would be
/// several packets, none is read.
fn only_subframe(view: &mut View<'_>) -> Result<(), SkipReason> {
    /// What may follow: a check sequence.
    const TRAILER: usize = 4;
    let [.., high, low] = view.take::<14>()?;
    let length = usize::from(u16::from_be_bytes([high, low]));
    if length + TRAILER < view.wire() {
        return Err(SkipReason::LinkUnsupported);
    }
    Ok(())
}

/// <https://www.radiotap.org>: version, padding and the header's length, in this byte order on every machine; then which
/// fields are present, and these.
pub(super) fn radiotap<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let header = *view;
    let [_, _, low, high] = view.take()?;
    let length = usize::from(u16::from_le_bytes([low, high]));
    view.skip(length.checked_sub(4).ok_or(SkipReason::Malformed)?)?;
    let has_pad = radiotap_flags(header.captured().get(..length).unwrap_or_default())
        .is_some_and(|flags| flags & RADIOTAP_DATA_PAD != 0);
    Ok(NextHeader::Wireless(if has_pad { DataPad::ToFourBytes } else { DataPad::None }))
}

/// Padding stands between the 802.11 header and the data.
const RADIOTAP_DATA_PAD: u8 = 0x20;

/// The field of a radiotap `header` that holds flags, if there is one. Only a timestamp of 8 bytes can stand before it.
fn radiotap_flags(header: &[u8]) -> Option<u8> {
    const TIMESTAMP: u8 = 1;
    const FLAGS: u8 = 2;
    /// More words say which fields are present.
    const MORE: u8 = 0x80;
    let (words, _) = header.get(4..)?.as_chunks::<4>();
    let [present, ..] = words.first()?;
    let count = 1 + words.iter().take_while(|[.., last]| last & MORE != 0).count();
    let fields = 4 + 4 * count;
    let at = if present & TIMESTAMP != 0 { fields.next_multiple_of(8) + 8 } else { fields };
    header.get(at).copied().filter(|_| present & FLAGS != 0)
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_IEEE802_11_PRISM.html>: 144 bytes.
pub(super) fn prism<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    view.skip(144)?;
    Ok(NextHeader::Wireless(DataPad::None))
}

/// <https://www.tcpdump.org/linktypes/LINKTYPE_IEEE802_11_AVS.html>: a version, then the header's length.
pub(super) fn avs<'a>(view: &mut View<'a>) -> Result<NextHeader<'a>, SkipReason> {
    let [_, _, _, _, length @ ..] = view.take::<8>()?;
    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
    view.skip(length.checked_sub(8).ok_or(SkipReason::Malformed)?)?;
    Ok(NextHeader::Wireless(DataPad::None))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Outcome, decode, v4, v6};
    use crate::model::SkipReason;

    const SNAP: [u8; 8] = [0xaa, 0xaa, 3, 0, 0, 0, 8, 0];
    const RADIOTAP: [u8; 8] = [0, 0, 8, 0, 0, 0, 0, 0];

    fn frame(control: u8, flags: u8, more: &[u8]) -> Vec<u8> {
        [&[control, flags][..], &[0; 22], more].concat()
    }

    #[track_caller]
    fn carries(link: u32, header: &[u8]) {
        assert_eq!(
            decode(link, &[header, &SNAP, &v4(b"hello")].concat()).payload(),
            b"hello",
            "{header:02x?}"
        );
    }

    #[track_caller]
    fn skipped(frame: &[u8], reason: SkipReason) {
        assert_eq!(decode(105, &[frame, &SNAP, &v4(b"hello")].concat()), Outcome::Skipped(reason));
    }

    #[test]
    fn data_frames_of_every_header() {
        carries(105, &frame(0x08, 1, &[]));
        carries(105, &frame(0x08, 3, &[0; 6]));
        carries(105, &frame(0x88, 2, &[0; 2]));
        carries(105, &frame(0x88, 0x82, &[0; 6]));
        let v6 = [&frame(0x08, 1, &[])[..], &[0xaa, 0xaa, 3, 0, 0, 0, 0x86, 0xdd], &v6(b"hello")].concat();
        assert_eq!(decode(105, &v6).payload(), b"hello");
    }

    #[test]
    fn behind_the_headers_of_radios() {
        carries(127, &[&RADIOTAP[..], &frame(0x08, 1, &[])].concat());
        carries(119, &[&[0; 144][..], &frame(0x08, 1, &[])].concat());
        carries(163, &[&[0x80, 0x21, 0x10, 1, 0, 0, 0, 64][..], &[0; 56], &frame(0x08, 1, &[])].concat());
        assert_eq!(decode(127, &[0, 0, 3, 0, 0]), Outcome::Skipped(SkipReason::Malformed));
    }

    #[test]
    fn padding_behind_the_header_is_skipped() {
        let padded = frame(0x88, 2, &[0; 4]);
        let flags = |flags: u8| [0, 0, 9, 0, 2, 0, 0, 0, flags];
        carries(127, &[&flags(0x20)[..], &padded].concat());
        carries(127, &[&flags(0x20)[..], &frame(0x08, 1, &[])].concat());
        carries(127, &[&flags(0x10)[..], &frame(0x88, 2, &[0; 2])].concat());
        // Two words of fields, and a timestamp at the next multiple of 8 bytes before the flags.
        let timed = [&[0, 0, 25, 0, 3, 0, 0, 0x80, 0, 0, 0, 0][..], &[0; 4], &[0x20; 9]].concat();
        carries(127, &[&timed[..], &padded].concat());
    }

    #[test]
    fn an_aggregate_of_one_frame_is_read() {
        let body = [&SNAP[..], &v4(b"hello")].concat();
        let length = u16::try_from(body.len()).unwrap().to_be_bytes();
        let subframe = [&[0; 12][..], &length].concat();
        carries(105, &frame(0x88, 1, &[&[0x80, 0][..], &subframe].concat()));
        let one = frame(0x88, 1, &[&[0x80, 0][..], &subframe, &body, b"\0\0FCS!"].concat());
        assert_eq!(decode(105, &one), Outcome::Skipped(SkipReason::LinkUnsupported));
        let one = frame(0x88, 1, &[&[0x80, 0][..], &subframe, &body, b"FCS!"].concat());
        assert_eq!(decode(105, &one).payload(), b"hello");
    }

    #[test]
    fn what_is_no_data_or_encrypted_is_counted() {
        skipped(&frame(0x80, 0, &[]), SkipReason::NotIp);
        skipped(&frame(0xd4, 0, &[]), SkipReason::NotIp);
        skipped(&frame(0x48, 1, &[]), SkipReason::NotIp);
        skipped(&frame(0x08, 0x41, &[]), SkipReason::LinkEncrypted);
        skipped(&frame(0x88, 0x41, &[0x80, 0]), SkipReason::LinkEncrypted);
        skipped(&frame(0x88, 1, &[&[0x80, 0][..], &[0; 14]].concat()), SkipReason::LinkUnsupported);
    }
}
