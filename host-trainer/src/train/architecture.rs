//! From the project file to the shape of one network: which trunks there are, where each task's head stands and what it reads.

use std::ops::Range;

use crate::config::{BranchConfig, ConvolutionConfig, LinearMode, ModelConfig, ReadConfig, ReadOf, TaskConfig};
use crate::features::FeatureBlock;
use crate::model::FrontShape;
use crate::model::net::{BranchShape, HeadWiring, ReadWiring, TaskWiring};

/// Name of the branch that brings the features to a trunk beside convolutions.
const FEATURES: &str = "features";

/// The shape of a network for some of the tasks of a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Architecture {
    /// Branches under each trunk; none where the trunks read the features.
    pub(crate) branches: Vec<BranchShape>,
    /// Widths of each trunk's ReLU layers.
    pub(crate) trunks: Vec<Vec<usize>>,
    /// Head of each task (T).
    heads: Vec<Option<HeadWiring>>,
    /// What each task reads of others (T).
    reads: Vec<Vec<ReadWiring>>,
    /// Whether each task has a linear path (T).
    linear: Vec<bool>,
}

impl Architecture {
    /// For `tasks`. Where they come from several of the model's groups each of these has a trunk, of its own widths or else of the
    /// widths `trunk`; otherwise, as with a single task, there is one trunk, of the widths `trunk`. What a task would read of a task
    /// that is not among them is left out.
    ///
    /// The branches of `model` read what `blocks` say is computed from their channels, or those channels' raw samples; where `trunk` is
    /// narrower than the model's own trunk, they are narrower in proportion. Where all of them have convolutions, a branch without layers
    /// brings the features.
    pub(crate) fn new(model: &ModelConfig, blocks: &[FeatureBlock], tasks: &[&TaskConfig], trunk: &[usize]) -> Self {
        let group_of = |task: &TaskConfig| model.groups.iter().position(|group| group.tasks.contains(&task.name));
        let mut groups: Vec<usize> =
            tasks.iter().filter(|task| task.trunk_head).filter_map(|task| group_of(task)).collect();
        groups.sort_unstable();
        groups.dedup();
        let several = groups.len() > 1;
        let trunks = if several && !trunk.is_empty() {
            groups.iter().map(|group| model.groups[*group].trunk.clone().unwrap_or_else(|| trunk.to_vec())).collect()
        } else {
            vec![trunk.to_vec()]
        };
        let head = |task: &&TaskConfig| {
            let group = group_of(task).and_then(|group| groups.iter().position(|known| *known == group));
            task.trunk_head.then(|| HeadWiring {
                trunk: group.filter(|group| *group < trunks.len()).unwrap_or(0),
                hidden: task.hidden.as_ref().unwrap_or(&model.head).clone(),
            })
        };
        let heads: Vec<Option<HeadWiring>> = tasks.iter().map(head).collect();
        let embedding = |task: usize| {
            heads[task].as_ref().is_some_and(|head| !head.hidden.is_empty() && !trunks[head.trunk].is_empty())
        };
        let read = |read: &ReadConfig| {
            let task = tasks.iter().position(|task| task.name == read.task)?;
            (read.of == ReadOf::Output || embedding(task)).then_some(ReadWiring { task, of: read.of })
        };
        Self {
            branches: if trunk.is_empty() { Vec::new() } else { branches(model, blocks, trunk) },
            reads: tasks.iter().map(|task| task.reads.iter().filter_map(read).collect()).collect(),
            heads,
            linear: tasks.iter().map(|task| task.linear.mode != LinearMode::Off).collect(),
            trunks,
        }
    }

    /// Puts each task's head where it belongs, with what it reads.
    pub(crate) fn wire(&self, tasks: &mut [TaskWiring]) {
        for ((task, head), reads) in tasks.iter_mut().zip(&self.heads).zip(&self.reads) {
            task.head.clone_from(head);
            task.reads.clone_from(reads);
        }
    }

    /// Weights and biases of the network over `features` features, with `outputs` outputs of each task (T).
    pub(crate) fn parameter_count(&self, features: usize, outputs: &[usize]) -> usize {
        self.layers(features, outputs).iter().map(|layer| (layer.inputs + 1) * layer.outputs).sum()
    }

    /// Bytes of the weights in an artifact, without biases and scales; `linear_bits` holds 8 or 16 for each task (T), `bits` are those of
    /// trunks and heads.
    pub(crate) fn weight_bytes(&self, features: usize, outputs: &[usize], linear_bits: &[u8], bits: usize) -> usize {
        let bits = |layer: &LayerShape| match layer.kind {
            LayerKind::Linear(task) => usize::from(linear_bits[task]),
            LayerKind::Read(ReadOf::Output) => 16,
            LayerKind::Filters => 8,
            LayerKind::Hidden | LayerKind::Read(ReadOf::Embedding) => bits,
        };
        self.layers(features, outputs).iter().map(|layer| layer.inputs * layer.outputs * bits(layer)).sum::<usize>() / 8
    }

