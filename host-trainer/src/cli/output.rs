//! The output folder, whole or not at all.
//!
//! Nothing is written while a command works. At its end every file goes into a hidden sibling folder, is flushed to disk, and
//! one rename puts the folder in place: a run that is killed leaves `--out` as it was. An earlier result there is exchanged
//! atomically where the system can (Linux, macOS) and removed afterwards.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use trunkline_trainer::artifact::{sync_folder, write_atomically};

use super::exit::Exit;
use super::failure::Failure;

/// Files of a training's result; a folder that holds others is never replaced.
const TRAINING_FILES: [&str; 6] = [MODEL, METRICS, REPORT, PROJECT, WEIGHTS, FLEET];
/// Files of a search's result, likewise.
pub(crate) const TUNING_FILES: [&str; 4] = [TUNING, NESTED, REPORT, PROJECT];
/// The artifact.
pub(crate) const MODEL: &str = "model.tlm";
/// The measured figures.
pub(crate) const METRICS: &str = "metrics.json";
/// The page for people.
pub(crate) const REPORT: &str = "report.html";
/// The project as it was run, defaults filled in.
pub(crate) const PROJECT: &str = "project.toml";
/// The float weights.
pub(crate) const WEIGHTS: &str = "model.safetensors";
/// What a search has found.
pub(crate) const TUNING: &str = "tune.json";
/// The nested scores of a search.
pub(crate) const NESTED: &str = "nested.json";
/// The artifacts of groups that have heads of their own (projects with `[personalize]`).
pub(crate) const FLEET: &str = "personal.tlf";

/// Files of a new task's model, likewise.
pub(crate) const ADAPT_FILES: [&str; 4] = [MODEL, WEIGHTS, PROJECT, ADAPT];
/// What the new task's head reads, or the learning curve.
pub(crate) const ADAPT: &str = "adapt.json";

/// Files of a comparison, likewise.
pub(crate) const COMPARISON_FILES: [&str; 2] = [COMPARISON, COMPARISON_REPORT];
/// The figures of a comparison of methods.
pub(crate) const COMPARISON: &str = "compare.json";
/// The page about it.
pub(crate) const COMPARISON_REPORT: &str = "compare.html";

/// Most folders that are tried beside one that cannot be replaced.
const MOST_BESIDE: usize = 999;

/// Where a result is.
#[derive(Debug)]
pub(crate) struct Placed {
    /// The folder, absolute.
    pub(crate) folder: PathBuf,
    /// What did not go as asked, though the result is whole.
    pub(crate) warning: Option<String>,
}

/// A checked place for a result.
#[derive(Debug)]
pub(crate) struct Output {
    folder: PathBuf,
    parent: PathBuf,
    name: String,
    /// Names of files that an earlier result consists of.
    known: &'static [&'static str],
}

impl Output {
    /// Checks that `folder` can take a training's result, see [`Output::prepare_for`].
    pub(crate) fn prepare(folder: &Path) -> Result<Self, Failure> {
        Self::prepare_for(folder, &TRAINING_FILES)
    }

