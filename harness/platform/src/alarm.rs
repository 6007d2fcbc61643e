//! A timer for those who must be on time to the microsecond.
//!
//! tokio's timers round up to whole milliseconds. On the real side an alarm is a timerfd, which the
//! runtime's own epoll waits for: exact, and it costs nothing between two alarms. In the simulation,
//! and where the system gives no more descriptors, it is tokio's timer.

use crate::time::{self, Instant, Sleep};
use rustix::time::{
    Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create,
    timerfd_settime,
};
use std::future::{Future, poll_fn};
use std::io;
use std::os::fd::OwnedFd;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;

/// Fires once for each instant it is asked for; see [`crate::Node::alarm`].
#[derive(Debug)]
pub struct Alarm(Kind);

#[derive(Debug)]
enum Kind {
    Tokio(Pin<Box<Sleep>>),
    Exact(Exact),
}

impl Alarm {
    pub(crate) fn tokio() -> Alarm {
        Alarm(Kind::Tokio(Box::pin(time::sleep_until(Instant::now()))))
    }

    /// Must be called on the runtime.
    pub(crate) fn exact() -> Alarm {
        Exact::new().map_or_else(|_| Alarm::tokio(), |exact| Alarm(Kind::Exact(exact)))
    }

    /// Ready from `at` on. Asking for another instant forgets the one before.
    pub fn poll_at(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<()> {
        let ready = match &mut self.0 {
            Kind::Tokio(sleep) => {
                if sleep.deadline() != at {
                    sleep.as_mut().reset(at);
                }
                return sleep.as_mut().poll(cx);
            }
            Kind::Exact(exact) => exact.poll_at(cx, at),
        };
        if let Poll::Ready(Err(_)) = ready {
            *self = Alarm::tokio();
            return self.poll_at(cx, at);
        }
        ready.map(|_| ())
    }

    /// Waits for `at`. Safe to drop and call again.
    pub async fn until(&mut self, at: Instant) {
        poll_fn(|cx| self.poll_at(cx, at)).await;
    }

    /// How late it fires at most, where the machine has time for it.
    pub fn coarseness(&self) -> Duration {
        match &self.0 {
            Kind::Tokio(_) => Duration::from_millis(1),
            Kind::Exact(_) => Duration::ZERO,
        }
    }
}

#[derive(Debug)]
struct Exact {
    timer: AsyncFd<OwnedFd>,
    armed: Option<Instant>,
}

impl Exact {
    fn new() -> io::Result<Exact> {
        let flags = TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC;
        let timer = timerfd_create(TimerfdClockId::Monotonic, flags)?;
        #[expect(deprecated, reason = "the descriptor is owned here and closed by nobody else")]
        let timer = AsyncFd::with_interest(timer, Interest::READABLE)?;
        Ok(Exact { timer, armed: None })
    }

    fn poll_at(&mut self, cx: &mut Context<'_>, at: Instant) -> Poll<io::Result<()>> {
        loop {
            let left = at.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Poll::Ready(Ok(()));
            }
            if self.armed != Some(at) {
                self.arm(left)?;
                self.armed = Some(at);
            }
            // Never read: arming anew takes back what an earlier instant has left.
            std::task::ready!(self.timer.poll_read_ready(cx))?.clear_ready();
            self.armed = None;
        }
    }

    /// `left` is above zero, which would disarm it.
    fn arm(&self, left: Duration) -> io::Result<()> {
        let it_value = Timespec {
            tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
            tv_nsec: left.subsec_nanos().into(),
        };
        let it_interval = Timespec { tv_sec: 0, tv_nsec: 0 };
        let value = Itimerspec { it_interval, it_value };
        timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &value)?;
        Ok(())
    }
}
