//! How a path that is being typed goes on.

use std::fs;
use std::path::{MAIN_SEPARATOR, Path};

/// The path with its last part completed as far as all names agree that begin with it.
pub(super) fn completed(path: &str) -> String {
    let (folder, begun) = path
        .rsplit_once(MAIN_SEPARATOR)
        .map_or(("", path), |(_, begun)| (path.get(..path.len() - begun.len()).unwrap_or_default(), begun));
    let place = if folder.is_empty() { Path::new(".") } else { Path::new(folder) };
    // What cannot be listed cannot be completed.
    let Ok(entries) = fs::read_dir(place) else { return path.to_owned() };
    let names: Vec<String> = entries
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok().filter(|name| name.starts_with(begun))?;
            let is_hidden = name.starts_with('.') && !begun.starts_with('.');
            let end = if entry.path().is_dir() { MAIN_SEPARATOR.to_string() } else { String::new() };
            (!is_hidden).then(|| format!("{name}{end}"))
        })
        .collect();
    let Some(first) = names.first() else { return path.to_owned() };
    let common = first
        .char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .take_while(|end| names.iter().all(|name| name.get(..*end) == first.get(..*end)))
        .last();
    format!("{folder}{}", common.and_then(|end| first.get(..end)).unwrap_or(begun))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_completed_as_far_as_names_agree() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["trace-1.pcap", "trace-2.pcap", "other", ".hidden"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        fs::create_dir(folder.path().join("inner")).unwrap();
        let base = format!("{}/", folder.path().display());
        for (typed, expected) in [
            ("t", "trace-"),
            ("trace-2", "trace-2.pcap"),
            ("in", "inner/"),
            ("zzz", "zzz"),
            (".h", ".hidden"),
        ] {
            assert_eq!(completed(&format!("{base}{typed}")), format!("{base}{expected}"));
        }
        assert_eq!(completed("/no/such/folder/x"), "/no/such/folder/x");
    }
}
