//! A comparison of methods on data made up for the purpose: what it must find, and what it must not.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::model::{TaskKind, TaskRole};
use trunkline_trainer::compare::{Comparison, Plan, compare, label_markdown, markdown, method};
use trunkline_trainer::config::{self, Project};
use trunkline_trainer::data::{ChannelData, Dataset, DatasetChannel, Labels, TaskLabels};
use trunkline_trainer::evaluate::{Limits, TrainingCourse, Unobserved};
use trunkline_trainer::report::compare_page::compare_page;

const GROUPS: usize = 30;
const ROWS_A_GROUP: usize = 8;
const CHANNELS: usize = 4;

fn project_text() -> String {
    let channels = (0..CHANNELS).map(|channel| format!("[[channels]]\nname = \"c{channel}\"\nrange = [-5.0, 5.0]\n"));
    format!(
        "name = \"made up\"\n[data]\nloader = \"table\"\nfile = \"t.csv\"\n[split]\nmethod = \"grouped\"\nfolds = 3\ngroup = \"g\"\n{}\
         [[tasks]]\nname = \"first\"\nrole = \"other\"\nkind = \"regression\"\ntarget = {{ column = \"y\" }}\n\
         [[tasks]]\nname = \"second\"\nrole = \"other\"\nkind = \"binary\"\ntarget = {{ column = \"z\" }}\nclasses = [\"0\", \"1\"]\n\
         [model]\ntrunk = [6]\n[training]\nseeds = [1, 2]\nepochs = 12\n",
        channels.collect::<String>()
    )
}

fn project() -> Project {
    config::parse(&project_text(), "made_up.toml").expect("the project is sound")
}

/// Rows of groups, each with its own offset in every channel; `labels` gives both tasks' labels of a row from its channels and its
/// group's lot (a number below 1).
fn dataset(labels: impl Fn(&[f32], f32) -> (f32, u16)) -> Dataset {
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let rows = GROUPS * ROWS_A_GROUP;
    let (mut columns, mut values, mut classes) = (vec![Vec::new(); CHANNELS], Vec::new(), Vec::new());
    for _ in 0..GROUPS {
        let lot = random.random_range(0.0..1.0f32);
        let offsets: Vec<f32> = (0..CHANNELS).map(|_| random.random_range(-1.0..1.0)).collect();
        for _ in 0..ROWS_A_GROUP {
            let row: Vec<f32> = offsets.iter().map(|offset| offset + random.random_range(-0.5..0.5)).collect();
            columns.iter_mut().zip(&row).for_each(|(column, value)| column.push(*value));
            let (value, class) = labels(&row, lot);
            values.push(Some(value));
            classes.push(Some(class));
        }
    }
    let channel = |(index, values): (usize, Vec<f32>)| DatasetChannel {
        name: format!("c{index}"),
        unit: String::new(),
        rate_mhz: 0,
        samples: 1,
        data: ChannelData::Values(values),
    };
    let task = |name: &str, kind, class_names: &[&str], labels| TaskLabels {
        name: name.into(),
        role: TaskRole::Other,
        kind,
        unit: String::new(),
        class_names: class_names.iter().map(|name| (*name).to_owned()).collect(),
        labels,
    };
    Dataset {
        rows,
        window_ms: 0,
        channels: columns.into_iter().enumerate().map(channel).collect(),
        tasks: vec![
            task("first", TaskKind::Regression, &[], Labels::Values(values)),
            task("second", TaskKind::Binary, &["0", "1"], Labels::Classes(classes)),
        ],
        groups: Some((0..rows).map(|row| (row / ROWS_A_GROUP) as u32).collect()),
        group_names: (0..rows.div_ceil(ROWS_A_GROUP)).map(|group| group.to_string()).collect(),
        folds: None,
        subsets: Vec::new(),
        weights: None,
        hours: None,
        sha256: String::new(),
    }
}

fn compared(dataset: &Dataset, fractions: &[f64]) -> Comparison {
    let methods = ["no-relation", "no-noise"].map(|name| method(name).expect("a method of that name")).to_vec();
    let plan = Plan { methods, limits: Limits::default(), fractions: fractions.to_vec(), trees: 20 };
    compare(&project(), dataset, &plan, &Unobserved).expect("the comparison runs")
}

#[test]
fn labels_that_do_not_vary_within_groups_and_have_no_cause_are_called_unlearnable() {
    let comparison = compared(&dataset(|_, lot| (lot, u16::from(lot > 0.5))), &[]);
    assert!(comparison.findings[0].starts_with("Nothing is learnt from this data"), "{:#?}", comparison.findings);
    let told = "Every group bears one label of first and the split keeps groups whole: the evidence is 30 groups, not 240 rows.";
    assert!(comparison.findings.iter().any(|finding| finding == told), "{:#?}", comparison.findings);
    assert_eq!(comparison.constant_within_groups.len(), 2);
}

