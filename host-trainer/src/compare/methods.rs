//! The registry of methods: each is a few keys laid over the project file, so that every one of them can be had without code.

use trunkline_shared::model::TaskKind;

use super::integer_forms::INTEGER_FORMS;
use super::overlays::{
    branch_each_unit, cross_entropy, each_task, losses, quoted, read_faults, taught, trunk_for_faults, value_loss,
};
use crate::config::{ChannelConfig, LinearMode, LossConfig, Project};

/// The project as it is configured; every other method is told apart from this one.
pub const AS_CONFIGURED: &str = "joint";

/// A way to train the joint model.
#[derive(Debug, Clone, Copy)]
pub struct Method {
    /// Its name on the command line and in tables.
    pub name: &'static str,
    /// What it does, one sentence.
    pub sentence: &'static str,
    /// Where it was published; empty where there is no one source.
    pub paper: &'static str,
    /// The keys that switch it on.
    pub overlay: Overlay,
}

/// Keys of a project file, as TOML.
#[derive(Debug, Clone, Copy)]
pub enum Overlay {
    /// The same for every project.
    Fixed(&'static str),
    /// Made for a project, for example from the names of its tasks; `None` where the method has nothing to act on there.
    Of(fn(&Project) -> Option<String>),
}

/// What a method makes of a project.
#[derive(Debug, Clone, PartialEq)]
pub enum Applied {
    /// A project of its own.
    Project(Box<Project>),
    /// Nothing, for this reason.
    Not(String),
}

/// All methods in the order of the tables, [`AS_CONFIGURED`] first.
pub const METHODS: &[Method] = &[
    Method {
        name: AS_CONFIGURED,
        sentence: "The joint network as the project file has it.",
        paper: "Caruana, Machine Learning 1997",
        overlay: Overlay::Fixed(""),
    },
    Method {
        name: "no-relation",
        sentence: "Without the regulariser on the relation between tasks.",
        paper: "",
        overlay: Overlay::Fixed("training.relation.strength = 0.0"),
    },
    Method {
        name: "strong-relation",
        sentence: "With ten times the usual strength of that regulariser.",
        paper: "Zhang and Yeung, UAI 2010",
        overlay: Overlay::Fixed("training.relation.strength = 1e-2"),
    },
    Method {
        name: "dropout",
        sentence: "A tenth of the trunk's activations dropped in each step.",
        paper: "Srivastava et al., JMLR 2014",
        overlay: Overlay::Fixed("training.dropout = 0.1"),
    },
    Method {
        name: "mixup",
        sentence: "Rows mixed in pairs, shares from Beta(0.2, 0.2).",
        paper: "Zhang et al., ICLR 2018",
        overlay: Overlay::Fixed("training.mixup = 0.2"),
    },
    Method {
        name: "distil-trees",
        sentence: "Half the loss of tasks without a frozen path from out-of-fold answers of 100 extra trees an output.",
        paper: "Hinton et al., 2015; Geurts et al., Machine Learning 2006",
        overlay: Overlay::Of(|project| taught(project, "teacher = \"extra-trees\", trees = 100")),
    },
    Method {
        name: "distil-boosting",
        sentence: "Half the loss of tasks without a frozen path from out-of-fold answers of 50 boosted trees an output.",
        paper: "Hinton et al., 2015; Friedman, Annals of Statistics 2001",
        overlay: Overlay::Of(|project| taught(project, "teacher = \"boosting\", trees = 50")),
    },
    Method {
        name: "distil-ensemble",
        sentence: "Half the loss of tasks without a frozen path from out-of-fold answers of three networks like it.",
        paper: "Lakshminarayanan et al., NeurIPS 2017",
        overlay: Overlay::Of(|project| taught(project, "teacher = \"ensemble\", members = 3")),
    },
    Method {
        name: "no-noise",
        sentence: "Without noise on the trunk's input.",
        paper: "",
        overlay: Overlay::Fixed("training.input_noise = 0.0"),
    },
    Method {
        name: "more-noise",
        sentence: "Gaussian noise of 0.6 standard deviations on the trunk's input.",
        paper: "Bishop, Neural Computation 1995",
        overlay: Overlay::Fixed("training.input_noise = 0.6"),
    },
    Method {
        name: "weak-decay",
        sentence: "A weight decay of 0.01.",
        paper: "Loshchilov and Hutter, ICLR 2019",
        overlay: Overlay::Fixed("training.weight_decay = 0.01"),
    },
    Method {
        name: "all-epochs",
        sentence: "No rows held out to choose the number of epochs: all of them are trained.",
        paper: "",
        overlay: Overlay::Fixed("training.early_stopping.validation = 0.0"),
    },
    Method {
        name: "no-linear-path",
        sentence: "Every task by its head on the trunk alone.",
        paper: "",
        overlay: Overlay::Of(|project| {
            let off = LinearMode::Off;
            let changed = project.tasks.iter().any(|task| task.linear.mode != off);
            changed.then(|| each_task(project, |_| Some("linear.mode = \"off\"\ntrunk_head = true".to_owned())))
        }),
    },
    Method {
        name: "two-trunks",
        sentence: "Faults on one trunk, the other tasks on another, each of half the width.",
        paper: "",
        overlay: Overlay::Of(trunk_for_faults),
    },
    Method {
        name: "branches",
        sentence: "Layers of their own for the channels of each unit, joined in the trunk.",
        paper: "Ngiam et al., ICML 2011",
        overlay: Overlay::Of(branch_each_unit),
    },
    Method {
        name: "hidden-heads",
        sentence: "A hidden layer of 16 units in every head.",
        paper: "",
        overlay: Overlay::Fixed("model.head = [16]"),
    },
    Method {
        name: "cascade",
        sentence: "Every task that is no fault reads the outputs of all faults.",
        paper: "",
        overlay: Overlay::Of(read_faults),
    },
    Method {
        name: "grouped",
        sentence: "Tasks that help each other on a trunk of their own, found on the training rows; no more weights than with one.",
        paper: "Fifty et al., NeurIPS 2021",
        overlay: Overlay::Of(|project| {
            let heads = project.tasks.iter().filter(|task| task.trunk_head).count();
            let free = project.model.groups.is_empty() && !project.trunk().is_empty();
            (free && heads > 1).then(|| "model.grouping = {}".to_owned())
        }),
    },
    Method {
        name: "modality-dropout",
        sentence: "Each channel missing in a tenth of the training rows of a step.",
        paper: "Neverova et al., PAMI 2016",
        overlay: Overlay::Of(|project| {
            let inputs = project.channels.iter().filter(|channel| channel.input);
            let optional =
                |channel: &ChannelConfig| format!("[[channels]]\nname = {}\noptional = true\n", quoted(&channel.name));
            Some(format!("training.modality_dropout = 0.1\n{}", inputs.map(optional).collect::<String>()))
        }),
    },
    Method {
        name: "mse",
        sentence: "Squared errors of values.",
        paper: "",
        overlay: Overlay::Of(|project| losses(project, |kind| value_loss(kind, "name = \"mse\""))),
    },
    Method {
        name: "huber",
        sentence: "Errors of values squared up to half a standard deviation, and straight from there.",
        paper: "Huber, Annals of Mathematical Statistics 1964",
        overlay: Overlay::Of(|project| losses(project, |kind| value_loss(kind, "name = \"huber\", delta = 0.5"))),
    },
    Method {
        name: "gaussian-nll",
        sentence: "Values with a variance that the network learns too.",
        paper: "Nix and Weigend, ICNN 1994",
        overlay: Overlay::Of(|project| losses(project, |kind| value_loss(kind, "name = \"gaussian-nll\""))),
    },
    Method {
        name: "class-weights",
        sentence: "Every class weighs the same, however rare.",
        paper: "",
        overlay: Overlay::Of(|project| losses(project, |kind| cross_entropy(kind, "class_weights = \"balanced\""))),
    },
    Method {
        name: "smoothing",
        sentence: "A tenth of every label spread over the classes.",
        paper: "Szegedy et al., CVPR 2016",
        overlay: Overlay::Of(|project| losses(project, |kind| cross_entropy(kind, "smoothing = 0.1"))),
    },
    Method {
        name: "focal",
        sentence: "Rows whose class is told well count less, with exponent 2.",
        paper: "Lin et al., ICCV 2017",
        overlay: Overlay::Of(|project| {
            losses(project, |kind| (kind != TaskKind::Regression).then(|| "name = \"focal\", gamma = 2.0".to_owned()))
        }),
    },
    Method {
        name: "calibration",
        sentence: "A temperature a head, fitted to answers to training rows by networks that have not seen them.",
        paper: "Guo et al., ICML 2017",
        overlay: Overlay::Fixed("training.calibration.folds = 3"),
    },
    Method {
        name: "uncertainty",
        sentence: "Losses weighed by learnt noise variances.",
        paper: "Kendall et al., CVPR 2018",
        overlay: Overlay::Fixed("training.weighting = \"uncertainty\""),
    },
    Method {
        name: "dwa",
        sentence: "Losses weighed by how little they fell from one epoch to the next.",
        paper: "Liu et al., CVPR 2019",
        overlay: Overlay::Fixed("training.weighting = \"dwa\""),
    },
    Method {
        name: "famo",
        sentence: "Losses weighed so that all of them fall at the same rate.",
        paper: "Liu et al., NeurIPS 2023",
        overlay: Overlay::Fixed("training.weighting = \"famo\""),
    },
    Method {
        name: "pcgrad",
        sentence: "Gradients on the trunk projected where they conflict.",
        paper: "Yu et al., NeurIPS 2020",
        overlay: Overlay::Fixed("training.gradient = \"pcgrad\""),
    },
    Method {
        name: "cagrad",
        sentence: "On the trunk the update near the mean gradient that helps the worst-off task most.",
        paper: "Liu et al., NeurIPS 2021",
        overlay: Overlay::Fixed("training.gradient = \"cagrad\""),
    },
    Method {
        name: "mgda",
        sentence: "On the trunk the shortest convex combination of the gradients.",
        paper: "Sener and Koltun, NeurIPS 2018",
        overlay: Overlay::Fixed("training.gradient = \"mgda\""),
    },
    Method {
        name: "upgrad",
        sentence: "Gradients on the trunk projected so that none harms another task.",
        paper: "Quinton and Rey, arXiv 2406.16232",
        overlay: Overlay::Fixed("training.gradient = \"upgrad\""),
    },
    Method {
        name: "aligned-mtl",
        sentence: "Gradients on the trunk made orthogonal and equally long.",
        paper: "Senushkin et al., CVPR 2023",
        overlay: Overlay::Fixed("training.gradient = \"aligned-mtl\""),
    },
];

/// The method, or integer form, of that name.
pub fn method(name: &str) -> Option<&'static Method> {
    METHODS.iter().chain(INTEGER_FORMS).find(|method| method.name == name)
}

