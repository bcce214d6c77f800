//! Cycles of a Cortex-M4, estimated from its instructions: a model, not silicon.
//!
//! The rules are those of the Cortex-M4 technical reference manual (section 3.3) with memory that answers at once: a single load takes
//! 2 cycles, 1 right after another one; a store 1; several registers one more than they are; a taken branch 2 more; a division of
//! integers, whose time depends on the numbers, 7; of floats and a root of floats 14; a product that is added to a float 3;
//! everything else 1.

/// One instruction as QEMU's disassembler writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Instruction {
    mnemonic: String,
    operands: String,
}

/// Cycles that a taken branch takes more than one that is not.
const REFILL: u64 = 2;

impl Instruction {
    /// From its text, `ldr r0, [r1]`.
    pub(super) fn new(text: &str) -> Self {
        let (mnemonic, operands) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
        Self { mnemonic: mnemonic.to_lowercase(), operands: operands.trim().to_lowercase() }
    }

    /// Cycles, if it branches nowhere; `after_load` says whether a single load stands before it.
    fn cycles(&self, after_load: bool) -> u64 {
        let name = self.mnemonic.as_str();
        let starts = |names: &[&str]| names.iter().any(|start| name.starts_with(start));
        if starts(&["vdiv", "vsqrt"]) {
            14
        } else if starts(&["vmla", "vmls", "vnmla", "vnmls", "vfma", "vfms", "vfnma", "vfnms"]) {
            3
        } else if starts(&["udiv", "sdiv"]) {
            7
        } else if starts(&["ldm", "stm", "push", "pop", "vldm", "vstm", "vpush", "vpop"]) {
            self.registers() + 1
        } else if starts(&["ldrd", "strd"]) {
            3
        } else if self.is_load() {
            if after_load { 1 } else { 2 }
        } else if starts(&["mrs", "msr"]) {
            2
        } else {
            1
        }
    }

    /// A single load.
    fn is_load(&self) -> bool {
        (self.mnemonic.starts_with("ldr") && !self.mnemonic.starts_with("ldrd")) || self.mnemonic.starts_with("vldr")
    }

    /// Registers in its list, which may have ranges.
    fn registers(&self) -> u64 {
        let list = self.operands.split_once('{').map_or("", |(_, list)| list.trim_end_matches(['}', '^']));
        let number = |register: &str| match register.trim() {
            "sb" => Some(9),
            "sl" => Some(10),
            "fp" => Some(11),
            "ip" => Some(12),
            "sp" => Some(13),
            "lr" => Some(14),
            "pc" => Some(15),
            register => register.get(1..)?.parse::<u64>().ok(),
        };
        let registers = |item: &str| match item.split_once('-') {
            Some((from, to)) => number(from).zip(number(to)).map_or(1, |(from, to)| to.saturating_sub(from) + 1),
            None => 1,
        };
        list.split(',').map(registers).sum()
    }
}

/// Cycles of instructions that run one after the other, the last of which is followed elsewhere where `taken`.
pub(super) fn cycles(block: &[Instruction], taken: bool) -> u64 {
    let mut after_load = false;
    let mut sum = if taken { REFILL } else { 0 };
    for instruction in block {
        sum += instruction.cycles(after_load);
        after_load = instruction.is_load();
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(lines: &[&str], taken: bool) -> u64 {
        cycles(&lines.iter().map(|line| Instruction::new(line)).collect::<Vec<_>>(), taken)
    }

    #[test]
    fn loads_one_after_the_other_overlap() {
        assert_eq!(of(&["ldr r0, [r1]"], false), 2);
        assert_eq!(of(&["ldr r0, [r1]", "ldrsh r2, [r1, #4]", "vldr s0, [r3]"], false), 4);
        assert_eq!(of(&["ldr r0, [r1]", "adds r0, #1", "ldr r2, [r1]"], false), 5);
    }

    #[test]
    fn several_registers_take_one_more_than_they_are() {
        assert_eq!(of(&["ldm r0!, {r8, sb, sl, fp}"], false), 5);
        assert_eq!(of(&["push {r4-r7, lr}"], false), 6);
        assert_eq!(of(&["vpush {d8-d15}"], false), 9);
        assert_eq!(of(&["pop {r4, pc}"], true), 5);
        assert_eq!(of(&["ldrd r6, r7, [r1], #8"], false), 3);
    }

    #[test]
    fn products_take_one_and_branches_what_they_do() {
        assert_eq!(of(&["smlad r2, r8, r6, r2", "smull r0, r1, r2, r3", "smmlar r5, r5, r11, r7"], false), 3);
        assert_eq!(of(&["subs r0, #1", "bne #0x10"], true), 4);
        assert_eq!(of(&["subs r0, #1", "bne #0x10"], false), 2);
        assert_eq!(of(&["vmla.f32 s0, s1, s2", "vdiv.f32 s0, s1, s2", "vadd.f32 s0, s1, s2"], false), 18);
        assert_eq!(of(&["bic r0, r0, #1", "bfi r0, r1, #2, #3"], false), 2);
    }
}
