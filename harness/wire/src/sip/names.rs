//! The words of SIP that are told apart: methods, header fields, reason phrases.

/// A request's method; case counts (RFC 3261 section 7.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Info,
    Options,
    /// Another one of the registered methods: known and not served.
    Unserved,
    Unknown,
}

/// The value of Allow.
pub const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, INFO, OPTIONS";

const UNSERVED: [&str; 8] =
    ["REGISTER", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REFER", "MESSAGE", "UPDATE", "PRACK"];

impl Method {
    pub(super) fn of(text: &str) -> Method {
        match text {
            "INVITE" => Method::Invite,
            "ACK" => Method::Ack,
            "BYE" => Method::Bye,
            "CANCEL" => Method::Cancel,
            "INFO" => Method::Info,
            "OPTIONS" => Method::Options,
            text if UNSERVED.contains(&text) => Method::Unserved,
            _ => Method::Unknown,
        }
    }
}

macro_rules! names {
    ($($name:ident $long:literal $($compact:literal)?;)*) => {
        /// A header field that something is read from; all others are [`Name::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Name { $($name,)* Other }

        impl Name {
            /// By its long or its compact form (RFC 3261 section 7.3.3), in any case.
            pub(super) fn of(text: &str) -> Name {
                $(
                    if text.eq_ignore_ascii_case($long) $(|| text.eq_ignore_ascii_case($compact))? {
                        return Name::$name;
                    }
                )*
                Name::Other
            }
        }
    };
}

names! {
    Via "Via" "v";
    From "From" "f";
    To "To" "t";
    CallId "Call-ID" "i";
    CSeq "CSeq";
    ContentLength "Content-Length" "l";
    Contact "Contact" "m";
    ContentType "Content-Type" "c";
    MaxForwards "Max-Forwards";
    UserAgent "User-Agent";
    Reason "Reason";
    RecordRoute "Record-Route";
    Require "Require";
    RetryAfter "Retry-After";
}

/// The usual reason phrase of a status.
pub fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        200 => "OK",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        483 => "Too Many Hops",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        504 => "Server Time-out",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        600 => "Busy Everywhere",
        603 => "Decline",
        604 => "Does Not Exist Anywhere",
        other => match other / 100 {
            1 => "Session Progress",
            2 => "Accepted",
            3 => "Moved Temporarily",
            4 => "Request Failure",
            5 => "Server Failure",
            _ => "Global Failure",
        },
    }
}
