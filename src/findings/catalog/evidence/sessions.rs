//! What findings about sessions: frames, messages, pings and the close rest on.

use crate::findings::catalog::Id;
use crate::findings::catalog::entry::Evidence;

/// Those that accuse a peer in the order of the catalog, then those that do not.
pub(super) const SESSIONS: &[(&[Id], Evidence)] = &[
    (
        &[Id::FrameIncomplete],
        Evidence::of(
            "The frame's header is in the capture, and so is its sender's FIN or RST, directly after the \
             bytes that arrived. Or it is the header of a record of TLS behind which nothing is missing, in a session that its sender \
             had not closed.",
            "Frames of that side were found again by searching, copies of these bytes differ, the receiver never acknowledged what the capture lacks, the capture misses \
             bytes of the receiver in which a Close may have refused the frame, or has no packet of it, TCP shows \
             why the rest could not come (a dead path, a window that is closed or was up to a second before, a foreign reset), or all that follows the \
             client's request is one byte that may be a stray line end; or no secret opens TLS. Where the receiver left first, it is an \
             anomaly of the receiver; where both left at once, or no packet of the receiver was captured, no side \
             is named. Only a length that no sender has the bytes for stays the sender's fault, tentatively; so does one whose two \
             bytes may be the first of a payload that is whole. If the \
             capture lost the rest, cut it off or ended before it, the class is `capture` and nobody is blamed.",
        ),
    ),
    (
        &[Id::FrameReservedBits],
        Evidence::of(
            "The frame's header is in the capture with every byte of that side before it, and so is what \
             the 101 agreed on.",
            "The frame was found again by searching, copies of these bytes differ, or something else than a frame \
             stands behind it: then it may have been none. Where the upgrade is not in the capture, or an unknown \
             extension was agreed on, the bits are not judged.",
        ),
    ),
    (
        &[
            Id::FrameReservedOpcode,
            Id::FrameUnmasked,
            Id::FrameMasked,
            Id::FrameLengthNotMinimal,
            Id::FrameLengthInvalid,
            Id::ControlFragmented,
            Id::ControlTooLong,
        ],
        Evidence::of(
            "The frame's header is in the capture with every byte of that side before it.",
            "The frame was found again by searching, copies of these bytes differ, or something else than a frame \
             stands behind it: then it may have been none, unless it and the next frame fill packets of their own.",
        ),
    ),
    (
        &[Id::MessageContinuationUnexpected, Id::MessageInterrupted],
        Evidence::of(
            "The headers of this frame and of all frames of that side before it are in the capture.",
            "Frames of that side were found again by searching, so one may be missing in between; copies of these \
             bytes differ; or something else than a frame stands behind it: then it may have been none.",
        ),
    ),
    (
        &[Id::MessageUnfinished],
        Evidence::of(
            "All frames of that side up to its own FIN or RST are in the capture, and it was the first to \
             end the session.",
            "Frames of that side were found again by searching, or TCP shows a dead path, a closed window or a foreign \
             reset. A side that only responds to the other's end need not finish its message, and is not blamed.",
        ),
    ),
    (
        &[Id::MessageInvalidUtf8, Id::ClosePayloadInvalid, Id::CloseCodeInvalid, Id::CloseReasonInvalidUtf8],
        Evidence::of(
            "Every byte of the frames is in the capture. Anything cut off or lost is not judged.",
            "Frames of that side were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::MessageInflateFailed],
        Evidence::of(
            "Every byte of the message is in the capture, and so is every earlier message that it may \
             refer to.",
            "Frames of that side were found again by searching, or copies of these bytes differ. Where an \
             earlier message is missing, the class is `capture` and nobody is blamed.",
        ),
    ),
    (
        &[Id::MessageCompressedUnmarked],
        Evidence::of(
            "It is never certain.",
            "A binary message may hold anything, and an application may compress by itself. Nothing is said unless the \
             beginning of the data inflates to readable text of at least 24 bytes and is no last block, as \
             permessage-deflate writes it.",
        ),
    ),
    (
        &[Id::FrameInterleaved, Id::StreamNotWebsocket],
        Evidence::of(
            "Every byte that side sent, from its first frame up to this point, is in the capture.",
            "The frame before was found again by searching, the capture misses bytes of it, copies of these bytes differ, or \
             nothing but frames in what came of a binary frame that was cut off speaks for it.",
        ),
    ),
    (
        &[Id::PongMismatch],
        Evidence::of(
            "The ping and the pong are whole in the capture, no ping can be missing between them, and the \
             right pong did not come later either.",
            "Frames of one of the two sides were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::PingUnanswered],
        Evidence::of(
            "The ping is in the capture, the other side acknowledged it, every byte which that side sent \
             afterwards is there, and neither side began to close within 1 s of it. Either the other side ended TCP \
             itself, or it had 5 s.",
            "Frames of one of the two sides were found again by searching. If a pong may be in a hole, or TCP shows a dead \
             path or a closed window at that time, nothing is reported. Nobody is named where the other side was \
             inside one frame until less than that time before: no pong can stand there.",
        ),
    ),
    (
        &[Id::CloseMissing],
        Evidence::of(
            "All bytes of both sides up to the first FIN or RST are in the capture. What each FIN \
             acknowledges shows which side ended first, or that neither did.",
            "Frames of one of the two sides were found again by searching, TCP shows a dead path, a closed window or \
             a foreign reset, or TCP ended with a reset that acknowledges nothing, as where a host no longer knows the \
             connection. If a Close may be in a hole, nothing is reported. It is a note if the other side violated the \
             protocol within 2 s before, in a way in which it had not done so until then, and this side had acknowledged that; \
             tentative if this side sent another frame behind it, or had put up with other violations before; and neither if \
             frames of this side still came 100 ms later. With clocks that are apart, each side's own times count. The note about \
             several sessions needs times that are finer than a second.",
        ),
    ),
    (
        &[Id::DataAfterClose],
        Evidence::of(
            "The Close frame and the later frame are in the capture with every byte between them.",
            "Frames of that side were found again by searching, or copies of these bytes differ.",
        ),
    ),
    (
        &[Id::ConnectionReset],
        Evidence::of(
            "The RST is in the capture, and so are all bytes of both sides before it, without a Close among \
             them, and without a close_notify inside TLS.",
            "The RST acknowledges nothing, as where a host no longer knows the connection; frames of one of the two \
             sides were found again by searching; TCP shows a dead path, a closed window or a foreign reset; or no secret \
             opens TLS, and no record shows that a side had announced its end. If a Close or such a record may be in a hole, \
             or the other side has just violated the protocol, nothing is reported.",
        ),
    ),
    (
        &[Id::FrameStalled],
        Evidence::of(
            "Bytes of the frame before and after the pause are in the capture, or the capture went on without \
            any, and no byte between them is missing.",
            "Where the receiver's window was closed, the sender is not said to have stalled. A frame that \
            still waits may yet be completed.",
        ),
    ),
    (
        &[Id::FrameMaskWeak],
        Evidence::of(
            "The headers of the frames are in the capture with every byte of that side before them.",
            "The frames were found again by searching.",
        ),
    ),
    (
        &[Id::MessageTooLarge],
        Evidence::of(
            "Every byte of the message up to the limit is in the capture.",
            "The limit is that of wsight, so it is always certain that it was reached, and never that the \
            peer did wrong.",
        ),
    ),
    (
        &[Id::PongUnsolicited],
        Evidence::of(
            "Every byte of both sides up to the pong is in the capture, from the 101 on, and no ping waits \
            for a pong.",
            "Where a ping may be in a hole, nothing is reported.",
        ),
    ),
    (
        &[Id::PongLate],
        Evidence::of(
            "The ping and the pong that echoes it are in the capture, with times of one clock. It is about nobody where the ping was \
             retransmitted, and acknowledged no more than 5 s before the pong.",
            "The times of the two sides are those of different clocks.",
        ),
    ),
    (
        &[Id::CloseUnanswered],
        Evidence::of(
            "The Close was acknowledged, every byte that the other side sent afterwards is in the capture, \
            and so is how it ended, or the capture went on for 5 s.",
            "Frames of the other side were found again by searching, TCP shows a dead path or a closed window, the \
             closing side ended TCP with a reset that acknowledges nothing, or the Close was not acknowledged for 5 s, where \
             nobody is named. If an answer may be in a hole, or a reset from something in between may have cut it off, \
             nothing is reported; whoever resets within 5 s has not waited for it.",
        ),
    ),
    (
        &[Id::CloseAbnormal],
        Evidence::of(
            "The Close frame is whole in the capture. The code is what its sender says, not what happened.",
            "Frames of that side were found again by searching, or the other side's Close, which this one may answer, may be \
             missing: it is not where that side's Close comes behind what is missing, as nobody sends two.",
        ),
    ),
    (
        &[Id::CloseRightAfterData],
        Evidence::of(
            "The message and the Close are in the capture, in one packet or with timestamps finer than a \
            millisecond. TCP alone shows what was acknowledged.",
            "Frames of that side were found again by searching. Times in whole milliseconds tell nothing.",
        ),
    ),
    (
        &[Id::ResetAfterClose],
        Evidence::of(
            "The Close is in the capture, the RST within 1 s of it, and so are the bytes that were unread, or the missing \
             acknowledgment; over HTTP/2 it is enough that the other side had not answered. For the note, the FIN does not acknowledge \
             the answer, and the reset follows that.",
            "Frames of one of the two sides were found again by searching. That the other side lost the Close \
             is never certain. Nothing is said where bytes of the other side are missing: they may be its Close.",
        ),
    ),
    (
        &[Id::IdleTimeout],
        Evidence::of(
            "The last frames and the ends of at least 3 sessions are in the capture, and the silences before \
            those ends are equal.",
            "Times are missing, or as coarse as the silences. Sessions that end at once, or that heard the same at once and \
             then end closer together than they were opened, are not counted: a restart looks like that.",
        ),
    ),
    (
        &[Id::LifetimeLimit],
        Evidence::of(
            "The upgrades and the ends of at least 3 sessions of the server are in the capture, and their \
            ages are equal.",
            "Times are missing, or as coarse as the ages. Sessions that end at once are not counted, nor those that end with \
             a Close right behind a last message.",
        ),
    ),
];
