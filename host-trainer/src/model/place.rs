//! Which layer of a network is meant.

use serde::{Deserialize, Serialize};

use super::convolution::Convolution;
use super::float::{Dense, FloatModel, ModalityBranch};

/// A layer of a [`FloatModel`], by indices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LayerPlace {
    /// The filters of a convolution of a branch under a trunk.
    Depthwise {
        /// The trunk.
        trunk: usize,
        /// The branch.
        branch: usize,
        /// Its convolution.
        convolution: usize,
    },
    /// The units over these filters.
    Pointwise {
        /// The trunk.
        trunk: usize,
        /// The branch.
        branch: usize,
        /// Its convolution.
        convolution: usize,
    },
    /// A layer of a branch under a trunk.
    Branch {
        /// The trunk.
        trunk: usize,
        /// The branch.
        branch: usize,
        /// Its layer.
        layer: usize,
    },
    /// A layer of a trunk.
    Trunk {
        /// The trunk.
        trunk: usize,
        /// Its layer.
        layer: usize,
    },
    /// A hidden layer of a task's head.
    Hidden {
        /// The task.
        task: usize,
        /// The layer.
        layer: usize,
    },
    /// The last layer of a task's head.
    Head {
        /// The task.
        task: usize,
    },
    /// A task's linear path.
    Linear {
        /// The task.
        task: usize,
    },
    /// What a task reads of another.
    Read {
        /// The task that reads.
        task: usize,
        /// Which of its reads.
        read: usize,
    },
}

impl LayerPlace {
    /// What to call the layer in a message.
    pub(crate) fn describe(self, model: &FloatModel) -> String {
        let name = |task: usize| model.heads.get(task).map_or("", |head| head.task.as_str());
        let branch_name = |trunk: usize, branch: usize| {
            let branch = model.trunks.get(trunk).and_then(|trunk| trunk.branches.get(branch));
            branch.map_or("", |branch| branch.name.as_str())
        };
        match self {
            Self::Depthwise { trunk, branch, convolution } => {
                format!("the filters of convolution {convolution} of branch \"{}\"", branch_name(trunk, branch))
            }
            Self::Pointwise { trunk, branch, convolution } => {
                format!("the units of convolution {convolution} of branch \"{}\"", branch_name(trunk, branch))
            }
            Self::Branch { trunk, branch, layer } => {
                format!("layer {layer} of branch \"{}\"", branch_name(trunk, branch))
            }
            Self::Trunk { trunk, layer } if model.trunks.len() > 1 => format!("layer {layer} of trunk {trunk}"),
            Self::Trunk { layer, .. } => format!("trunk layer {layer}"),
            Self::Hidden { task, layer } => format!("hidden layer {layer} of the head of task \"{}\"", name(task)),
            Self::Head { task } => format!("the head of task \"{}\"", name(task)),
            Self::Linear { task } => format!("the linear path of task \"{}\"", name(task)),
            Self::Read { task, read } => {
                let of = model.heads.get(task).and_then(|head| head.reads.get(read));
                format!("what task \"{}\" reads of task \"{}\"", name(task), of.map_or("", |read| name(read.task)))
            }
        }
    }
}

impl FloatModel {
    /// Every layer: those of the trunks, each after its branches', then those of each task.
    pub fn places(&self) -> Vec<LayerPlace> {
        let mut places = Vec::new();
        for (index, trunk) in self.trunks.iter().enumerate() {
            for (branch, ModalityBranch { front, layers, .. }) in trunk.branches.iter().enumerate() {
                for convolution in 0..front.as_ref().map_or(0, |front| front.convolutions.len()) {
                    places.push(LayerPlace::Depthwise { trunk: index, branch, convolution });
                    places.push(LayerPlace::Pointwise { trunk: index, branch, convolution });
                }
                places.extend((0..layers.len()).map(|layer| LayerPlace::Branch { trunk: index, branch, layer }));
            }
            places.extend((0..trunk.layers.len()).map(|layer| LayerPlace::Trunk { trunk: index, layer }));
        }
        for (task, head) in self.heads.iter().enumerate() {
            places.extend((0..head.hidden.len()).map(|layer| LayerPlace::Hidden { task, layer }));
            places.extend(head.head.iter().map(|_| LayerPlace::Head { task }));
            places.extend(head.linear.iter().map(|_| LayerPlace::Linear { task }));
            places.extend((0..head.reads.len()).map(|read| LayerPlace::Read { task, read }));
        }
        places
    }

    /// The layer at `place`; `None` where there is none.
    pub fn layer(&self, place: LayerPlace) -> Option<&Dense> {
        match place {
            LayerPlace::Depthwise { trunk, branch, convolution } => {
                Some(&self.convolution(trunk, branch, convolution)?.depthwise)
            }
            LayerPlace::Pointwise { trunk, branch, convolution } => {
                Some(&self.convolution(trunk, branch, convolution)?.pointwise)
            }
            LayerPlace::Branch { trunk, branch, layer } => {
                self.trunks.get(trunk)?.branches.get(branch)?.layers.get(layer)
            }
            LayerPlace::Trunk { trunk, layer } => self.trunks.get(trunk)?.layers.get(layer),
            LayerPlace::Hidden { task, layer } => self.heads.get(task)?.hidden.get(layer),
            LayerPlace::Head { task } => self.heads.get(task)?.head.as_ref(),
            LayerPlace::Linear { task } => self.heads.get(task)?.linear.as_ref(),
            LayerPlace::Read { task, read } => Some(&self.heads.get(task)?.reads.get(read)?.dense),
        }
    }

    fn convolution(&self, trunk: usize, branch: usize, convolution: usize) -> Option<&Convolution> {
        self.trunks.get(trunk)?.branches.get(branch)?.front.as_ref()?.convolutions.get(convolution)
    }

    fn convolution_mut(&mut self, trunk: usize, branch: usize, convolution: usize) -> Option<&mut Convolution> {
        self.trunks.get_mut(trunk)?.branches.get_mut(branch)?.front.as_mut()?.convolutions.get_mut(convolution)
    }

    /// The same as [`FloatModel::layer`], to be changed.
    pub(crate) fn layer_mut(&mut self, place: LayerPlace) -> Option<&mut Dense> {
        match place {
            LayerPlace::Depthwise { trunk, branch, convolution } => {
                Some(&mut self.convolution_mut(trunk, branch, convolution)?.depthwise)
            }
            LayerPlace::Pointwise { trunk, branch, convolution } => {
                Some(&mut self.convolution_mut(trunk, branch, convolution)?.pointwise)
            }
            LayerPlace::Branch { trunk, branch, layer } => {
                self.trunks.get_mut(trunk)?.branches.get_mut(branch)?.layers.get_mut(layer)
            }
            LayerPlace::Trunk { trunk, layer } => self.trunks.get_mut(trunk)?.layers.get_mut(layer),
            LayerPlace::Hidden { task, layer } => self.heads.get_mut(task)?.hidden.get_mut(layer),
            LayerPlace::Head { task } => self.heads.get_mut(task)?.head.as_mut(),
            LayerPlace::Linear { task } => self.heads.get_mut(task)?.linear.as_mut(),
            LayerPlace::Read { task, read } => Some(&mut self.heads.get_mut(task)?.reads.get_mut(read)?.dense),
        }
    }
}
