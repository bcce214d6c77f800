//! The processors that QEMU emulates.

use trunkline_shared::model::Layout;

/// A processor to emulate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// Cortex-M4F, code for Armv7E-M with floating-point instructions.
    CortexM4f,
    /// Code for Armv6-M, floating point in software, on a Cortex-M3 board.
    Armv6m,
    /// RV32 with multiplication and compressed instructions, floating point in software. Runs the programs that need no board.
    Rv32,
}

impl Target {
    /// Every target.
    pub const ALL: [Target; 3] = [Target::CortexM4f, Target::Armv6m, Target::Rv32];

    /// Those with a board, which run the application.
    pub const BOARDS: [Target; 2] = [Target::CortexM4f, Target::Armv6m];

    /// What tables call it.
    pub fn core(self) -> &'static str {
        match self {
            Self::CortexM4f => "m4f",
            Self::Armv6m => "m0",
            Self::Rv32 => "rv32",
        }
    }

    /// Rust's name of it.
    pub fn triple(self) -> &'static str {
        match self {
            Self::CortexM4f => "thumbv7em-none-eabihf",
            Self::Armv6m => "thumbv6m-none-eabi",
            Self::Rv32 => "riscv32imac-unknown-none-elf",
        }
    }

    /// The packed layout for it.
    pub fn layout(self) -> Layout {
        match self {
            Self::CortexM4f => Layout::M4,
            Self::Armv6m | Self::Rv32 => Layout::M0,
        }
    }

    /// QEMU's program, and its name of the board.
    pub(super) fn machine(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::CortexM4f => ("qemu-system-arm", &["-M", "mps2-an386"]),
            Self::Armv6m => ("qemu-system-arm", &["-M", "mps2-an385"]),
            Self::Rv32 => ("qemu-system-riscv32", &["-M", "virt", "-bios", "none"]),
        }
    }

    /// Where the board keeps its model, by `firmware/memory`.
    pub(super) fn model_address(self) -> u32 {
        match self {
            Self::CortexM4f | Self::Armv6m => 0x0020_0000,
            Self::Rv32 => 0x8020_0000,
        }
    }
}