    /// Every layer of the network; a trunk without a head on it is left out, and so are heads on a trunk without layers.
    fn layers(&self, features: usize, outputs: &[usize]) -> Vec<LayerShape> {
        let mut layers = Vec::new();
        let mut chain = |mut inputs: usize, widths: &mut dyn Iterator<Item = usize>| {
            for outputs in widths {
                layers.push(LayerShape { inputs, outputs, kind: LayerKind::Hidden });
                inputs = outputs;
            }
        };
        let mut filters = Vec::new();
        let fused: usize = self.branches.iter().map(BranchShape::outputs).sum();
        let read = if self.branches.is_empty() { features } else { fused };
        for (index, widths) in self.trunks.iter().enumerate() {
            if self.heads.iter().flatten().any(|head| head.trunk == index) {
                for branch in &self.branches {
                    let front = branch.front.iter().flat_map(FrontShape::each);
                    for (form, channels, _) in front {
                        let outputs = channels * form.multiplier;
                        // A filter reads one channel alone.
                        filters.push(LayerShape { inputs: form.kernel, outputs, kind: LayerKind::Filters });
                        chain(outputs, &mut [form.filters].into_iter());
                    }
                    let read = branch.front.as_ref().map_or(branch.columns.len(), FrontShape::outputs);
                    chain(read, &mut branch.widths.iter().copied());
                }
                chain(read, &mut widths.iter().copied());
            }
        }
        for (head, outputs) in self.heads.iter().zip(outputs) {
            if let Some((head, width)) = head.as_ref().and_then(|head| Some((head, self.trunks[head.trunk].last()?))) {
                chain(*width, &mut head.hidden.iter().copied().chain([*outputs]));
            }
        }
        layers.extend(filters);
        let linear = self.linear.iter().zip(outputs).enumerate().filter(|(_, (linear, _))| **linear);
        layers.extend(linear.map(|(task, (_, outputs))| LayerShape {
            inputs: features,
            outputs: *outputs,
            kind: LayerKind::Linear(task),
        }));
        for (reads, outputs_of_reader) in self.reads.iter().zip(outputs) {
            for read in reads {
                let embedding = self.heads[read.task].as_ref().and_then(|head| head.hidden.last().copied());
                let inputs = if read.of == ReadOf::Output { outputs[read.task] } else { embedding.unwrap_or(0) };
                layers.push(LayerShape { inputs, outputs: *outputs_of_reader, kind: LayerKind::Read(read.of) });
            }
        }
        layers
    }
}

/// `trunk` scaled down, layer by layer in proportion, to the largest widths that `fits`; at least 1 each, even if that does not.
pub(crate) fn widest(trunk: &[usize], fits: impl Fn(&[usize]) -> bool) -> Vec<usize> {
    let first = trunk.first().copied().unwrap_or(0);
    let scaled = |width: usize| -> Vec<usize> {
        trunk.iter().map(|layer| ((layer * width + first / 2) / first.max(1)).max(1)).collect()
    };
    (1..=first).rev().map(scaled).find(|trunk| fits(trunk)).unwrap_or_else(|| scaled(1))
}

/// The shapes of the model's branches over a trunk of widths `trunk`.
fn branches(model: &ModelConfig, blocks: &[FeatureBlock], trunk: &[usize]) -> Vec<BranchShape> {
    let (own, asked) = (model.trunk.first().copied().unwrap_or(1), trunk.first().copied().unwrap_or(1));
    let scaled = |width: usize| if own == asked { width } else { ((width * asked + own / 2) / own).max(1) };
    let shape = |branch: &BranchConfig| {
        let read = |block: &&FeatureBlock| block.channels.iter().all(|channel| branch.channels.contains(channel));
        // The plan puts the features of a branch side by side, and its raw samples.
        let columns: Vec<&Range<usize>> = if branch.reads_raw() {
            blocks.iter().filter(read).filter_map(|block| Some(&block.raw.as_ref()?.columns)).collect()
        } else {
            blocks.iter().filter(read).map(|block| &block.columns).filter(|columns| !columns.is_empty()).collect()
        };
        let start = columns.iter().map(|columns| columns.start).min().unwrap_or(0);
        let end = columns.iter().map(|columns| columns.end).max().unwrap_or(0);
        let front = branch.reads_raw().then(|| FrontShape {
            channels: columns.len(),
            samples: columns.first().map_or(0, |columns| columns.len()),
            convolutions: branch
                .convolutions
                .iter()
                .map(|form| ConvolutionConfig { filters: scaled(form.filters), ..*form })
                .collect(),
        });
        let widths = branch.widths.iter().map(|width| scaled(*width)).collect();
        BranchShape { name: branch.name.clone(), columns: start..end, front, widths }
    };
    let mut shapes: Vec<BranchShape> = model.branches.iter().map(shape).collect();
    if !shapes.is_empty() && shapes.iter().all(|shape| shape.front.is_some()) {
        let end = blocks.iter().map(|block| block.columns.end).max().unwrap_or(0);
        shapes.push(BranchShape { name: FEATURES.to_owned(), columns: 0..end, front: None, widths: Vec::new() });
    }
    shapes
}

