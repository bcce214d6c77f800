//! The models that are compared.

/// A way to answer the tasks, from the cheapest to the one in the artifact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Contender {
    /// Class frequencies or mean of the training rows.
    Constant,
    /// Closed-form linear models.
    Linear,
    /// A network for each task, each as large as the joint one.
    Single,
    /// A network for each task, all together no larger than the joint one.
    SingleSameSize,
    /// The joint network in floating point.
    JointF32,
    /// The joint network in integers, from the raw window on.
    JointInt8,
    /// One slope for all groups beside the shared model, own intercepts.
    Pooled,
    /// A linear model of each group's own rows.
    Separate,
    /// Personal heads, with the relation over the groups.
    Personal,
    /// The same in integers.
    PersonalInt8,
    /// A forest of extremely randomised trees for each task.
    ExtraTrees,
    /// Gradient-boosted trees for each task.
    Boosting,
}

impl Contender {
    /// Those of every evaluation; personal heads take part where the project has some, trees in comparisons of methods.
    pub const ALL: [Contender; 6] = [
        Contender::Constant,
        Contender::Linear,
        Contender::Single,
        Contender::SingleSameSize,
        Contender::JointF32,
        Contender::JointInt8,
    ];

    /// Its key in `metrics.json`.
    pub fn name(self) -> &'static str {
        match self {
            Contender::Constant => "constant",
            Contender::Linear => "linear",
            Contender::Single => "single",
            Contender::SingleSameSize => "single_same_size",
            Contender::JointF32 => "joint_f32",
            Contender::JointInt8 => "joint_int8",
            Contender::Pooled => "pooled",
            Contender::Separate => "separate",
            Contender::Personal => "personal",
            Contender::PersonalInt8 => "personal_int8",
            Contender::ExtraTrees => "extra_trees",
            Contender::Boosting => "boosting",
        }
    }
}
