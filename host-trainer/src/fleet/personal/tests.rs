use super::*;
use crate::config;
use crate::data::TaskLabels;
use crate::features::FeatureMatrix;
use crate::train::{Silent, fit, fit_linear_baseline};

fn project() -> Project {
    let text = "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"within\"\ngroup = \"g\"\nrows = 8\n\
                [model]\nkind = \"linear\"\n[personalize]\nby = \"g\"\n[[channels]]\nname = \"a\"\n\
                [[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\ntarget = { column = \"y\" }\n\
                [[tasks]]\nname = \"c\"\nrole = \"other\"\nkind = \"binary\"\ntarget = { column = \"c\" }\nclasses = [\"0\", \"1\"]\n";
    config::parse(text, "t.toml").unwrap()
}

/// Five groups of ten rows whose slope on the only feature is the group's own sign; a sixth with a single row.
fn data() -> (FeatureMatrix, Vec<TaskLabels>, Vec<u32>) {
    let rows = 51;
    let x = |row: usize| ((row * 7 % 10) as f32 - 4.5) / 3.0;
    let group = |row: usize| (row / 10) as u32;
    let sign = |row: usize| if group(row) % 2 == 0 { 1.0 } else { -1.0 };
    let features = FeatureMatrix {
        rows,
        columns: 1,
        names: vec!["a".into()],
        data: (0..rows).map(x).collect(),
        blocks: Vec::new(),
    };
    let values = (0..rows).map(|row| Some(sign(row) * x(row) + 3.0 * group(row) as f32)).collect();
    let classes = (0..rows).map(|row| Some(u16::from(sign(row) * x(row) > 0.0))).collect();
    let tasks = vec![
        TaskLabels::sample("y", TaskKind::Regression, 0, Labels::Values(values)),
        TaskLabels::sample("c", TaskKind::Binary, 2, Labels::Classes(classes)),
    ];
    (features, tasks, (0..rows).map(group).collect())
}

#[test]
fn each_group_gets_its_own_slope_and_a_group_too_small_the_shared_head() {
    let project = project();
    let (features, labels, groups) = data();
    let rows: Vec<usize> = (0..51).collect();
    let tasks = project.tasks.iter().zip(&labels).map(|(config, labels)| Task { config, labels }).collect();
    let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
    let shared = fit_linear_baseline(&project, &set, 1).unwrap();
    let config = project.personalize.clone().unwrap();
    let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
    let beside = Shared { model: &shared, unseen: &unseen };
    for sharing in [Sharing::Related, Sharing::Separate] {
        let heads = personalize(&project, &config, beside, &set, &groups, sharing, 1);
        assert_eq!(heads.tasks[0].groups.keys().copied().collect::<Vec<_>>(), [0, 1, 2, 3, 4]);
        assert_eq!(heads.model(&shared, 5), None);
        assert_eq!(heads.model(&shared, 77), None);
        for group in 0..5 {
            let model = heads.model(&shared, group).unwrap();
            let sign = if group % 2 == 0 { 1.0 } else { -1.0 };
            let answers = model.forward(&[1.0]);
            assert!((answers[0][0] - (sign + 3.0 * group as f32)).abs() < 0.05, "{sharing:?} {group}: {answers:?}");
            assert!(answers[1][0] * sign > 0.0, "{sharing:?} {group}: {answers:?}");
        }
        let again = personalize(&project, &config, beside, &set, &groups, sharing, 1);
        assert_eq!(heads, again);
    }
}

#[test]
fn where_no_group_has_rows_enough_all_keep_the_shared_head() {
    let project = project();
    let (features, labels, groups) = data();
    let rows: Vec<usize> = (0..51).collect();
    let tasks = project.tasks.iter().zip(&labels).map(|(config, labels)| Task { config, labels }).collect();
    let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
    let shared = fit_linear_baseline(&project, &set, 1).unwrap();
    let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
    let beside = Shared { model: &shared, unseen: &unseen };
    let config = PersonalizeConfig { min_rows: 11, ..project.personalize.clone().unwrap() };
    let heads = personalize(&project, &config, beside, &set, &groups, Sharing::Related, 1);
    assert!(heads.tasks.iter().all(|task| task.strength.is_none() && task.groups.is_empty()));
    assert_eq!(heads.model(&shared, 0), None);
}

/// The network answers all rows rightly; those that stand in for it are trained with the one far value or without it, on scales of their
/// own.
#[test]
fn answers_of_networks_with_other_scales_leave_nothing_to_correct() {
    let text = "name = \"t\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"within\"\ngroup = \"g\"\nrows = 8\n\
                [model]\ntrunk = [4]\n[training]\nepochs = 2\nearly_stopping.validation = 0.0\n[personalize]\nby = \"g\"\n\
                [[channels]]\nname = \"a\"\n[[tasks]]\nname = \"y\"\nrole = \"other\"\nkind = \"regression\"\n\
                target = { column = \"y\" }\nlinear = { mode = \"frozen\" }\n";
    let project = config::parse(text, "t.toml").unwrap();
    let (mut features, ..) = data();
    features.data[3] = 8.0;
    let truth = |x: f32| 50.0 + x;
    let values = features.data.iter().map(|x| Some(truth(*x))).collect();
    let labels = TaskLabels::sample("y", TaskKind::Regression, 0, Labels::Values(values));
    let groups: Vec<u32> = (0..51).map(|row| row / 10).collect();
    let rows: Vec<usize> = (0..51).collect();
    let tasks = vec![Task { config: &project.tasks[0], labels: &labels }];
    let set = TrainingSet { features: &features, tasks, rows: &rows, units: None, weights: None };
    let shared = fit(&project, &set, project.trunk(), 1, &Silent).unwrap().model;
    let unseen = UnseenAnswers::new(&project, &set, 1).unwrap();
    let beside = Shared { model: &shared, unseen: &unseen };
    let config = project.personalize.clone().unwrap();
    for sharing in [Sharing::Related, Sharing::Pooled] {
        let heads = personalize(&project, &config, beside, &set, &groups, sharing, 1);
        for model in (0..5).map(|group| heads.model(&shared, group).unwrap_or_else(|| shared.clone())) {
            for x in [-1.0, 0.0, 1.0] {
                let answer = model.forward(&[x])[0][0];
                assert!((answer - truth(x)).abs() < 0.01, "{sharing:?} {x}: {answer}");
            }
        }
    }
}
