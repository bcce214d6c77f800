//! Searches: killed and resumed, shared by two processes, under limits, nested.

mod command;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use command::{assert_code, entries, json, run, stderr, stdout, trunkline, write_project};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rusqlite::Connection;
use serde_json::Value;
use trunkline_trainer::config::{self, TuneConfig};
use trunkline_trainer::data::{self, Labels, split};
use trunkline_trainer::tune::{self, Study};

/// Kills of the killed search.
const KILLS: usize = 10;

/// A plant project whose search takes a few seconds.
fn project(folder: &Path, trials: usize) -> String {
    let config = write_project(folder, 60);
    let mut project = config::load(Path::new(&config)).unwrap();
    project.tune = Some(TuneConfig { trials, inner_folds: 2, ..TuneConfig::default() });
    fs::write(&config, project.to_toml().unwrap()).unwrap();
    config
}

/// The arguments of a search on the study `study` of `folder`.
fn arguments(config: &str, folder: &Path, study: &str) -> Vec<String> {
    let study = folder.join(study).to_str().unwrap().to_owned();
    ["tune", "--config", config, "--study", &study, "--json"].map(str::to_owned).to_vec()
}

fn tune(arguments: &[String]) -> Value {
    let output = run(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    assert_code(&output, 0);
    json(&output)["tuning"].take()
}

/// Starts a search and waits until it searches.
fn start(arguments: &[String]) -> Child {
    let mut child = trunkline().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stderr.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line.contains("searching")), "it never searched");
    child
}

/// What a search has found, but for how it came about.
fn found(mut tuning: Value) -> Value {
    tuning["taken_over"].take();
    tuning
}

/// (evaluations, those done, attempts at them, processes that did them) of a study.
fn evaluations(study: &Path) -> (usize, usize, usize, usize) {
    let query = "SELECT count(*), coalesce(sum(state IN ('done', 'failed')), 0), coalesce(sum(attempts), 0), count(DISTINCT owner) FROM evaluations";
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?));
    Connection::open(study).unwrap().query_row(query, [], row).unwrap()
}

#[test]
fn a_search_killed_ten_times_and_one_shared_by_two_processes_end_as_an_undisturbed_one() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = project(folder, 12);
    let undisturbed = tune(&arguments(&config, folder, "undisturbed.sqlite"));
    assert_eq!(undisturbed["trials"].as_array().unwrap().len(), 12);
    assert_eq!(undisturbed["taken_over"], 0);
    let expected = undisturbed["evaluations"].as_u64().unwrap() as usize;

    let mut killed = arguments(&config, folder, "killed.sqlite");
    killed.extend(["--lease", "1", "--threads", "1"].map(str::to_owned));
    let mut random = ChaCha8Rng::seed_from_u64(10);
    let study = folder.join("killed.sqlite");
    for kill in 0..KILLS {
        let mut child = start(&killed);
        // After up to three more fits, in the midst of whatever comes then.
        let wanted = evaluations(&study).1 + random.random_range(0..4);
        while evaluations(&study).1 < wanted && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        std::thread::sleep(Duration::from_millis(random.random_range(0..30)));
        assert!(child.try_wait().unwrap().is_none(), "it ended before kill {kill}");
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let done = evaluations(&study).1;
    assert!(0 < done && done < expected, "{done} of {expected} fits were done before the last kill");
    let resumed = tune(&killed);
    assert_eq!(found(resumed), found(undisturbed.clone()));

    let mut shared = arguments(&config, folder, "shared.sqlite");
    shared.extend(["--threads", "1", "--lease", "600"].map(str::to_owned));
    let (one, two) = (start(&shared), start(&shared));
    for child in [one, two] {
        let output = child.wait_with_output().unwrap();
        assert_code(&output, 0);
        assert_eq!(found(json(&output)["tuning"].take()), found(undisturbed.clone()));
    }
    assert_eq!(evaluations(&folder.join("shared.sqlite")), (expected, expected, expected, 2));

    // A finished study answers at once.
    assert_eq!(tune(&shared), undisturbed);
}

#[test]
fn the_best_settings_are_written_as_a_project_that_trains() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = project(folder, 4);
    let out = folder.join("tuned");
    let study = folder.join("study.sqlite");
    let arguments = [
        "tune",
        "--config",
        &config,
        "--study",
        study.to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
        "--threads",
        "2",
    ];
    let output = run(&arguments);
    assert_code(&output, 0);
    let text = stdout(&output);
    assert!(text.contains("score") && text.contains("weights B") && text.contains("Best:"), "{text}");
    assert_eq!(entries(&out), ["project.toml", "report.html", "tune.json"]);
    assert!(fs::read_to_string(out.join("report.html")).unwrap().contains("<svg"));
    let tuning: tune::Found = serde_json::from_slice(&fs::read(out.join("tune.json")).unwrap()).unwrap();
    assert!(tuning.pareto.contains(&tuning.best));
    let written = config::load(&out.join("project.toml")).unwrap();
    let searched = config::load(Path::new(&config)).unwrap();
    let data = written.tune.as_ref().and_then(|tune| tune.chosen_on.clone()).expect("says on which data");
    assert!(written.is_chosen_on(&data) && !searched.is_chosen_on(&data));
    assert_eq!(written, tuning.best_project(&searched, &data).unwrap());
    let overlaid = |trial: &tune::TrialRecord| searched.overlaid(&trial.overlay, "trial").unwrap();
    assert!(tuning.trials.iter().skip(1).all(|trial| overlaid(trial) != searched));

    // The same study with another project or other settings of the search.
    let text = fs::read_to_string(&config).unwrap();
    for (from, to, expected) in
        [("epochs = 60", "epochs = 50", "another project file"), ("eta = 3", "eta = 2", "other settings of the search")]
    {
        assert!(text.contains(from), "{from} not in {text}");
        let changed = folder.join("changed.toml");
        fs::write(&changed, text.replacen(from, to, 1)).unwrap();
        let output = run(&["tune", "--config", changed.to_str().unwrap(), "--study", study.to_str().unwrap()]);
        assert_code(&output, 2);
        assert!(stderr(&output).contains(expected) && stderr(&output).contains("--study"), "{}", stderr(&output));
    }
}

