//! Links only where no panic can be reached from a model's bytes and raw samples to answers and reports. Nobody runs it.
//!
//! Everything is called with values that the compiler knows nothing of, and the panic handler calls a function that is nowhere.
//! Where the compiler proves that nothing panics, nothing refers to the handler and the linker leaves it out; otherwise the
//! linker stops, at a symbol whose name leads here. All of `boot` is in it, the words of refusals too, and the steps from samples
//! to a report; not the queue between sampler and main loop, whose library divides by a length that no compiler knows.
//!
//! To find a panic, have the program linked all the same, look for who calls `core::panicking`, `core::slice::index` and the
//! like, and ask for the line of that address:
//!
//! ```text
//! cargo rustc --profile device --package trunkline-firmware --bin no_panic --target thumbv7em-none-eabihf \
//!     -- -Clink-arg=--warn-unresolved-symbols
//! llvm-objdump --disassemble --demangle target/thumbv7em-none-eabihf/device/no_panic
//! llvm-symbolizer --inlines --obj target/thumbv7em-none-eabihf/device/no_panic ADDRESS
//! ```
//!
//! The feature `reachable-panic` puts one in, for the test which shows that the linker stops. With the feature `defmt` it always
//! does: the logger panics where it is entered twice.
#![cfg_attr(target_os = "none", no_std, no_main)]

#[cfg(target_os = "none")]
mod board;
#[cfg(target_os = "none")]
mod device;
#[cfg(target_os = "none")]
mod handler;

/// On a PC there is nothing to link: this lets the workspace build as a whole.
#[cfg(not(target_os = "none"))]
fn main() {
    println!(
        "this program checks firmware when it is linked: build it for thumbv7em-none-eabihf or thumbv6m-none-eabi"
    );
}