impl Method {
    /// `project` with this method's keys laid over it.
    ///
    /// A method does not apply where it has nothing to act on, where it changes nothing, and where the project file's checks refuse
    /// it, in whose words the reason then is.
    pub fn apply(&self, project: &Project) -> Applied {
        let overlay = match self.overlay {
            Overlay::Fixed(keys) => Some(keys.to_owned()),
            Overlay::Of(keys) => keys(project),
        };
        let Some(overlay) = overlay else { return Applied::Not("has nothing to act on in this project".to_owned()) };
        match project.overlaid(&overlay, self.name) {
            Ok(changed) if with_losses(&changed) == with_losses(project) && self.name != AS_CONFIGURED => {
                Applied::Not("is what the project file has already".to_owned())
            }
            Ok(changed) => Applied::Project(Box::new(changed)),
            Err(refused) => Applied::Not(format!("does not go with this project: {} {}", refused.key, refused.problem)),
        }
    }
}

/// `project` with the loss of every task written out, named or not.
fn with_losses(project: &Project) -> Project {
    let mut project = project.clone();
    for task in &mut project.tasks {
        let kind = task.kind;
        task.loss.get_or_insert_with(|| LossConfig::default_for(kind));
    }
    project
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::config::parse;

    fn projects() -> [Project; 2] {
        [include_str!("../../examples/hydraulic.toml"), include_str!("../../examples/plant.toml")]
            .map(|text| parse(text, "example").unwrap())
    }

    #[test]
    fn names_are_unique_and_the_configured_one_stands_first() {
        let names: BTreeSet<&str> = METHODS.iter().map(|method| method.name).collect();
        assert_eq!((names.len(), METHODS[0].name), (METHODS.len(), AS_CONFIGURED));
        assert!(METHODS.iter().all(|method| method.sentence.ends_with('.')), "sentences end like sentences");
    }

    #[test]
    fn every_method_is_accepted_by_the_checks_and_changes_one_of_the_examples() {
        for method in METHODS {
            let applied = projects().map(|project| method.apply(&project));
            assert!(
                applied.iter().any(|applied| matches!(applied, Applied::Project(_))),
                "{}: {applied:?}",
                method.name
            );
            let refused = |applied: &Applied| matches!(applied, Applied::Not(why) if why.starts_with("does not go"));
            assert!(!applied.iter().any(refused), "{}: {applied:?}", method.name);
        }
    }

    #[test]
    fn channels_of_one_unit_share_a_branch() {
        let [_, plant] = projects();
        let Applied::Project(changed) = method("branches").unwrap().apply(&plant) else { panic!("applies") };
        let branches: Vec<_> =
            changed.model.branches.iter().map(|branch| (branch.name.as_str(), branch.channels.len())).collect();
        assert_eq!(branches[0], ("g", 3));
        assert_eq!(branches.iter().map(|(_, channels)| channels).sum::<usize>(), plant.channels.len());
        let Applied::Project(changed) = method("modality-dropout").unwrap().apply(&plant) else { panic!("applies") };
        assert!(changed.channels.iter().all(|channel| channel.optional));
    }

    #[test]
    fn what_is_no_fault_reads_the_faults() {
        let [_, plant] = projects();
        let Applied::Project(changed) = method("cascade").unwrap().apply(&plant) else { panic!("applies") };
        let reads = |task: usize| changed.tasks[task].reads.iter().map(|read| read.task.as_str()).collect::<Vec<_>>();
        assert_eq!((reads(0), reads(1), reads(3)), (vec![], vec!["fault"], vec!["fault"]));
    }

    #[test]
    fn faults_get_a_trunk_of_their_own() {
        let [hydraulic, _] = projects();
        let Applied::Project(changed) = method("two-trunks").unwrap().apply(&hydraulic) else { panic!("applies") };
        let groups: Vec<_> =
            changed.model.groups.iter().map(|group| (group.tasks.len(), group.trunk.clone())).collect();
        assert_eq!(groups, [(3, Some(vec![24, 16])), (3, Some(vec![24, 16]))], "the cooler has no head on the trunk");
    }

    #[test]
    fn losses_are_set_for_tasks_of_their_kind_that_are_trained() {
        let [hydraulic, plant] = projects();
        let changed = |name: &str, project: &Project| match method(name).unwrap().apply(project) {
            Applied::Project(changed) => {
                let pairs = project.tasks.iter().zip(changed.tasks);
                pairs.filter(|(before, after)| before.loss != after.loss).map(|(task, _)| task.name.clone()).collect()
            }
            Applied::Not(_) => Vec::<String>::new(),
        };
        assert_eq!(changed("focal", &hydraulic), ["valve", "pump", "accumulator", "stable"]);
        assert_eq!(changed("smoothing", &plant), ["fault", "reject"]);
        assert_eq!(changed("mse", &hydraulic), ["efficiency", "energy"]);
        assert_eq!(changed("huber", &hydraulic), Vec::<String>::new(), "has it already");
        assert_eq!(changed("mse", &plant), Vec::<String>::new(), "has it without naming it");
        assert_eq!(changed("huber", &plant), ["roughness", "energy"]);
    }

    #[test]
    fn a_method_that_changes_nothing_does_not_apply() {
        let [mut hydraulic, _] = projects();
        hydraulic.training.input_noise = 0.0;
        let Applied::Not(why) = method("no-noise").unwrap().apply(&hydraulic) else { panic!("has none already") };
        assert_eq!(why, "is what the project file has already");
        assert_eq!(method(AS_CONFIGURED).unwrap().apply(&hydraulic), Applied::Project(Box::new(hydraulic)));
    }

    #[test]
    fn task_names_are_written_as_toml_whatever_they_hold() {
        let [mut project, _] = projects();
        project.tasks[0].name = "a \"quoted\" name".to_owned();
        let Applied::Project(changed) = method("no-linear-path").unwrap().apply(&project) else { panic!("applies") };
        assert!(changed.tasks.iter().all(|task| task.linear.mode == LinearMode::Off && task.trunk_head));
        assert_eq!(changed.tasks.len(), project.tasks.len());
    }
}
