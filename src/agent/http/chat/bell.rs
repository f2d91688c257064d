//! Tells a body that its stream has something new.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Wake},
};

use futures_util::task::AtomicWaker;

/// Rung by whoever has something new for the stream. The body is looked at far more often than that.
#[derive(Default)]
pub(super) struct Bell {
    state: AtomicU8,
    body: AtomicWaker,
}

/// Nothing new.
const SILENT: u8 = 0;
/// The stream is being looked at: what rings now needs to wake nobody.
const WATCHED: u8 = 1;
const RUNG: u8 = 2;

impl Bell {
    pub(super) fn ring(&self) {
        if self.state.swap(RUNG, Ordering::AcqRel) == SILENT {
            self.body.wake();
        }
    }

    /// Whether it has rung. If not, the task will be woken when it does; if so, not until [`Self::leave`].
    pub(super) fn watch(&self, cx: &Context<'_>) -> bool {
        self.body.register(cx.waker());
        self.turn(RUNG, WATCHED)
    }

    /// Whether it has not rung meanwhile, so that the next ring wakes the task again.
    pub(super) fn leave(&self) -> bool {
        self.turn(WATCHED, SILENT)
    }

    fn turn(&self, from: u8, to: u8) -> bool {
        self.state
            .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.ring();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.ring();
    }
}