    /// Checks that `folder` can take a result of the files `known`, before any work is done: it must be absent, empty, or hold an
    /// earlier such result and nothing else; its parent is made if need be and must be writable.
    pub(crate) fn prepare_for(folder: &Path, known: &'static [&'static str]) -> Result<Self, Failure> {
        let refused = |why: &str| refused(folder, why);
        let absolute = std::path::absolute(folder).map_err(|error| refused("not a usable path").because(error))?;
        let (Some(parent), Some(name)) = (absolute.parent(), absolute.file_name()) else {
            return Err(refused("not a folder that can be replaced"));
        };
        check_replaceable(&absolute, known)?;
        let (parent_folder, name) = (parent.to_path_buf(), name.to_string_lossy().into_owned());
        let output = Self { parent: parent_folder, name, folder: absolute.clone(), known };
        fs::create_dir_all(parent)
            .and_then(|()| output.sibling().and_then(TempDir::close))
            .map_err(|error| refused("cannot be written").because(error))?;
        Ok(output)
    }

    /// Writes all files and puts the folder in place, or beside it (`DIR-1`, `DIR-2` ...) if it cannot be replaced any more: hours may
    /// have passed, in which something else was put there. On an error the folder is as it was.
    pub(crate) fn commit(&self, files: &[(&str, &[u8])]) -> Result<Placed, Failure> {
        self.write(files).map_err(|error| {
            Failure::inside(&format!("write the result to {}", self.folder.display()), error)
                .remedy("the folder is as it was; make space or choose another --out")
        })
    }

    fn write(&self, files: &[(&str, &[u8])]) -> io::Result<Placed> {
        let partial = self.sibling()?;
        for (name, content) in files {
            write_atomically(&partial.path().join(name), content).map_err(io::Error::other)?;
        }
        let mut placed = Placed { folder: self.folder.clone(), warning: None };
        if let Err(reason) = check_replaceable(&self.folder, self.known) {
            placed.folder = self.beside()?;
            placed.warning = Some(format!("{reason}; the result is in {} instead", placed.folder.display()));
        }
        if placed.folder.exists() {
            let earlier = exchange(partial.path(), &placed.folder)?;
            // The earlier result goes only when the new one is there to stay.
            sync_folder(&self.parent)?;
            placed.warning = remove_earlier(&earlier);
        } else {
            fs::rename(partial.path(), &placed.folder)?;
            sync_folder(&self.parent)?;
        }
        let _moved = partial.keep();
        Ok(placed)
    }

    /// A name beside the folder that is not taken.
    fn beside(&self) -> io::Result<PathBuf> {
        let mut names = (1..=MOST_BESIDE).map(|number| self.parent.join(format!("{}-{number}", self.name)));
        let free =
            |path: &PathBuf| fs::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound);
        names.find(free).ok_or_else(|| io::Error::other(format!("{MOST_BESIDE} folders beside it are taken as well")))
    }

    fn sibling(&self) -> io::Result<TempDir> {
        let prefix = format!(".{}.partial-", self.name);
        let mut builder = tempfile::Builder::new();
        builder.prefix(&prefix);
        #[cfg(unix)]
        {
            // Readable like any folder that the user makes: the umask still applies.
            use std::os::unix::fs::PermissionsExt;
            builder.permissions(fs::Permissions::from_mode(0o777));
        }
        builder.tempdir_in(&self.parent)
    }
}

fn refused(folder: &Path, why: &str) -> Failure {
    Failure::new(Exit::Usage, format!("--out {}: {why}", folder.display()))
        .remedy("give a folder that does not exist yet, is empty, or holds an earlier trunkline result")
}

/// Refuses what is no folder, and a folder that holds anything but an earlier result.
fn check_replaceable(folder: &Path, known: &[&str]) -> Result<(), Failure> {
    let refused = |why: &str| refused(folder, why);
    match fs::symlink_metadata(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused("cannot be looked at").because(error)),
        Ok(found) if !found.is_dir() => return Err(refused("exists and is not a folder")),
        Ok(_) => {
            let entries = fs::read_dir(folder).map_err(|error| refused("cannot be listed").because(error))?;
            for entry in entries {
                let name = entry.map_err(|error| refused("cannot be listed").because(error))?.file_name();
                if !known.iter().any(|known| name == *known) {
                    let name = name.to_string_lossy().into_owned();
                    return Err(refused(&format!("holds '{name}', which is no part of a result")));
                }
            }
        }
    }
    Ok(())
}

/// Removes the earlier result; gives a warning where it cannot, for the new one is in place.
fn remove_earlier(folder: &Path) -> Option<String> {
    let error = fs::remove_dir_all(folder).err()?;
    Some(format!("the earlier result cannot be removed from {}: {error}; remove it by hand", folder.display()))
}

