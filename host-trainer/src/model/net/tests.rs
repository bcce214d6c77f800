mod convolutions;

use trunkline_shared::model::TaskKind;

use super::*;
use crate::linear::matrix;
use crate::model::{Dense, TargetScale};

const FEATURES: usize = 5;

fn wiring(name: &str, kind: TaskKind, outputs: usize, head: bool, linear: LinearWiring) -> TaskWiring {
    let target = if kind == TaskKind::Regression {
        TargetScale { mean: 3.0, sd: 2.0 }
    } else {
        TargetScale { mean: 0.0, sd: 1.0 }
    };
    let head = head.then(HeadWiring::default);
    TaskWiring { task: name.into(), kind, outputs, kept: outputs, head, reads: Vec::new(), linear, target }
}

fn start(outputs: usize) -> Dense {
    Dense {
        outputs,
        inputs: FEATURES,
        weight: (0..outputs * FEATURES).map(|i| (i as f32 * 0.7).sin()).collect(),
        bias: (0..outputs).map(|i| i as f32 * 0.1).collect(),
    }
}

/// One task of every kind of wiring.
fn tasks() -> Vec<TaskWiring> {
    vec![
        wiring("linear alone", TaskKind::MultiClass, 3, false, LinearWiring::Frozen(start(3))),
        wiring("both", TaskKind::MultiClass, 4, true, LinearWiring::Trained { start: start(4), l2: 0.0 }),
        wiring("trunk alone", TaskKind::Binary, 1, true, LinearWiring::None),
        wiring("frozen and trunk", TaskKind::Binary, 1, true, LinearWiring::Frozen(start(1))),
        wiring("value", TaskKind::Regression, 1, true, LinearWiring::Trained { start: start(1), l2: 1e-3 }),
        wiring("trained alone", TaskKind::Regression, 1, false, LinearWiring::Trained { start: start(1), l2: 0.0 }),
    ]
}

/// Tasks on two trunks, with linear heads and with hidden layers of different depths.
fn grouped() -> Vec<TaskWiring> {
    let mut tasks = tasks();
    let heads: [(usize, usize, &[usize]); 4] = [(1, 1, &[6]), (2, 0, &[5, 3]), (3, 1, &[]), (4, 1, &[4, 7, 3])];
    for (task, trunk, hidden) in heads {
        tasks[task].head = Some(HeadWiring { trunk, hidden: hidden.to_vec() });
    }
    tasks
}

/// The same tasks, some of which read others: outputs and embeddings, through a frozen linear path, along a chain, two of one task.
fn cascade() -> Vec<TaskWiring> {
    let mut tasks = grouped();
    let (output, embedding) = (ReadOf::Output, ReadOf::Embedding);
    for (by, task, of) in
        [(1, 0, output), (4, 1, output), (4, 1, embedding), (4, 3, output), (2, 4, output), (5, 2, embedding)]
    {
        tasks[by].reads.push(ReadWiring { task, of });
    }
    tasks
}

fn input() -> Tensor {
    let data: Vec<f32> = (0..6 * FEATURES).map(|i| (i as f32 * 1.3).cos()).collect();
    Tensor::from_vec(data, (6, FEATURES), &Device::Cpu).unwrap()
}

fn identity() -> Normalization {
    Normalization { mean: vec![0.0; FEATURES], gain: vec![1.0; FEATURES], clip_sd: 8.0, raw: vec![] }
}

#[test]
fn graph_and_plain_loops_agree() {
    let two = [vec![7, 4], vec![9]];
    for (trunks, tasks) in [(&two[..1], tasks()), (&two, grouped()), (&two, cascade())] {
        let net = Net::new(FEATURES, trunks, tasks.clone(), 1.0, 3).unwrap();
        // What is read starts at 0: only other weights show that it goes where it should.
        fill(&net);
        compare(&net, &tasks);
    }
}

/// A branch of two layers on the first features and one of a single layer on the others.
fn branches() -> Vec<BranchShape> {
    let shape = |name: &str, columns, widths: &[usize]| BranchShape {
        name: name.into(),
        columns,
        front: None,
        widths: widths.to_vec(),
    };
    vec![shape("u", 0..3, &[6, 4]), shape("v", 3..FEATURES, &[3])]
}

