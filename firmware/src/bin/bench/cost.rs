//! What a piece of work costs: instructions, by repetition, and stack.

use semihosting::println;

use crate::{clock, stack};

/// Repeated until it takes so many instructions, so that a tick of the clock is less than a thirty-thousandth.
const ENOUGH: u64 = 2_400_000;
/// Most repeats.
const MOST: u64 = 20_000;

/// Prints `NAME INSTRUCTIONS REPEATS STACK`: what `body` takes in instructions, all repeats together, and once in bytes of stack.
///
/// `prepare` is done before each `body` and not counted, nor is the loop.
pub(crate) fn print<W: ?Sized>(name: &str, work: &mut W, prepare: impl Fn(&mut W), body: impl Fn(&mut W)) {
    prepare(work);
    let stack = stack::used(|| body(work));
    prepare(work);
    let once = clock::instructions(1, || body(work));
    let repeats = (ENOUGH / once.max(1)).clamp(1, MOST) as u32;
    let (instructions, repeats) = (counted(repeats, work, prepare, body), repeats);
    println!("{name} {instructions} {repeats} {stack}");
}

/// Instructions of `repeats` times `body`, each after a `prepare` that is not counted.
pub(crate) fn counted<W: ?Sized>(repeats: u32, work: &mut W, prepare: impl Fn(&mut W), body: impl Fn(&mut W)) -> u64 {
    let whole = clock::instructions(repeats, || {
        prepare(work);
        body(work);
    });
    let rest = clock::instructions(repeats, || {
        prepare(work);
        // So that the loop stays where nothing has to be prepared.
        core::hint::black_box(());
    });
    whole.saturating_sub(rest)
}