/// A layer as far as sizes go.
struct LayerShape {
    inputs: usize,
    outputs: usize,
    kind: LayerKind,
}

/// What decides the width of a layer's integer weights.
enum LayerKind {
    /// The filters of a convolution.
    Filters,
    /// Of a trunk or a head.
    Hidden,
    /// The linear path of that task.
    Linear(usize),
    /// From another task.
    Read(ReadOf),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Project;
    use crate::features::RawColumns;

    fn project(model: &str) -> Project {
        let text = format!(
            "name = 't'\n[data]\nloader = 'table'\n[split]\nmethod = 'random'\n[model]\ntrunk = [5, 2]\n{model}\n\
             [[tasks]]\nname = 'a'\nrole = 'other'\nkind = 'multi-class'\ntarget = {{ column = 'a' }}\ntrunk_head = false\n\
             [[tasks]]\nname = 'b'\nrole = 'other'\nkind = 'multi-class'\ntarget = {{ column = 'b' }}\n\
             [[tasks]]\nname = 'c'\nrole = 'other'\nkind = 'binary'\ntarget = {{ column = 'c' }}\nhidden = [3]\n\
             linear = {{ mode = 'off' }}\n"
        );
        toml::from_str(&text).unwrap()
    }

    const OUTPUTS: [usize; 3] = [3, 4, 1];

    #[test]
    fn without_groups_all_heads_stand_on_one_trunk() {
        let project = project("");
        let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
        let found = Architecture::new(&project.model, &[], &tasks, &[5, 2]);
        assert_eq!(found.trunks, [[5, 2]]);
        assert_eq!(found.heads[0], None);
        assert_eq!(found.heads[1], Some(HeadWiring::default()));
        assert_eq!(found.heads[2], Some(HeadWiring { trunk: 0, hidden: vec![3] }));
        // Trunk 10-5-2: 55 + 12; heads 2-4 and 2-3-1; linear 3 x 11 + 4 x 11.
        assert_eq!(found.parameter_count(10, &OUTPUTS), 67 + 12 + 9 + 4 + 77);
        let first = Architecture::new(&project.model, &[], &tasks[..1], &[5, 2]);
        assert_eq!(first.parameter_count(10, &OUTPUTS[..1]), 33);
    }

    #[test]
    fn each_group_has_a_trunk_and_a_part_of_one_group_the_trunk_asked_for() {
        let project = project("head = [6]\ngroups = [{ tasks = ['c'], trunk = [4] }, { tasks = ['b'] }]");
        let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
        let found = Architecture::new(&project.model, &[], &tasks, &[5, 2]);
        assert_eq!(found.trunks, [vec![4], vec![5, 2]]);
        assert_eq!(found.heads[1], Some(HeadWiring { trunk: 1, hidden: vec![6] }));
        assert_eq!(found.heads[2], Some(HeadWiring { trunk: 0, hidden: vec![3] }));
        assert_eq!(found.parameter_count(10, &OUTPUTS), 44 + 67 + (18 + 28) + (15 + 4) + 77);
        let alone = Architecture::new(&project.model, &[], &tasks[2..], &[5, 2]);
        assert_eq!((alone.trunks.as_slice(), alone.heads[0].as_ref().unwrap().trunk), (&[vec![5, 2]][..], 0));
        assert_eq!(Architecture::new(&project.model, &[], &tasks, &[]).trunks, [Vec::<usize>::new()]);
    }