#[test]
fn branches_under_every_trunk_agree_with_plain_loops_and_get_finite_gradients() {
    for (trunks, tasks) in [(&[vec![7, 4]][..], tasks()), (&[vec![7, 4], vec![9]], grouped())] {
        let net = Net::branched(FEATURES, &branches(), trunks, tasks.clone(), 1.0, 3).unwrap();
        compare(&net, &tasks);
        let widths: Vec<usize> = trunks.iter().flat_map(|trunk| [&[6, 4, 3][..], trunk].concat()).collect();
        assert_eq!(net.trunk_widths().collect::<Vec<_>>(), widths);
        let z = input();
        let masks: Vec<Tensor> =
            widths.iter().map(|width| Tensor::full(1.5f32, (6, *width), &Device::Cpu).unwrap()).collect();
        let loss = net.forward(&z, &z, &masks).unwrap().sqr().unwrap().sum_all().unwrap();
        let gradients = loss.backward().unwrap();
        for (part, var) in net.variables() {
            let gradient = gradients.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
            assert!(gradient.iter().all(|g| g.is_finite()) && gradient.iter().any(|g| *g != 0.0), "{part:?}");
        }
        // Two variables a layer: of the three branch layers and of the trunk's own ones.
        let layers: usize = trunks.iter().map(|trunk| 3 + trunk.len()).sum();
        assert_eq!(net.shared_variables().count(), 2 * layers);
        let names = net.variable_names();
        assert_eq!(names.len(), net.variables().len());
        assert_eq!(
            names[..3],
            [
                "trunk[0].branches[0].layers[0].weight",
                "trunk[0].branches[0].layers[0].bias",
                "trunk[0].branches[0].layers[1].weight"
            ]
        );
        let model = net.to_float(&identity()).unwrap();
        let variables: usize = net.variables().iter().map(|(_, var)| var.elem_count()).sum();
        assert_eq!(model.parameter_count(), variables + 4 * (FEATURES + 1));
        let names: Vec<_> =
            model.trunks[0].branches.iter().map(|branch| (branch.name.as_str(), branch.columns.start)).collect();
        assert_eq!(names, [("u", 0), ("v", 3)]);
    }
}

/// Gives every variable of `net` numbers of its own.
fn fill(net: &Net) {
    for (index, (_, var)) in net.variables().into_iter().enumerate() {
        let values: Vec<f32> = (0..var.elem_count()).map(|i| ((i * 7 + index) as f32).sin() * 0.5).collect();
        var.set(&Tensor::from_vec(values, var.dims(), &Device::Cpu).unwrap()).unwrap();
    }
}

/// Every kind of network that is trained: trunks, branches, hidden heads, cascades.
fn networks() -> Vec<(Net, Vec<TaskWiring>)> {
    let two = [vec![7, 4], vec![9]];
    let mut networks = Vec::new();
    for branches in [vec![], branches()] {
        for (trunks, tasks) in [(&two[..1], tasks()), (&two, grouped()), (&two, cascade())] {
            let net = Net::branched(FEATURES, &branches, trunks, tasks.clone(), 1.0, 3).unwrap();
            fill(&net);
            networks.push((net, tasks));
        }
    }
    networks
}

/// `tasks` with the trained linear paths starting where `model` has them.
fn going_on(mut tasks: Vec<TaskWiring>, model: &FloatModel) -> Vec<TaskWiring> {
    for (task, head) in tasks.iter_mut().zip(&model.heads) {
        if let (LinearWiring::Trained { start, .. }, Some(dense)) = (&mut task.linear, &head.linear) {
            *start = dense.clone();
        }
    }
    tasks
}

#[test]
fn a_network_of_a_model_is_that_model_and_computes_what_it_computes() {
    for (net, tasks) in networks() {
        let model = net.to_float(&identity()).unwrap();
        let tasks = going_on(tasks, &model);
        let loaded = Net::of_model(&model, tasks.clone()).unwrap();
        assert_eq!(loaded.to_float(&identity()).unwrap(), model);
        compare(&loaded, &tasks);
    }
}

#[test]
fn a_model_that_does_not_fit_the_tasks_is_an_error() {
    let (net, tasks) = networks().remove(0);
    let model = net.to_float(&identity()).unwrap();
    let fits = |change: &dyn Fn(&mut FloatModel)| {
        let mut model = model.clone();
        change(&mut model);
        Net::of_model(&model, going_on(tasks.clone(), &model)).is_ok()
    };
    assert!(fits(&|_| ()));
    assert!(!fits(&|model| drop(model.heads.pop())));
    assert!(!fits(&|model| model.trunks[0].layers[1] = Dense::zeros(4, 6)));
    assert!(!fits(&|model| model.heads[1].head = Some(Dense::zeros(4, 0))));
    assert!(!fits(&|model| model.heads[1].head = Some(Dense::zeros(4, 5))));
}

