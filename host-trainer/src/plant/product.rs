//! The parts that the plant turns.

/// A turned part: tool path and material.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Product {
    /// Diameter of the cut in mm.
    pub diameter_mm: f64,
    /// Cutting speed in m/min.
    pub speed_m_per_min: f64,
    /// Feed f in mm per revolution.
    pub feed_mm: f64,
    /// Depth of cut ap in mm.
    pub depth_mm: f64,
    /// Nose radius r of the insert in mm.
    pub nose_radius_mm: f64,
    /// Specific cutting force kc1.1 in N/mm^2.
    pub specific_force_n_per_mm2: f64,
    /// Length of cut in mm, all passes.
    pub length_mm: f64,
    /// Seconds of a part without cutting: loading, tool change, rapids.
    pub idle_s: f64,
    /// Entries of the tool into the material per revolution; 0 for an uninterrupted cut.
    pub entries_per_revolution: u32,
    /// Median unbalance of the clamped blank, as severity: small for a round part, larger for one with keyways, a flange or a thin wall.
    pub blank_unbalance: f64,
    /// Whip of a long blank, as severity of the 2x line.
    pub blank_whip: f64,
    /// Largest Ra that the drawing allows, in um.
    pub limit_ra_um: f64,
}

const fn product(
    cut: [f64; 6],
    length_mm: f64,
    idle_s: f64,
    entries_per_revolution: u32,
    blank: [f64; 2],
    limit_ra_um: f64,
) -> Product {
    let [diameter_mm, speed_m_per_min, feed_mm, depth_mm, nose_radius_mm, specific_force_n_per_mm2] = cut;
    Product {
        diameter_mm,
        speed_m_per_min,
        feed_mm,
        depth_mm,
        nose_radius_mm,
        specific_force_n_per_mm2,
        length_mm,
        idle_s,
        entries_per_revolution,
        blank_unbalance: blank[0],
        blank_whip: blank[1],
        limit_ra_um,
    }
}

/// What the plant makes; each machine makes five of them.
pub const PRODUCTS: [Product; 8] = [
    product([60.0, 230.0, 0.32, 2.0, 1.2, 1700.0], 500.0, 35.0, 0, [0.30, 0.00], 5.8), // flange, roughed
    product([45.0, 210.0, 0.25, 1.5, 0.8, 1700.0], 700.0, 40.0, 0, [0.05, 0.25], 5.2), // shaft, roughed
    product([45.0, 260.0, 0.12, 0.5, 0.8, 1700.0], 350.0, 40.0, 0, [0.05, 0.25], 1.5), // shaft, finished
    product([40.0, 240.0, 0.10, 0.4, 0.4, 1600.0], 260.0, 30.0, 0, [0.04, 0.00], 1.9), // bushing, finished
    product([36.0, 200.0, 0.20, 1.0, 0.8, 1700.0], 600.0, 25.0, 2, [0.04, 0.10], 3.25), // pin
    product([50.0, 200.0, 0.20, 1.2, 0.8, 1800.0], 420.0, 45.0, 3, [0.35, 0.00], 3.4), // hub with keyways
    product([42.0, 150.0, 0.18, 1.0, 0.4, 2100.0], 380.0, 45.0, 0, [0.25, 0.00], 5.1), // stainless sleeve
    product([58.0, 360.0, 0.30, 1.5, 1.2, 800.0], 900.0, 30.0, 1, [0.06, 0.00], 4.7),  // aluminium ring
];