#[test]
fn what_can_be_learnt_is_told_with_intervals_and_repeats_itself() {
    let data = dataset(|row, lot| (row[0] - row[1] + 0.1 * lot, u16::from(row[2] + row[0] > 0.0)));
    let comparison = compared(&data, &[50.0, 100.0]);
    assert!(!comparison.findings[0].starts_with("Nothing is learnt"), "{:#?}", comparison.findings);
    assert!(comparison.constant_within_groups.is_empty());
    let joint = comparison.column("joint").expect("always there");
    assert!(joint.skill.iter().flatten().all(|skill| skill.is_above_zero()), "{:?}", joint.skill);
    let against = &joint.against["constant"];
    let delta_m = against.delta_m.expect("both errors are defined");
    assert!(delta_m.low.expect("30 units") <= delta_m.value && delta_m.value <= delta_m.high.expect("30 units"));
    assert_eq!((against.delta_m_of_folds.len(), against.delta_m_of_folds[0].len()), (2, 3), "paired per seed and fold");
    assert_eq!((comparison.units, comparison.unit.as_str(), comparison.folds), (GROUPS, "group", 3));
    assert_eq!((against.delta_m_tasks, against.simultaneous.len()), (2, 2));
    assert_eq!(comparison.skipped.len(), 1, "there is no noise to take away: {:?}", comparison.skipped);

    for name in ["single", "single_same_size", "joint"] {
        let courses = &comparison.column(name).expect("always there").training;
        let whole = |course: &TrainingCourse| (course.fits, course.most_epochs) == (6, 12) && course.epochs <= 12.0;
        assert!(courses.len() == 2 && courses.iter().all(|course| course.as_ref().is_some_and(whole)), "{courses:?}");
    }
    assert!(
        comparison.findings.iter().any(|finding| finding.contains("etworks of one task")),
        "{:#?}",
        comparison.findings
    );

    let [half, all] = comparison.label_shares.as_slice() else { panic!("two shares") };
    assert!(
        (1.7..=2.0).contains(&half.times_epochs) && all.times_epochs == 1.0,
        "as many steps: {}",
        half.times_epochs
    );
    assert!(half.training_rows < 0.6 * all.training_rows && all.training_rows == 160.0, "{}", half.training_rows);
    for trees in ["extra_trees", "boosting"] {
        let column = comparison.column(trees).expect("trees take part");
        assert!(column.skill.iter().flatten().all(|skill| skill.is_above_zero()), "{trees}: {:?}", column.skill);
        assert!(joint.against[trees].delta_m.expect("both errors are defined").low.is_some());
    }
    assert!(half.columns.iter().any(|column| column.name == "extra_trees"));
    assert_eq!(all.columns.last(), comparison.column("joint"), "all rows are the main comparison");

    let table = markdown(&comparison);
    let lines: Vec<&str> = table.lines().take_while(|line| line.starts_with('|')).collect();
    assert!(lines.iter().all(|line| line.matches('|').count() == lines[0].matches('|').count()), "{table}");
    assert!(table.contains("no-relation") && label_markdown(&comparison).is_some());
    assert!(compare_page(&comparison).expect("it can be drawn").contains("Where joining helps"));

    let again = compared(&data, &[50.0, 100.0]);
    assert_eq!(Comparison { seconds: 0.0, ..again }, Comparison { seconds: 0.0, ..comparison });
}

#[test]
fn a_single_unit_of_test_rows_gives_figures_and_no_verdict() {
    let mut data = dataset(|row, lot| (row[0] - row[1] + 0.1 * lot, u16::from(row[2] + row[0] > 0.0)));
    data.groups = None;
    data.group_names.clear();
    data.folds = Some((0..data.rows).map(|row| (row % 3) as u32).collect());
    let text =
        project_text().replace("method = \"grouped\"\nfolds = 3\ngroup = \"g\"", "method = \"folds\"\ncolumn = \"f\"");
    let project = config::parse(&text, "made_up.toml").expect("the project is sound");
    let methods = vec![method("no-relation").expect("a method of that name")];
    let limits = Limits { seeds: None, folds: Some(1) };
    let plan = Plan { methods, limits, fractions: Vec::new(), trees: 0 };
    let comparison = compare(&project, &data, &plan, &Unobserved).expect("the comparison runs");
    assert_eq!((comparison.units, comparison.unit.as_str(), comparison.draws), (1, "fold", 0));
    let findings = comparison.findings.join("\n");
    assert!(findings.starts_with("The evidence is 1 fold of test rows, too few for any interval"), "{findings}");
    assert!(!findings.contains("is learnt") && !findings.contains("ithin noise"), "{findings}");
    assert!(markdown(&comparison).contains("[no interval]") && markdown(&comparison).contains("too few for any"));
}

#[test]
fn personal_heads_take_no_part() {
    let data = dataset(|row, _| (row[0] - row[1], u16::from(row[2] + row[0] > 0.0)));
    let shared = project_text().replace("method = \"grouped\"\nfolds = 3", "method = \"within\"\nrows = 4");
    let text = shared.clone() + "[personalize]\nby = \"g\"\n";
    let plan = Plan { methods: Vec::new(), limits: Limits { seeds: Some(1), folds: None }, ..Plan::default() };
    let of = |text: &str| {
        let project = config::parse(text, "made_up.toml").expect("the project is sound");
        compare(&project, &data, &plan, &Unobserved).expect("the comparison runs")
    };
    let (with, without) = (of(&text), of(&shared));
    assert_eq!(with.columns, without.columns);
    assert_eq!(with.units, GROUPS, "rows of a group are one piece of evidence, wherever they are");
    assert!(with.personal_heads_left_out && !without.personal_heads_left_out);
    assert!(
        with.findings.iter().any(|finding| finding.contains("personal heads take no part")),
        "{:#?}",
        with.findings
    );
}