#[test]
fn the_own_elements_of_a_task_are_the_layers_that_no_other_task_needs() {
    for (net, _) in networks() {
        let variables = net.variables();
        for task in 0..6 {
            let marks = net.own_elements(task);
            assert_eq!(
                marks.iter().map(Vec::len).collect::<Vec<_>>(),
                variables.iter().map(|(_, var)| var.elem_count()).collect::<Vec<_>>()
            );
            let model = net.to_float(&identity()).unwrap();
            let head = &model.heads[task];
            let own = head.hidden.iter().chain(&head.head).chain(head.reads.iter().map(|read| &read.dense));
            let trained = !matches!(net.tasks[task].linear, LinearWiring::Frozen(_));
            let own = own.chain(head.linear.iter().filter(|_| trained));
            let own: usize = own.map(|dense| dense.weight.len() + dense.bias.len()).sum();
            assert_eq!(marks.iter().flatten().filter(|mark| **mark).count(), own, "task {task}");
        }
        // Changed own elements change the layers of that task and of no other.
        let before = net.to_float(&identity()).unwrap();
        for ((_, var), marks) in variables.iter().zip(net.own_elements(4)) {
            let values = var.flatten_all().unwrap().to_vec1::<f32>().unwrap();
            let changed = values.iter().zip(marks).map(|(value, own)| if own { value + 1.0 } else { *value }).collect();
            var.set(&Tensor::from_vec::<_, f32>(changed, var.dims(), &Device::Cpu).unwrap()).unwrap();
        }
        let mut after = net.to_float(&identity()).unwrap();
        assert_ne!(after.heads[4], before.heads[4]);
        after.heads[4] = before.heads[4].clone();
        assert_eq!(after, before);
    }
}

#[test]
fn a_branch_reads_its_own_features_alone() {
    let net = Net::branched(FEATURES, &branches(), &[vec![7]], tasks(), 1.0, 3).unwrap();
    let mut model = net.to_float(&identity()).unwrap();
    model.trunks[0].branches[1].layers[0].weight.fill(0.0);
    let with = |last: f32| model.embedding(0, &[0.5, -1.0, 2.0, last, last]);
    assert_eq!(with(3.0), with(-7.0));
}

/// Checks that `net` and its plain model give the same outputs.
fn compare(net: &Net, tasks: &[TaskWiring]) {
    compare_on(&input(), &identity(), net, tasks);
}

/// The same on the rows `z`, which `normalization` leaves as they are.
fn compare_on(z: &Tensor, normalization: &Normalization, net: &Net, tasks: &[TaskWiring]) {
    let outputs = net.forward(z, z, &[]).unwrap().to_vec2::<f32>().unwrap();
    let model = net.to_float(normalization).unwrap();
    let rows = matrix(normalization.width(), &z.flatten_all().unwrap().to_vec1::<f32>().unwrap());
    for (row, graph) in outputs.iter().enumerate() {
        let mut at = 0;
        for (task, plain) in tasks.iter().zip(model.forward(rows.row(row))) {
            let frozen = match &task.linear {
                LinearWiring::Frozen(dense) => dense.apply(rows.row(row)),
                _ => vec![0.0; task.outputs],
            };
            for (plain, frozen) in plain.iter().zip(frozen) {
                let expected = (graph[at] + frozen) * task.target.sd + task.target.mean;
                assert!((plain - expected).abs() < 1e-4, "{}: {plain} {expected}", task.task);
                at += 1;
            }
        }
    }
}

#[test]
fn every_variable_gets_a_finite_gradient_in_every_configuration() {
    let singles = tasks().into_iter().chain(grouped()).map(|task| vec![task]);
    for tasks in singles.chain([tasks(), grouped(), cascade()]) {
        for trunk in [&[][..], &[6], &[6, 5, 4]] {
            if trunk.is_empty() && tasks.iter().any(|task| !task.reads.is_empty()) {
                continue; // Embeddings need a trunk.
            }
            let net = Net::new(FEATURES, &[trunk.to_vec(), trunk.to_vec()], tasks.clone(), 0.5, 1).unwrap();
            let z = input();
            let mut loss = net.forward(&z, &z, &[]).unwrap().sqr().unwrap().sum_all().unwrap();
            if let Some(penalty) = net.linear_penalty().unwrap() {
                loss = (loss + penalty).unwrap();
            }
            assert_eq!(net.is_trainable(), !net.variables().is_empty());
            if !net.is_trainable() {
                continue;
            }
            let gradients = loss.backward().unwrap();
            for (part, var) in net.variables() {
                let gradient = gradients.get(var).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
                assert!(gradient.iter().all(|g| g.is_finite()), "{part:?}");
                assert!(gradient.iter().any(|g| *g != 0.0), "{part:?} of trunk {trunk:?}");
            }
        }
    }
}

#[test]
fn a_trunk_that_no_task_reads_is_left_out() {
    let net = Net::new(FEATURES, &[vec![7]], tasks().drain(..1).collect(), 1.0, 1).unwrap();
    assert!(!net.is_trainable());
    let model = net.to_float(&identity()).unwrap();
    assert!(model.trunks[0].layers.is_empty() && model.heads[0].head.is_none());
}

