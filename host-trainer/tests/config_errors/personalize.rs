//! `[personalize]`.

use super::{GROUPED, refusal};

#[test]
fn personal_heads_are_judged_within_groups_and_their_keys_make_sense() {
    let within = (GROUPED, "method = \"within\"\ngroup = \"run\"\nrows = 5");
    let section = |text: &'static str| ("[model]", text);
    let (key, problem, remedy) = refusal(&[section("[personalize]\nby = \"run\"\n[model]")]);
    assert!(
        key == "split.method" && problem.contains("not trained on") && remedy.contains("within"),
        "{key}: {problem}"
    );
    let cases = [
        ("by = \"machine\"", "personalize.by", "grouped by another column", "the same column"),
        ("by = \"run\"\nmin_rows = 1", "personalize.min_rows", "outside 2", "range"),
        ("by = \"run\"\nstrengths = []", "personalize.strengths", "0 strengths", "such as"),
        ("by = \"run\"\nstrengths = [0.1, 0.0]", "personalize.strengths[1]", "outside", "range"),
        ("by = \"run\"\nepsilon = 0.0", "personalize.epsilon", "outside", "range"),
        ("by = \"run\"\nalternations = 0", "personalize.alternations", "outside 1", "range"),
    ];
    for (keys, key, problem, remedy) in cases {
        let text = format!("[personalize]\n{keys}\n[model]");
        let (found, what, todo) = refusal(&[within, ("[model]", &text)]);
        assert_eq!(found, key, "{keys}: {what}");
        assert!(what.contains(problem) && todo.contains(remedy), "{keys}: {what}; {todo}");
    }
    let personal = section("[personalize]\nby = \"run\"\n[model]");
    let few = (GROUPED, "method = \"within\"\ngroup = \"run\"\nrows = 3");
    let (key, problem, _) = refusal(&[few, personal]);
    assert!(key == "split.rows" && problem.contains("takes 4"), "{key}: {problem}");
    for (from, to, key) in [
        ("classes = [\"no\", \"yes\"]", "classes = [\"no\", \"yes\"]\nreads = [{ task = \"wear\" }]", "tasks[2].reads"),
        ("epochs = 10", "epochs = 10\ncalibration = {}", "training.calibration"),
    ] {
        let (found, problem, remedy) = refusal(&[within, personal, (from, to)]);
        assert_eq!(found, key, "{problem}");
        assert!(remedy.contains("[personalize]"), "{problem}; {remedy}");
    }
}
