//! Functions that a trace of QEMU shows: what runs between their calls is looked at.

use core::hint::black_box;

/// Runs `body` once between the marks.
pub(crate) fn mark(body: impl FnOnce()) {
    begin();
    body();
    end();
}

// Different bodies, or they would be one function.

#[inline(never)]
fn begin() {
    black_box(1);
}

#[inline(never)]
fn end() {
    black_box(2);
}