#[test]
fn trained_linear_paths_start_at_the_closed_form() {
    let net = Net::new(FEATURES, &[vec![7]], tasks(), 1.0, 1).unwrap();
    let model = net.to_float(&identity()).unwrap();
    assert_eq!(model.heads[1].linear, Some(start(4)));
    assert_eq!(model.heads[4].linear, Some(start(1)));
    assert_eq!(model.heads[0].linear, Some(start(3)));
}

#[test]
fn the_linear_penalty_counts_only_the_tasks_that_ask_for_it() {
    let net = Net::new(FEATURES, &[vec![7]], tasks(), 1.0, 1).unwrap();
    let expected = 1e-3 * start(1).weight.iter().map(|w| w * w).sum::<f32>();
    let found = net.linear_penalty().unwrap().unwrap().to_scalar::<f32>().unwrap();
    assert!((found - expected).abs() < 1e-7);
}

#[test]
fn a_grouped_network_has_the_shapes_asked_for() {
    let net = Net::new(FEATURES, &[vec![7, 4], vec![9]], grouped(), 1.0, 3).unwrap();
    assert_eq!(net.trunk_widths().collect::<Vec<_>>(), [7, 4, 9]);
    let heads: Vec<_> = net.linear_heads().map(|heads| (heads.weights.dims().to_vec(), heads.blocks)).collect();
    assert_eq!(heads, [(vec![9, 1], vec![(3, OutputBlock { start: 0, len: 1 })])]);
    let model = net.to_float(&identity()).unwrap();
    let widths = |task: usize| model.heads[task].hidden.iter().map(|layer| layer.outputs).collect::<Vec<_>>();
    assert_eq!((widths(1), widths(2), widths(3), widths(4)), (vec![6], vec![5, 3], vec![], vec![4, 7, 3]));
    assert_eq!(model.heads.iter().map(|head| head.trunk).collect::<Vec<_>>(), [0, 1, 0, 1, 1, 0]);
    let variables: usize = net.variables().iter().map(|(_, var)| var.elem_count()).sum();
    // The frozen linear paths of 3 and 1 outputs are no variables.
    assert_eq!(model.parameter_count(), variables + 4 * (FEATURES + 1));
}

#[test]
fn reading_starts_at_nothing() {
    let outputs = |tasks| {
        let net = Net::new(FEATURES, &[vec![7, 4], vec![9]], tasks, 1.0, 3).unwrap();
        net.forward(&input(), &input(), &[]).unwrap().to_vec2::<f32>().unwrap()
    };
    assert_eq!(outputs(cascade()), outputs(grouped()));
}

#[test]
fn a_loss_of_the_reader_reaches_the_head_of_the_task_that_it_reads() {
    let mut tasks = vec![tasks()[2].clone(), tasks()[2].clone()];
    tasks[0].reads.push(ReadWiring { task: 1, of: ReadOf::Output });
    let net = Net::new(FEATURES, &[vec![6]], tasks, 1.0, 1).unwrap();
    let (_, read) = net.variables()[4];
    read.set(&Tensor::from_vec(vec![1.0f32], 1, &Device::Cpu).unwrap()).unwrap();
    let z = input();
    let reader = net.forward(&z, &z, &[]).unwrap().narrow(1, 0, 1).unwrap();
    let gradients = reader.sqr().unwrap().sum_all().unwrap().backward().unwrap();
    let heads = gradients.get(net.linear_heads().next().unwrap().weights).unwrap().to_vec2::<f32>().unwrap();
    assert!(heads.iter().any(|row| row[1] != 0.0));
}

#[test]
fn reads_of_what_is_not_there_and_circles_are_refused() {
    let refused = |change: &dyn Fn(&mut [TaskWiring])| {
        let mut tasks = cascade();
        change(&mut tasks);
        Net::new(FEATURES, &[vec![7, 4], vec![9]], tasks, 1.0, 3).is_err()
    };
    assert!(!refused(&|_| ()));
    assert!(refused(&|tasks| tasks[0].reads.push(ReadWiring { task: 6, of: ReadOf::Output })));
    assert!(refused(&|tasks| tasks[0].reads.push(ReadWiring { task: 3, of: ReadOf::Embedding })));
    assert!(refused(&|tasks| tasks[1].reads.push(ReadWiring { task: 2, of: ReadOf::Output })));
}

#[test]
fn a_head_on_a_trunk_that_is_not_there_is_refused() {
    assert!(Net::new(FEATURES, &[vec![7]], grouped(), 1.0, 3).is_err());
}