/// Puts the folder `one` in the place of `other` in one step, or in two renames where the file system knows no such step; gives the
/// place where what was `other` is now. On an error both are as they were.
fn exchange(one: &Path, other: &Path) -> io::Result<PathBuf> {
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        if renameat_with(CWD, one, CWD, other, RenameFlags::EXCHANGE).is_ok() {
            return Ok(one.to_path_buf());
        }
    }
    let aside = one.with_extension("previous");
    fs::rename(other, &aside)?;
    if let Err(error) = fs::rename(one, other) {
        fs::rename(&aside, other)?;
        return Err(error);
    }
    Ok(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_result_appears_whole_and_replaces_an_earlier_one() {
        let base = tempfile::tempdir().unwrap();
        let out = base.path().join("new/result");
        let output = Output::prepare(&out).unwrap();
        assert!(!out.exists(), "nothing is made before the end");
        output.commit(&[(MODEL, b"one"), (METRICS, b"{}")]).unwrap();
        assert_eq!(entries(&out), [METRICS, MODEL]);

        Output::prepare(&out).unwrap().commit(&[(MODEL, b"two")]).unwrap();
        assert_eq!(entries(&out), [MODEL]);
        assert_eq!(fs::read(out.join(MODEL)).unwrap(), b"two");
        assert_eq!(entries(out.parent().unwrap()), ["result"], "no partial folder is left");
    }

    #[test]
    fn an_empty_folder_is_taken() {
        let base = tempfile::tempdir().unwrap();
        Output::prepare(base.path()).unwrap().commit(&[(MODEL, b"x")]).unwrap();
        assert_eq!(entries(base.path()), [MODEL]);
    }

    #[test]
    fn a_folder_with_foreign_files_is_refused_and_untouched() {
        let base = tempfile::tempdir().unwrap();
        fs::write(base.path().join("thesis.doc"), "dear").unwrap();
        let failure = Output::prepare(base.path()).unwrap_err();
        assert!(failure.to_string().contains("thesis.doc"), "{failure}");
        assert_eq!(entries(base.path()), ["thesis.doc"]);
    }

    #[test]
    fn what_was_put_into_the_folder_meanwhile_is_not_removed() {
        let base = tempfile::tempdir().unwrap();
        let out = base.path().join("out");
        let output = Output::prepare(&out).unwrap();
        fs::create_dir(&out).unwrap();
        fs::write(out.join("notes.txt"), "mine").unwrap();
        fs::write(base.path().join("out-1"), "taken").unwrap();
        let placed = output.commit(&[(MODEL, b"x")]).unwrap();
        assert_eq!(entries(&out), ["notes.txt"]);
        assert_eq!(placed.folder, base.path().join("out-2"), "the result is not lost");
        assert_eq!(fs::read(placed.folder.join(MODEL)).unwrap(), b"x");
        let warning = placed.warning.unwrap();
        assert!(warning.contains("notes.txt") && warning.contains("out-2 instead"), "{warning}");
        assert_eq!(entries(base.path()), ["out", "out-1", "out-2"]);
    }

    #[test]
    fn an_earlier_result_that_cannot_be_removed_is_a_warning() {
        let base = tempfile::tempdir().unwrap();
        let [one, other] = ["one", "other"].map(|name| base.path().join(name));
        for folder in [&one, &other] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join(MODEL), folder.file_name().unwrap().as_encoded_bytes()).unwrap();
        }
        let earlier = exchange(&one, &other).unwrap();
        assert_eq!(fs::read(other.join(MODEL)).unwrap(), b"one");
        assert_eq!(fs::read(earlier.join(MODEL)).unwrap(), b"other");
        assert_eq!(remove_earlier(&earlier), None);
        // Gone: it cannot be removed again.
        assert!(remove_earlier(&earlier).unwrap().contains("remove it by hand"));
    }

    #[test]
    fn a_file_or_a_link_is_refused() {
        let base = tempfile::tempdir().unwrap();
        let file = base.path().join("file");
        fs::write(&file, "").unwrap();
        assert!(Output::prepare(&file).is_err());
        #[cfg(unix)]
        {
            let link = base.path().join("link");
            std::os::unix::fs::symlink(base.path(), &link).unwrap();
            assert!(Output::prepare(&link).is_err());
        }
    }

    #[test]
    fn a_failed_write_leaves_the_earlier_result() {
        let base = tempfile::tempdir().unwrap();
        let out = base.path().join("result");
        let output = Output::prepare(&out).unwrap();
        output.commit(&[(MODEL, b"one")]).unwrap();
        assert!(output.commit(&[(MODEL, b"two"), ("no/such/folder", b"two")]).is_err());
        assert_eq!(fs::read(out.join(MODEL)).unwrap(), b"one");
        assert_eq!(entries(base.path()), ["result"]);
    }
}
