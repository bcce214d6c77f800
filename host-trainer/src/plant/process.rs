//! The cutting process: cutting force, tool wear, roughness and energy of a part.
//!
//! - Cutting force: Kienzle, Fc = kc1.1 ap f^(1 - mc) (VDI-Z 94, 1952), raised by flank wear.
//! - Ideal roughness of a round-nosed tool: Ra = f^2 / (32 r) (Shaw, Metal Cutting Principles, 2nd ed. 2005, ch. 17; Boothroyd & Knight,
//!   Fundamentals of Machining and Machine Tools, 3rd ed. 2006, ch. 5).
//! - Energy of a part: base load over the whole part plus what the drive draws (Gutowski et al., "Electrical energy requirements for
//!   manufacturing processes", CIRP LCE 2006).

use super::machine::Machine;
use super::product::PRODUCTS;
use super::random::Stream;

/// Exponent 1 - mc of the feed in the cutting force.
const FORCE_EXPONENT: f64 = 0.75;
/// Line voltage in V.
const LINE_V: f64 = 400.0;

/// How one part is cut.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// Index into [`PRODUCTS`].
    pub(super) product: usize,
    /// Spindle frequency in Hz.
    pub(super) shaft_hz: f64,
    /// Feed in mm per revolution, override included.
    pub(super) feed_mm: f64,
    /// Flank wear of the insert: 0 for a new edge, 1 for one that is changed, 0.3 mm (ISO 3685).
    pub(super) wear: f64,
    /// Cutting force in N.
    pub(super) force_n: f64,
    /// Cutting torque at the spindle in N m.
    pub(super) torque_nm: f64,
    /// Regenerative vibration in g: grows with the force, strays with the stability of the cut.
    pub(super) chatter_g: f64,
    /// Unbalance of chuck and blank, as severity.
    pub(super) blank_severity: f64,
}

/// The sequence of parts of one machine.
pub(super) struct Schedule {
    product: usize,
    feed_override: f64,
    tool_age_h: f64,
    tool_life_h: f64,
}

impl Schedule {
    /// Somewhere in a lot and in an insert's life.
    pub(super) fn start(machine: &Machine, random: &mut Stream) -> Self {
        let tool_life_h = machine.tool_life_h * random.log_normal(0.2);
        Self {
            product: machine.products[random.index(machine.products.len())],
            feed_override: random.normal(),
            tool_age_h: random.uniform(0.0, tool_life_h),
            tool_life_h,
        }
    }

    /// Lets operating hours pass; lots last about a day.
    pub(super) fn pass(&mut self, machine: &Machine, hours: f64, random: &mut Stream) {
        self.change_lot(machine, 1.0 - libm::exp(-hours / 14.0), random);
        let keep = libm::exp(-hours / 10.0);
        self.feed_override = keep * self.feed_override + libm::sqrt(1.0 - keep * keep) * random.normal();
        self.tool_age_h += hours;
        while self.tool_age_h > self.tool_life_h {
            self.tool_age_h -= self.tool_life_h;
            self.tool_life_h = machine.tool_life_h * random.log_normal(0.2);
        }
    }

    /// With that probability the next lot is of any of the machine's products.
    pub(super) fn change_lot(&mut self, machine: &Machine, probability: f64, random: &mut Stream) {
        let product = machine.products[random.index(machine.products.len())];
        if random.chance(probability) {
            self.product = product;
        }
    }

    /// The next part.
    pub(super) fn part(&self, machine: &Machine, random: &mut Stream) -> Part {
        let product = &PRODUCTS[self.product];
        let feed_mm = product.feed_mm * machine.feed_habit * libm::exp(0.05 * self.feed_override);
        let depth_mm = product.depth_mm * random.log_normal(0.05);
        let wear = libm::pow(self.tool_age_h / self.tool_life_h, 0.8);
        let shaft_hz = 1000.0 * product.speed_m_per_min / (core::f64::consts::PI * product.diameter_mm) / 60.0
            * machine.speed_factor
            * random.log_normal(0.005);
        let force_n = product.specific_force_n_per_mm2
            * depth_mm
            * libm::pow(feed_mm, FORCE_EXPONENT)
            * (1.0 + 0.4 * wear)
            * random.log_normal(0.04);
        Part {
            product: self.product,
            shaft_hz,
            feed_mm,
            wear,
            force_n,
            torque_nm: force_n * product.diameter_mm / 2000.0,
            chatter_g: machine.chatter_g_per_kn * force_n / 1000.0 * (1.0 + 1.5 * wear) * random.log_normal(0.35),
            blank_severity: product.blank_unbalance * random.log_normal(0.25),
        }
    }
}

impl Part {
    /// Whether the tool leaves the material within a revolution.
    pub(super) fn is_interrupted(&self) -> bool {
        PRODUCTS[self.product].entries_per_revolution > 0
    }

