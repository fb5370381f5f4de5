//! The sources of the program as text, for rules that the compiler does not know.

use std::path::{Path, PathBuf};

fn collect(folder: &Path, ending: &str, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, ending, found);
        } else if path.extension().is_some_and(|own| own == ending) {
            found.push(path);
        }
    }
}

/// Every file below `src/`, with its path there.
pub(crate) fn files() -> Vec<(String, String)> {
    below("src", "rs")
}

/// Every file with this ending below a folder of the project, with its path
/// there.
pub(crate) fn below(folder: &str, ending: &str) -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    collect(&root, ending, &mut found);
    let read = |path: &PathBuf| {
        let name = path.strip_prefix(&root).unwrap().to_str().unwrap();
        (name.to_owned(), std::fs::read_to_string(path).unwrap())
    };
    found.iter().map(read).collect()
}

/// The module of the crate that a file belongs to.
pub(crate) fn top(name: &str) -> &str {
    name.split(['/', '.']).next().unwrap()
}
