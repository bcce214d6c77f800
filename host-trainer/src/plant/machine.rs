//! One machine of the fleet: what is built differently in each.

use super::bearing::Bearing;
use super::product::PRODUCTS;
use super::random::Stream;

/// Faults that a machine's wear can grow into; the classes of the fault task after `healthy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Chuck, drawbar or built-up dirt out of balance.
    Unbalance,
    /// Belt pulley or coupling out of line.
    Misalignment,
    /// Spall on a race of the spindle bearing.
    Bearing,
}

impl Mode {
    /// All modes, in class order.
    pub const ALL: [Mode; 3] = [Mode::Unbalance, Mode::Misalignment, Mode::Bearing];

    /// Position in [`Mode::ALL`].
    pub fn index(self) -> usize {
        match self {
            Mode::Unbalance => 0,
            Mode::Misalignment => 1,
            Mode::Bearing => 2,
        }
    }
}

/// Modes that grow to the alarm limit, machine `i` taking entry `i` modulo the length: each mode in a third of the fleet, a quarter of
/// it healthy, and every class among the first four machines, so that a small fleet still poses the whole problem.
const ACTIVE_MODES: [&[Mode]; 12] = [
    &[Mode::Bearing],
    &[Mode::Unbalance],
    &[Mode::Misalignment],
    &[],
    &[Mode::Unbalance, Mode::Bearing],
    &[Mode::Misalignment],
    &[Mode::Bearing],
    &[Mode::Unbalance, Mode::Misalignment],
    &[Mode::Unbalance],
    &[],
    &[Mode::Misalignment, Mode::Bearing],
    &[],
];

/// Speed at which vibration is judged against the alarm limit, in Hz of the shaft (1800 rpm).
pub const REFERENCE_SHAFT_HZ: f64 = 30.0;

/// Build of one machine. Axes are x and y (radial) and z (along the spindle).
#[derive(Debug, Clone)]
pub struct Machine {
    /// Modes whose wear can reach the alarm limit.
    pub active: &'static [Mode],
    /// Spindle bearing.
    pub bearing: Bearing,
    /// Rated motor power in W.
    pub rated_power_w: f64,
    /// Motor efficiency at rated load.
    pub efficiency: f64,
    /// Magnetising current in A.
    pub magnetising_current_a: f64,
    /// Friction torque of drive and bearings, cold bearing excepted, in N m at the spindle.
    pub friction_torque_nm: f64,
    /// Coolant, hydraulics and controls in W.
    pub auxiliary_power_w: f64,
    /// Teeth of the spindle gear.
    pub gear_teeth: u32,
    /// Gear mesh at rated torque, in g.
    pub gear_level_g: f64,
    /// Natural frequency of the headstock on its mounting in Hz.
    pub headstock_hz: f64,
    /// Damping ratio of the headstock on its mounting.
    pub headstock_damping: f64,
    /// Structural resonance that impacts excite, in Hz.
    pub resonance_hz: f64,
    /// Damping ratio of that resonance.
    pub resonance_damping: f64,
    /// Frequency of the tool's regenerative vibration in Hz.
    pub chatter_hz: f64,
    /// Chatter level per kN of cutting force, in g.
    pub chatter_g_per_kn: f64,
    /// Broadband noise at the reference speed, in g.
    pub noise_g: f64,
    /// Peak of a bearing impact at the alarm limit, reference speed, in g.
    pub impact_g: f64,
    /// Low-frequency transmission from the spindle to each axis.
    pub rigid_gain: [f64; 3],
    /// Transmission of impacts and noise near the resonance to each axis.
    pub elastic_gain: [f64; 3],
    /// Gain of each axis' accelerometer against its data sheet.
    pub sensor_gain: [f64; 3],
    /// Gain of the current transformer against its data sheet.
    pub current_gain: f64,
    /// Reading error of the thermometer in K.
    pub thermometer_offset_k: f64,
    /// Mean ambient temperature in degC.
    pub ambient_c: f64,
    /// Housing temperature rise per W of losses.
    pub thermal_k_per_w: f64,
    /// Deviation of its spindle speeds from the programmed ones.
    pub speed_factor: f64,
    /// Feed setting of its operators against the programmed one.
    pub feed_habit: f64,
    /// Products (indices into [`PRODUCTS`]) that it makes.
    pub products: Vec<usize>,
    /// Median life of an insert in operating hours.
    pub tool_life_h: f64,
}

impl Machine {
    /// Draws the machine with that number.
    pub(super) fn draw(number: u32, random: &mut Stream) -> Self {
        let rated_power_w = [5500.0, 7500.0, 11000.0, 15000.0][random.index(4)];
        let size = rated_power_w / 7500.0;
        let pitch_diameter_mm = random.uniform(36.0, 60.0) * libm::sqrt(size);
        let bearing = Bearing {
            balls: 8 + random.index(7) as u32,
            ball_diameter_mm: pitch_diameter_mm * random.uniform(0.17, 0.24),
            pitch_diameter_mm,
            contact_angle_deg: [0.0, 15.0, 25.0][random.index(3)],
        };
        let mut gains = |sd: f64| [random.log_normal(sd), random.log_normal(sd), random.log_normal(sd)];
        let (rigid_gain, elastic_gain, sensor_gain) = (gains(0.08), gains(0.10), gains(0.03));
        let mut products: Vec<usize> = (0..PRODUCTS.len()).collect();
        while products.len() > 5 {
            products.remove(random.index(products.len()));
        }
        Self {
            active: ACTIVE_MODES[number as usize % ACTIVE_MODES.len()],
            bearing,
            rated_power_w,
            efficiency: random.uniform(0.84, 0.91),
            magnetising_current_a: 4.2 * size * random.log_normal(0.08),
            friction_torque_nm: 2.2 * size * random.log_normal(0.15),
            auxiliary_power_w: 700.0 * size * random.log_normal(0.15),
            gear_teeth: 19 + random.index(10) as u32,
            gear_level_g: 0.03 * random.log_normal(0.25),
            headstock_hz: random.uniform(150.0, 230.0),
            headstock_damping: random.uniform(0.05, 0.12),
            resonance_hz: random.uniform(850.0, 1150.0),
            resonance_damping: random.uniform(0.04, 0.06),
            chatter_hz: random.uniform(300.0, 460.0),
            chatter_g_per_kn: 0.05 * random.log_normal(0.2),
            noise_g: 0.02 * random.log_normal(0.15),
            impact_g: 0.9 * random.log_normal(0.1),
            rigid_gain,
            elastic_gain,
            sensor_gain,
            current_gain: random.log_normal(0.02),
            thermometer_offset_k: 0.7 * random.normal(),
            ambient_c: random.uniform(18.0, 27.0),
            thermal_k_per_w: 0.022 / size * random.log_normal(0.12),
            speed_factor: random.uniform(0.99, 1.01),
            feed_habit: random.uniform(0.96, 1.04),
            products,
            tool_life_h: random.uniform(20.0, 60.0),
        }
    }

    /// Magnification of a vibration at `hz` by the headstock on its mounting, relative to the reference speed: a single degree of freedom's
    /// 1 / sqrt((1 - r^2)^2 + (2 z r)^2), r = f/f_n.
    pub fn amplification(&self, hz: f64) -> f64 {
        let magnification = |hz: f64| {
            let r2 = (hz / self.headstock_hz) * (hz / self.headstock_hz);
            let damping = 2.0 * self.headstock_damping;
            1.0 / libm::sqrt((1.0 - r2) * (1.0 - r2) + damping * damping * r2)
        };
        magnification(hz) / magnification(REFERENCE_SHAFT_HZ)
    }
}
