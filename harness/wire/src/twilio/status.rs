//! States of a message and their order: callbacks may arrive in any.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Accepted,
    Scheduled,
    Queued,
    Sending,
    Sent,
    Delivered,
    Undelivered,
    Failed,
    Canceled,
    Read,
    PartiallyDelivered,
    Receiving,
    Received,
}

const ALL: [(Status, &str); 13] = [
    (Status::Accepted, "accepted"),
    (Status::Scheduled, "scheduled"),
    (Status::Queued, "queued"),
    (Status::Sending, "sending"),
    (Status::Sent, "sent"),
    (Status::Delivered, "delivered"),
    (Status::Undelivered, "undelivered"),
    (Status::Failed, "failed"),
    (Status::Canceled, "canceled"),
    (Status::Read, "read"),
    (Status::PartiallyDelivered, "partially_delivered"),
    (Status::Receiving, "receiving"),
    (Status::Received, "received"),
];

impl Status {
    pub fn as_str(self) -> &'static str {
        ALL.iter().find(|(status, _)| *status == self).map_or("", |(_, name)| name)
    }

    pub fn parse(name: &str) -> Option<Status> {
        ALL.iter().find(|(_, known)| *known == name).map(|(status, _)| *status)
    }

    /// A state replaces another only where its rank is higher.
    pub fn rank(self) -> u8 {
        match self {
            Status::Accepted | Status::Scheduled | Status::Receiving => 0,
            Status::Queued => 1,
            Status::Sending => 2,
            Status::Sent => 3,
            Status::PartiallyDelivered => 4,
            Status::Delivered
            | Status::Undelivered
            | Status::Failed
            | Status::Canceled
            | Status::Received => 5,
            Status::Read => 6,
        }
    }

    /// Nothing but `read` follows.
    pub fn is_final(self) -> bool {
        self.rank() >= 5
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_api() {
        for (status, name) in ALL {
            assert_eq!(serde_json::to_value(status).expect("serialises"), name);
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
        assert_eq!(Status::parse("lost"), None);
    }

    #[test]
    fn a_late_sent_does_not_undo_delivered() {
        assert!(Status::Sent.rank() < Status::Delivered.rank());
        assert!(Status::Queued.rank() < Status::Sent.rank());
        assert_eq!(Status::Delivered.rank(), Status::Failed.rank());
    }
}
