//! One PDU out of a stream of bytes, or the reason it is none.
//!
//! Lengths are checked before anything is reserved for them. A PDU with a sound length and an
//! unsound body costs only itself: the stream stays in step, and the peer can be told.

use bytes::{Buf, BytesMut};
use rusmpp::decode::DecodeWithLength;
use rusmpp::{Command, CommandStatus, Pdu};

/// command_length of a bare header (SMPP 3.4, 3.2).
pub const MIN_PDU: usize = 16;

/// Room for a full message_payload TLV and everything beside it.
pub const MAX_PDU: usize = 70_000;

/// Longest short_message (SMPP 3.4, 5.2.21).
pub const MAX_SHORT_MESSAGE: usize = 254;

/// The four fields before a PDU's body, without the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub id: u32,
    pub status: u32,
    pub sequence: u32,
}

/// What a frame held.
#[derive(Clone, Debug, PartialEq)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly every value is a command; a box would cost each"
)]
pub enum Incoming {
    Command(Command),
    /// A body that is not what its header promises; `status` is what a generic_nack should say.
    Malformed {
        header: Header,
        status: CommandStatus,
    },
}

/// A command_length that no PDU has: the stream cannot be followed any further.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a command_length of {0}")]
pub struct LengthError(pub u32);

/// Takes the first PDU off `buffer`; `None` where it is not complete yet.
///
/// # Errors
/// [`LengthError`] for a length under [`MIN_PDU`] or above [`MAX_PDU`].
pub fn take(buffer: &mut BytesMut) -> Result<Option<Incoming>, LengthError> {
    let Some(head) = buffer.first_chunk::<4>() else {
        return Ok(None);
    };
    let announced = u32::from_be_bytes(*head);
    let length = announced as usize;
    if !(MIN_PDU..=MAX_PDU).contains(&length) {
        return Err(LengthError(announced));
    }
    if buffer.len() < length {
        buffer.reserve(length - buffer.len());
        return Ok(None);
    }
    let mut frame = buffer.split_to(length);
    frame.advance(4);
    Ok(Some(decode(frame)))
}

/// `frame` starts at the command id and is at least 12 octets long.
fn decode(mut frame: BytesMut) -> Incoming {
    let mut fields = &frame[..12];
    let header =
        Header { id: fields.get_u32(), status: fields.get_u32(), sequence: fields.get_u32() };
    let length = frame.len();
    let status = match Command::decode(&mut frame, length) {
        Err(_) => CommandStatus::EsmeRinvcmdlen,
        Ok(_) if !frame.is_empty() => CommandStatus::EsmeRinvcmdlen,
        Ok((command, _)) => match fault(&command) {
            Some(status) => status,
            None => return Incoming::Command(command),
        },
    };
    Incoming::Malformed { header, status }
}

/// What the codec lets through and the protocol does not.
fn fault(command: &Command) -> Option<CommandStatus> {
    match command.pdu() {
        Some(Pdu::SubmitSm(sm)) => too_long(sm.short_message().len()),
        Some(Pdu::DeliverSm(sm)) => too_long(sm.short_message().len()),
        Some(Pdu::Other { .. }) => Some(CommandStatus::EsmeRinvcmdid),
        None if command.id().is_operation() => Some(match command.id() {
            rusmpp::CommandId::Other(_) => CommandStatus::EsmeRinvcmdid,
            _ => CommandStatus::EsmeRinvcmdlen,
        }),
        _ => None,
    }
}

