//! Loops that stay loops.

/// The items of `items`. A device's loop over them is not unrolled: what runs at boot alone, or seldom, is to take little flash.
#[inline]
pub(crate) fn rolled<I: Iterator>(items: I) -> impl Iterator<Item = I::Item> {
    items.inspect(|_| {
        if cfg!(target_os = "none") {
            // Nothing, of which the compiler does not know that it is nothing.
            core::hint::black_box(());
        }
    })
}
