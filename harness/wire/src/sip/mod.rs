//! SIP over TCP (RFC 3261), as far as a trunk between a voice platform and a telephone network needs it.
//!
//! The calling side is [`Trunk`] and its [`Dialog`]s; the serving side is made of [`connection`] and
//! [`encode`]. There is no registration, no authentication, no UDP, no TLS and no sound: what a handset
//! hears is told in INFO requests (RFC 6086), see [`Heard`].

mod calls;
pub mod connection;
mod decode;
mod dialog;
pub mod encode;
pub mod fields;
mod heard;
mod incoming;
mod message;
mod names;
pub mod sdp;
#[cfg(test)]
mod tests;
mod trunk;

pub use decode::{Decoder, FramingError, Incoming, MAX};
pub use dialog::Dialog;
pub use heard::{DTMF, HEARD, Heard, dtmf, key};
pub use message::{Message, Start};
pub use names::{ALLOW, Method, Name, phrase};
pub use trunk::{CallError, Trunk};