fn too_long(octets: usize) -> Option<CommandStatus> {
    (octets > MAX_SHORT_MESSAGE).then_some(CommandStatus::EsmeRinvmsglen)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rusmpp::pdus::SubmitSm;
    use rusmpp::tokio_codec::CommandCodec;
    use tokio_util::codec::Encoder;

    fn encoded(command: &Command) -> BytesMut {
        let mut out = BytesMut::new();
        CommandCodec::new().encode(command, &mut out).expect("encodes");
        out
    }

    fn raw(id: u32, sequence: u32, body: &[u8]) -> BytesMut {
        let mut out = BytesMut::new();
        for field in [16 + body.len() as u32, id, 0, sequence] {
            out.extend_from_slice(&field.to_be_bytes());
        }
        out.extend_from_slice(body);
        out
    }

    fn malformed(mut bytes: BytesMut) -> Option<(u32, CommandStatus)> {
        match take(&mut bytes) {
            Ok(Some(Incoming::Malformed { header, status })) => Some((header.sequence, status)),
            _ => None,
        }
    }

    #[test]
    fn lying_lengths_are_refused_before_anything_is_reserved() {
        for length in [0u32, 15, 70_001, u32::MAX] {
            let mut bytes = BytesMut::from(&length.to_be_bytes()[..]);
            assert_eq!(take(&mut bytes), Err(LengthError(length)));
            assert!(bytes.capacity() < 1024);
        }
    }

    #[test]
    fn half_a_pdu_waits_for_the_rest() {
        let whole = encoded(&Command::new(CommandStatus::EsmeRok, 7, Pdu::EnquireLink));
        let mut bytes = BytesMut::new();
        for byte in &whole[..15] {
            bytes.extend_from_slice(&[*byte]);
            assert_eq!(take(&mut bytes), Ok(None));
        }
        bytes.extend_from_slice(&whole[15..]);
        assert!(
            matches!(take(&mut bytes), Ok(Some(Incoming::Command(c))) if c.sequence_number == 7)
        );
    }

    #[test]
    fn an_unsound_body_costs_only_itself() {
        let mut bytes = raw(4, 9, b"\0");
        bytes.unsplit(encoded(&Command::new(CommandStatus::EsmeRok, 10, Pdu::EnquireLink)));
        assert!(matches!(take(&mut bytes), Ok(Some(Incoming::Malformed { .. }))));
        assert!(
            matches!(take(&mut bytes), Ok(Some(Incoming::Command(c))) if c.sequence_number == 10)
        );
    }

    #[test]
    fn unknown_commands_bare_requests_and_trailing_octets_are_told_apart() {
        assert_eq!(malformed(raw(0x77, 1, b"")), Some((1, CommandStatus::EsmeRinvcmdid)));
        assert_eq!(malformed(raw(0x77, 2, b"abc")), Some((2, CommandStatus::EsmeRinvcmdid)));
        assert_eq!(malformed(raw(4, 3, b"")), Some((3, CommandStatus::EsmeRinvcmdlen)));
        assert_eq!(malformed(raw(0x15, 4, b"xx")), Some((4, CommandStatus::EsmeRinvcmdlen)));
    }

    #[test]
    fn a_tlv_may_not_reach_past_its_pdu() {
        let sound = encoded(&Command::new(
            CommandStatus::EsmeRok,
            5,
            SubmitSm::builder().esm_class(crate::smpp::plain()).build(),
        ));
        let body = [&sound[16..], &[0x04, 0x24, 0x00, 0x09, b'h', b'i']].concat();
        assert!(malformed(raw(4, 5, &body)).is_some());
        let body = [&sound[16..], &[0x04, 0x24, 0x00, 0x02, b'h', b'i']].concat();
        assert!(malformed(raw(4, 5, &body)).is_none());
    }

    #[test]
    fn a_short_message_of_255_octets_is_too_long() {
        let long = rusmpp::types::OctetString::from_vec(vec![b'a'; 255]).expect("fits the codec");
        let sm = SubmitSm::builder().esm_class(crate::smpp::plain()).short_message(long).build();
        let command = Command::new(CommandStatus::EsmeRok, 6, sm);
        assert_eq!(malformed(encoded(&command)), Some((6, CommandStatus::EsmeRinvmsglen)));
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = take(&mut buffer) {}
        }

        #[test]
        fn random_bodies_never_panic(
            id in prop_oneof![Just(1u32), Just(2), Just(3), Just(4), Just(5), Just(9), Just(0x21),
                Just(0x103), Just(0x8000_0004), Just(0x8000_0005), Just(0x8000_0009), any::<u32>()],
            body in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let mut buffer = raw(id, 1, &body);
            prop_assert!(matches!(take(&mut buffer), Ok(Some(_))));
            prop_assert!(buffer.is_empty());
        }
    }
}