    #[test]
    fn branches_read_the_features_of_their_channels_and_shrink_with_the_trunk() {
        let project = project(
            "branches = [{ name = 'u', channels = ['x', 'y'], widths = [6, 4] }, { name = 'v', channels = ['z'], widths = [3] }]",
        );
        let block = |channels: &[&str], columns| FeatureBlock {
            source: channels[0].into(),
            channels: channels.iter().map(|name| (*name).to_owned()).collect(),
            columns,
            raw: None,
            indicator: None,
        };
        let blocks = [block(&["x"], 0..3), block(&["y"], 3..5), block(&["x", "y"], 5..6), block(&["z"], 6..10)];
        let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
        let found = Architecture::new(&project.model, &blocks, &tasks, &[5, 2]);
        let shapes: Vec<_> = found.branches.iter().map(|branch| (branch.columns.clone(), &branch.widths[..])).collect();
        assert_eq!(shapes, [(0..6, &[6, 4][..]), (6..10, &[3])]);
        // Branches 6-6-4 and 4-3, trunk 7-5-2, the rest as without branches.
        assert_eq!(found.parameter_count(10, &OUTPUTS), 42 + 28 + 15 + 40 + 12 + 12 + 9 + 4 + 77);
        let narrow = Architecture::new(&project.model, &blocks, &tasks, &[2, 1]);
        assert_eq!(narrow.branches[0].widths, [2, 2]);
        assert!(Architecture::new(&project.model, &blocks, &tasks, &[]).branches.is_empty());
    }

    #[test]
    fn convolutions_read_raw_samples_and_the_trunk_reads_the_features_beside_them() {
        let project = project(
            "branches = [{ name = 'u', channels = ['x', 'y'], widths = [4], convolutions = [{ kernel = 4, stride = 2, filters = 6, \
             multiplier = 2, pool = 3 }, { kernel = 3, filters = 5 }] }]",
        );
        let block = |source: &str, columns, raw| FeatureBlock {
            source: source.into(),
            channels: vec![source.into()],
            columns,
            raw,
            indicator: None,
        };
        let raw = |channel, columns| Some(RawColumns { channel, columns });
        let blocks = [block("x", 0..3, raw(0, 10..42)), block("z", 3..10, None), block("y", 10..10, raw(2, 42..74))];
        let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
        let found = Architecture::new(&project.model, &blocks, &tasks, &[5, 2]);
        let [u, features] = &found.branches[..] else { panic!("{:?}", found.branches) };
        let front = u.front.as_ref().unwrap();
        assert_eq!((u.columns.clone(), front.channels, front.samples), (10..74, 2, 32));
        // 32 samples, 15 positions, 5 pools, 3 positions.
        assert_eq!((front.outputs(), u.outputs()), (3 * 5, 4));
        assert_eq!((features.name.as_str(), features.columns.clone(), features.outputs()), ("features", 0..10, 10));
        // Filters 4 x (4 + 1) and 6 x (3 + 1), units 6 x (4 + 1) and 5 x (6 + 1), layer 15-4, trunk 14-5-2, the rest as without branches.
        assert_eq!(found.parameter_count(10, &OUTPUTS), 20 + 30 + 24 + 35 + 64 + 75 + 12 + 12 + 9 + 4 + 77);
        let bytes = |bits| found.weight_bytes(10, &OUTPUTS, &[8, 8, 8], bits);
        let wide = 16 + 18 + 70;
        let rest: usize = 24 + 30 + 60 + 70 + 10 + 8 + 6 + 3;
        assert_eq!((bytes(8), bytes(4)), (wide + rest, (2 * wide + rest) / 2));
        let narrow = Architecture::new(&project.model, &blocks, &tasks, &[2, 1]);
        let front = narrow.branches[0].front.as_ref().unwrap();
        assert_eq!(front.convolutions.iter().map(|form| form.filters).collect::<Vec<_>>(), [2, 2]);
    }

    #[test]
    fn a_task_reads_those_that_are_there() {
        let mut project = project("");
        let read = |task: &str, of| ReadConfig { task: task.into(), of };
        project.tasks[1].reads = vec![read("a", ReadOf::Output), read("c", ReadOf::Embedding)];
        let tasks: Vec<&TaskConfig> = project.tasks.iter().collect();
        let found = Architecture::new(&project.model, &[], &tasks, &[5, 2]);
        let expected = [ReadWiring { task: 0, of: ReadOf::Output }, ReadWiring { task: 2, of: ReadOf::Embedding }];
        assert_eq!(found.reads[1], expected);
        assert_eq!(found.parameter_count(10, &OUTPUTS), 169 + (3 + 1) * 4 + (3 + 1) * 4);
        // Trunk, heads, linear paths of 16 and of 8 bits, output and embedding.
        let bytes = |bits| found.weight_bytes(10, &OUTPUTS, &[16, 8, 8], bits);
        assert_eq!(bytes(8), 60 + (8 + 6 + 3) + (2 * 30 + 40) + (2 * 12 + 12));
        assert_eq!(bytes(4), (60 + (8 + 6 + 3) + 12) / 2 + (2 * 30 + 40) + 2 * 12);
        assert_eq!(Architecture::new(&project.model, &[], &tasks, &[]).reads[1], expected[..1]);
        assert_eq!(Architecture::new(&project.model, &[], &tasks[1..2], &[5, 2]).reads[0], []);
    }
}