    /// Cutting torque over the motor's rated torque, at 1500 rpm.
    pub(super) fn load(&self, machine: &Machine) -> f64 {
        self.torque_nm / (machine.rated_power_w / (core::f64::consts::TAU * 25.0))
    }

    /// Torque at the spindle lost to friction in N m: less when warm, more with a spalled bearing or a shaft out of line.
    pub(super) fn friction_nm(machine: &Machine, severity: &[f64; 3], warmth: f64) -> f64 {
        machine.friction_torque_nm * (1.3 - 0.3 * warmth) * (1.0 + 0.15 * severity[1] + 0.25 * severity[2])
    }

    /// Electrical power of the drive in W at that friction torque, cutting or not.
    pub(super) fn drive_power_w(&self, machine: &Machine, friction_nm: f64, cutting: bool) -> f64 {
        let torque = friction_nm + if cutting { self.torque_nm } else { 0.0 };
        let iron_losses = 0.03 * machine.rated_power_w;
        torque * core::f64::consts::TAU * self.shaft_hz / machine.efficiency + iron_losses
    }

    /// Motor current in A at that power: active and magnetising part at right angles.
    pub(super) fn current_a(machine: &Machine, power_w: f64) -> f64 {
        let active = power_w / (libm::sqrt(3.0) * LINE_V);
        libm::sqrt(active * active + machine.magnetising_current_a * machine.magnetising_current_a)
    }

    /// Seconds of cutting.
    fn cutting_s(&self) -> f64 {
        PRODUCTS[self.product].length_mm / (self.feed_mm * self.shaft_hz)
    }

    /// Energy of the part in Wh: auxiliaries all along, drive loaded while cutting and idle for a third of the rest.
    pub(super) fn energy_wh(&self, machine: &Machine, friction_nm: f64) -> f64 {
        let (cutting_s, idle_s) = (self.cutting_s(), PRODUCTS[self.product].idle_s);
        let joule = machine.auxiliary_power_w * (cutting_s + idle_s)
            + self.drive_power_w(machine, friction_nm, true) * cutting_s
            + self.drive_power_w(machine, friction_nm, false) * idle_s / 3.0;
        joule / 3600.0
    }

    /// Roughness Ra in um: ideal profile, roughened by a worn edge and by the built-up edge of slow cuts, plus the share of the
    /// tool's vibration (`displacement_um` rms, relative to the part) that falls within the roughness cut-off.
    pub(super) fn roughness_um(&self, displacement_um: f64) -> f64 {
        let product = &PRODUCTS[self.product];
        let ideal = 1000.0 * self.feed_mm * self.feed_mm / (32.0 * product.nose_radius_mm);
        let built_up_edge = 0.8 * libm::exp(-(product.speed_m_per_min - 100.0) / 50.0);
        ideal * (1.0 + 0.7 * self.wear) + built_up_edge + displacement_um
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Purpose;
    use super::*;

    const PART: Part = Part {
        product: 1,
        shaft_hz: 25.0,
        feed_mm: 0.2,
        wear: 0.0,
        force_n: 800.0,
        torque_nm: 18.0,
        chatter_g: 0.0,
        blank_severity: 0.0,
    };

    #[test]
    fn new_edge_without_vibration_leaves_the_ideal_profile_and_the_built_up_edge() {
        // f^2 / (32 r) = 0.2^2 / (32 x 0.8) mm = 1.5625 um.
        let built_up_edge = 0.8 * libm::exp(-110.0 / 50.0);
        assert!((PART.roughness_um(0.0) - 1.5625 - built_up_edge).abs() < 1e-12);
        assert!((PART.roughness_um(0.5) - PART.roughness_um(0.0) - 0.5).abs() < 1e-12);
        assert!(Part { wear: 1.0, ..PART }.roughness_um(0.0) > PART.roughness_um(0.0));
    }

    #[test]
    fn energy_is_power_over_time_and_rises_with_friction() {
        let machine = Machine::draw(0, &mut Stream::new(1, 0, Purpose::Build));
        let seconds = 700.0 / (0.2 * 25.0) + 40.0;
        let floor_wh = machine.auxiliary_power_w * seconds / 3600.0;
        let energy_wh = PART.energy_wh(&machine, machine.friction_torque_nm);
        assert!(energy_wh > floor_wh);
        let per_nm = PART.energy_wh(&machine, machine.friction_torque_nm + 1.0) - energy_wh;
        let expected = core::f64::consts::TAU * 25.0 / machine.efficiency * (140.0 + 40.0 / 3.0) / 3600.0;
        assert!((per_nm - expected).abs() < 1e-9);
    }

    #[test]
    fn idle_motor_draws_its_magnetising_current() {
        let machine = Machine::draw(0, &mut Stream::new(1, 0, Purpose::Build));
        assert!((Part::current_a(&machine, 0.0) - machine.magnetising_current_a).abs() < 1e-12);
    }
}