#[test]
fn limits_are_kept_before_anything_is_trained() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = project(folder, 5);
    let limited = |limit: u64| {
        let mut project = config::load(Path::new(&config)).unwrap();
        project.tune.as_mut().unwrap().max_weights_bytes = Some(limit);
        let path = folder.join(format!("limited{limit}.toml"));
        fs::write(&path, project.to_toml().unwrap()).unwrap();
        arguments(path.to_str().unwrap(), folder, &format!("limited{limit}.sqlite"))
    };
    let free = tune(&arguments(&config, folder, "free.sqlite"));
    let bytes = |trial: &Value| trial["footprint"]["weights_bytes"].as_u64().unwrap();
    let trials = free["trials"].as_array().unwrap().iter().map(bytes);
    let (least, project_itself) = (trials.min().unwrap(), bytes(&free["trials"][0]));
    assert!(least < project_itself);

    let tuning = tune(&limited(project_itself - 1));
    let trials = tuning["trials"].as_array().unwrap();
    assert_eq!(trials.len(), 5);
    assert!(trials[0]["failure"].as_str().unwrap().contains("exceeds tune.max_weights_bytes"), "{}", trials[0]);
    assert!(trials[0]["score"].is_null() && trials[0]["rung"] == 0);
    assert!(trials.iter().skip(1).all(|trial| bytes(trial) < project_itself && trial["score"].is_f64()));
    assert_ne!(tuning["best"], 0);

    let output = run(&limited(100).iter().map(String::as_str).collect::<Vec<_>>());
    assert_code(&output, 3);
    assert!(stderr(&output).contains("exceeds tune.max_weights_bytes = 100"), "{}", stderr(&output));
}

#[test]
fn a_file_that_is_no_study_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let config = project(folder, 4);
    let letter = folder.join("letter.txt");
    fs::write(&letter, "dear ".repeat(500)).unwrap();
    let output = run(&["tune", "--config", &config, "--study", letter.to_str().unwrap()]);
    assert_code(&output, 2);
    assert!(stderr(&output).contains("letter.txt is no study"), "{}", stderr(&output));
    assert_eq!(fs::read_to_string(&letter).unwrap(), "dear ".repeat(500));
}

#[test]
fn a_nested_search_chooses_without_the_labels_that_judge_it() {
    let folder = tempfile::tempdir().unwrap();
    let config = project(folder.path(), 4);
    let mut project = config::load(Path::new(&config)).unwrap();
    project.training.epochs = 8;
    let mut dataset = data::load(&project, None).unwrap();
    let odd = (0..dataset.rows).map(|row| row % 2 == 1).collect();
    dataset.subsets.push(data::Subset { name: "odd rows".to_owned(), rows: odd });
    let nested = |dataset: &data::Dataset| {
        tune::nested(&project, dataset, &Study::in_memory().unwrap(), &tune::Unobserved).unwrap()
    };
    let first = nested(&dataset);
    assert_eq!((first.chosen.len(), first.tasks.len()), (2, dataset.tasks.len()));
    for task in &first.tasks {
        assert!(!task.nested.is_empty() && task.nested.keys().eq(task.project_itself.keys()), "{}", task.name);
        assert!(task.nested.keys().eq(task.nested_f32.keys()) && task.nested != task.nested_f32, "{}", task.name);
        let odd = &task.subsets["odd rows"];
        assert!(odd.keys().eq(task.nested.keys()) && *odd != task.nested, "{}", task.name);
    }

    // The labels of one fold's test rows reversed: that fold chooses as before and scores otherwise.
    let rows = &split::folds(&project, &dataset, project.training.seeds[0]).unwrap()[0].test;
    for task in &mut dataset.tasks {
        match &mut task.labels {
            Labels::Classes(labels) => reverse(labels, rows),
            Labels::Values(labels) => reverse(labels, rows),
        }
    }
    let second = nested(&dataset);
    assert_eq!(second.chosen[0], first.chosen[0]);
    assert_ne!(second.tasks, first.tasks);
}

fn reverse<T: Clone>(labels: &mut [T], rows: &[usize]) {
    let reversed: Vec<T> = rows.iter().rev().map(|row| labels[*row].clone()).collect();
    rows.iter().zip(reversed).for_each(|(row, label)| labels[*row] = label);
}
