//! The report port: UART 0, a CMSDK APB UART (Arm Cortex-M System Design Kit, technical reference manual, section 4.3).
#![allow(unsafe_code)]

use core::convert::Infallible;
use core::ptr::{read_volatile, write_volatile};

use embedded_io::{ErrorType, Write};

const UART0: *mut u32 = 0x4000_4000 as *mut u32;

/// Index of each 32-bit register.
const DATA: usize = 0;
const STATE: usize = 1;
const CONTROL: usize = 2;
const BAUD_DIVISOR: usize = 4;

const STATE_TRANSMIT_FULL: u32 = 1;
const CONTROL_TRANSMIT: u32 = 1;
/// The smallest that the UART takes: 25 MHz / 16 = 1.56 Mbaud.
const FASTEST: u32 = 16;

/// UART 0, sending.
pub(crate) struct Uart(());

impl Uart {
    /// Switches the transmitter on.
    pub(crate) fn start() -> Self {
        write(BAUD_DIVISOR, FASTEST);
        write(CONTROL, CONTROL_TRANSMIT);
        Self(())
    }
}

impl ErrorType for Uart {
    type Error = Infallible;
}

impl Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        for &byte in bytes {
            while read(STATE) & STATE_TRANSMIT_FULL != 0 {}
            write(DATA, byte.into());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        while read(STATE) & STATE_TRANSMIT_FULL != 0 {}
        Ok(())
    }
}

fn read(register: usize) -> u32 {
    let address = UART0.wrapping_add(register);
    // SAFETY: the address is that of a readable register of UART 0 on this board, 4-aligned, outside all memory that Rust uses.
    unsafe { read_volatile(address) }
}

fn write(register: usize, value: u32) {
    let address = UART0.wrapping_add(register);
    // SAFETY: the address is that of a writable register of UART 0 on this board, 4-aligned, outside all memory that Rust uses;
    // the UART moves bytes one by one and touches no memory itself.
    unsafe { write_volatile(address, value) }
}
