//! What keeps the program from being linked.
#![allow(unsafe_code)]

use core::panic::PanicInfo;

unsafe extern "C" {
    /// Nowhere. The linker asks for it where a panic can be reached.
    safe fn a_panic_can_be_reached_see_firmware_src_bin_no_panic_main_rs() -> !;
}

#[panic_handler]
fn panic(_info: &PanicInfo<'_>) -> ! {
    a_panic_can_be_reached_see_firmware_src_bin_no_panic_main_rs()
}
