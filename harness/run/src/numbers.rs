//! What a drill's messages are called outside of it.
//!
//! In plan and record they are numbered from 0. A stack that already runs may still bring what an earlier
//! drill left in it, so there each drill has numbers of its own: else its predecessor's message would be
//! taken for its own.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Numbers {
    first: u64,
}

/// As many as both fit in: a token has nine digits of base 36, a caller's number eleven of base 10.
const FIRST_BELOW: u64 = 90_000_000_000;

impl Numbers {
    /// Of a drill among others; `draw` is as good as random.
    pub(crate) fn drawn(draw: u64) -> Numbers {
        Numbers { first: draw % FIRST_BELOW }
    }

    pub(crate) fn outside(self, m: u64) -> u64 {
        self.first + m
    }

    /// `None`: of another drill.
    pub(crate) fn inside(self, number: u64) -> Option<u64> {
        number.checked_sub(self.first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use squall_model::token;

    #[test]
    fn a_message_comes_back_as_what_it_went_and_an_earlier_drills_does_not() {
        let (own, most) = (Numbers::drawn(u64::MAX), FIRST_BELOW - 1 + 9_999_999_999);
        for m in [0, 1, 9_999_999] {
            let number = own.outside(m);
            assert_eq!(token::find(&token::encode(number)).and_then(|n| own.inside(n)), Some(m));
            assert_eq!(Numbers::default().outside(m), m, "a stack of its own has no other drills");
        }
        assert_eq!(own.inside(own.outside(0) - 1), None);
        assert_eq!(token::of_caller(&token::caller(most)), Some(most));
    }
}
