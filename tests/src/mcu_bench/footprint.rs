//! How much flash and static memory a part of the engine takes: by the difference between programs that are linked with and without
//! it. They are built for packed, fully connected models, as those of all cases are.

use std::fs;

use object::read::elf::ElfFile32;
use object::{Object, ObjectSection, SectionFlags, elf};

use crate::qemu::{Program, Target, program};

/// What the parts of the engine take on a core, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Footprint {
    /// Code and constants that find a model and check it, but for the table of the checksum.
    pub validator: u64,
    /// Code and constants from quantized inputs to outputs.
    pub network: u64,
    /// Code and constants from a raw window to outputs.
    pub runtime: u64,
    /// Static memory of all of it.
    pub ram: u64,
}

/// Bytes of the table of the checksum: an entry a byte.
const CHECKSUM_TABLE_BYTES: u64 = 4 * 256;

/// Links the programs for `target` and compares them.
///
/// # Panics
/// Where a program does not link, or has no such table.
pub fn footprint(target: Target) -> Footprint {
    let linked = |part| Linked::read(target, part);
    let [base, validator, network, runtime] =
        [Program::FootprintBase, Program::FootprintValidator, Program::FootprintNetwork, Program::FootprintRuntime]
            .map(linked);
    assert!(validator.has_checksum_table && !base.has_checksum_table, "the checksum is not computed by a table");
    Footprint {
        validator: validator.flash - base.flash - CHECKSUM_TABLE_BYTES,
        network: network.flash - validator.flash,
        runtime: runtime.flash - validator.flash,
        ram: runtime.ram - base.ram,
    }
}

/// Sizes of a linked program.
struct Linked {
    flash: u64,
    ram: u64,
    has_checksum_table: bool,
}

impl Linked {
    fn read(target: Target, part: Program) -> Self {
        let bytes = fs::read(program(target, part)).expect("the program was linked");
        let file = ElfFile32::<object::Endianness>::parse(&*bytes).expect("an ELF file");
        let (mut flash, mut ram) = (0, 0);
        for section in file.sections() {
            let SectionFlags::Elf { sh_flags } = section.flags() else { continue };
            // What unwinds a stack is no part of a program that aborts.
            let flags = u64::from(elf::SHF_ALLOC);
            if sh_flags & flags == 0 || section.name() == Ok(".eh_frame") || section.name() == Ok(".stack") {
                continue;
            }
            let is_written = sh_flags & u64::from(elf::SHF_WRITE) != 0;
            let is_loaded = section.elf_section_header().sh_type.get(object::Endianness::Little) == elf::SHT_PROGBITS;
            flash += if is_loaded { section.size() } else { 0 };
            ram += if is_written { section.size() } else { 0 };
        }
        // CRC-32 of 0, 1 and 2.
        let table: Vec<u8> = [0u32, 0x7707_3096, 0xee0e_612c].iter().flat_map(|entry| entry.to_le_bytes()).collect();
        let has_checksum_table = bytes.windows(table.len()).any(|window| window == table);
        Self { flash, ram, has_checksum_table }
    }
}
