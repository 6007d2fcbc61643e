//! The two directions of a connection, as Toxiproxy means them.

/// Upstream is client → server, downstream server → client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Direction {
    Upstream,
    Downstream,
}

impl Direction {
    pub(super) const BOTH: [Direction; 2] = [Direction::Upstream, Direction::Downstream];

    pub(super) fn parse(text: &str) -> Option<Direction> {
        Direction::BOTH.into_iter().find(|one| text.eq_ignore_ascii_case(one.word()))
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Direction::Upstream => "upstream",
            Direction::Downstream => "downstream",
        }
    }
}
