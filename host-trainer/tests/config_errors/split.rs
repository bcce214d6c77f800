//! `[split]`.

use super::{GROUPED, check, error, refusal};

#[test]
fn the_split_is_checked() {
    check(&[
        ("folds = 5", "folds = 1", "split.folds", "1 folds", "at least 2"),
        (
            "group = \"run\"\nfolds = 5",
            "column = \"f\"\ngroup = \"run\"\nfolds = 5",
            "split.column",
            "only read with",
            "\"folds\"",
        ),
    ]);
    check(&[(
        "method = \"grouped\"\ngroup = \"run\"",
        "group = \"run\"\nmethod = \"random\"",
        "split.group",
        "parts the rows of a group",
        "choose method = \"grouped\", or remove the key",
    )]);
    assert_eq!(error("group = \"run\"\n", "").0.key, "split.group");
    assert_eq!(error("method = \"grouped\"", "method = \"folds\"").0.key, "split.column");
}

#[test]
fn a_split_within_groups_says_which_rows_train() {
    let cases = [
        ("method = \"within\"\nrows = 5", "split.group", "needs the column of groups", "add group"),
        ("method = \"within\"\ngroup = \"run\"", "split.share", "either the share or the number", "rows = 10"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\nshare = 0.1", "split.share", "either", "share = 0.1"),
        ("method = \"within\"\ngroup = \"run\"\nshare = 1.0", "split.share", "outside", "range"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 0", "split.rows", "outside", "range"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\nleast = 2", "split.least", "only read", "split.share"),
        ("method = \"within\"\ngroup = \"run\"\nrows = 5\ncolumn = \"f\"", "split.column", "only read", "folds"),
        ("method = \"grouped\"\ngroup = \"run\"\nshare = 0.1", "split.share", "only read", "within"),
        ("method = \"grouped\"\ngroup = \"run\"\nrows = 5", "split.rows", "only read", "within"),
        ("method = \"grouped\"\ngroup = \"run\"\nleast = 5", "split.least", "only read", "within"),
    ];
    for (split, key, problem, remedy) in cases {
        let (found, what, todo) = refusal(&[(GROUPED, split)]);
        assert_eq!(found, key, "{split}: {what}");
        assert!(what.contains(problem) && todo.contains(remedy), "{split}: {what}; {todo}");
    }
}
