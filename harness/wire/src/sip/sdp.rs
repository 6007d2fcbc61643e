//! The session descriptions of a call that carries no sound here (RFC 4566, RFC 3264): G.711 μ-law and
//! telephone events, inactive. They are there so that a trunk's other end finds an offer and an answer
//! where the RFC wants one; nothing is read out of them.

pub const SDP: &str = "application/sdp";

/// Offer and answer alike.
pub const INACTIVE: &str = "v=0\r\n\
    o=- 0 0 IN IP4 127.0.0.1\r\n\
    s=-\r\n\
    c=IN IP4 127.0.0.1\r\n\
    t=0 0\r\n\
    m=audio 9 RTP/AVP 0 101\r\n\
    a=rtpmap:0 PCMU/8000\r\n\
    a=rtpmap:101 telephone-event/8000\r\n\
    a=inactive\r\n";
