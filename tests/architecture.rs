//! The habits of docs/ARCHITECTURE.md that can be read off the source: who may use whom, what the core does without, and
//! that the documentation names everything there is.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The rooms, each with those it may use: all of them lie to its left.
const ROOMS: [(&str, &[&str]); 24] = [
    ("model", &[]),
    ("capture", &["model"]),
    ("live", &["model", "capture"]),
    ("net", &["model"]),
    ("tcp", &["model"]),
    ("tls", &["model"]),
    ("keys", &["model", "capture", "tls"]),
    ("http2", &["model"]),
    ("ws", &["model"]),
    ("upgrade", &["model", "http2", "ws"]),
    ("http1", &["model", "ws", "upgrade"]),
    ("layers", &["model", "tls", "http2", "ws", "upgrade", "http1"]),
    ("findings", &["model", "tls", "http2", "ws", "upgrade"]),
    ("analyzer", &["model", "net", "tcp", "tls", "http2", "ws", "upgrade", "layers", "findings"]),
    ("pipeline", &["model", "capture", "net", "tls", "findings", "analyzer"]),
    ("filter", &["model", "tls", "ws", "upgrade", "findings"]),
    ("index", &["model", "tls", "ws", "upgrade", "findings", "analyzer"]),
    ("redact", &["model", "net", "tcp", "tls", "http2", "ws", "upgrade", "layers"]),
    ("report", &["model", "tls", "ws", "upgrade", "findings", "analyzer", "filter", "index", "redact"]),
    (
        "replay",
        &[
            "model", "capture", "net", "tcp", "tls", "http2", "ws", "upgrade", "findings", "analyzer",
            "pipeline", "index",
        ],
    ),
    ("fleet", &["model", "capture", "net", "upgrade", "findings", "report"]),
    ("telemetry", &["model", "live", "ws", "upgrade", "findings", "analyzer"]),
    (
        "tui",
        &["model", "capture", "ws", "upgrade", "findings", "analyzer", "filter", "index", "report", "replay"],
    ),
    (
        "cli",
        &[
            "model",
            "capture",
            "live",
            "tls",
            "keys",
            "ws",
            "upgrade",
            "findings",
            "analyzer",
            "pipeline",
            "filter",
            "redact",
            "report",
            "replay",
            "fleet",
            "telemetry",
            "tui",
        ],
    ),
];

/// The rooms that do no I/O, start no thread, read no clock and know nothing of the process they are in.
const CORE: [&str; 11] =
    ["model", "net", "tcp", "tls", "http2", "ws", "upgrade", "http1", "layers", "findings", "analyzer"];

/// What they therefore do not use. Addresses (`std::net::SocketAddr`) and durations are values.
const OUTSIDE: [&str; 22] = [
    "std::io",
    "std::fs",
    "std::env",
    "std::process",
    "std::thread",
    "std::sync::Mutex",
    "std::sync::RwLock",
    "std::sync::Condvar",
    "std::sync::Barrier",
    "std::sync::OnceLock",
    "std::sync::LazyLock",
    "std::sync::mpsc",
    "std::sync::atomic",
    "std::sync::*",
    "std::os",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::net::TcpStream",
    "std::net::TcpListener",
    "std::net::UdpSocket",
    "std::net::ToSocketAddrs",
    "std::net::*",
];

/// Macros that print.
const PRINTING: [&str; 5] = ["print!", "println!", "eprint!", "eprintln!", "dbg!"];

/// A file of the program.
struct Source {
    /// From the root of the repository.
    path: String,
    room: String,
    code: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn rust_files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                // What cargo builds in the workspace of the fuzz targets is nobody's source.
                if !path.ends_with("target") {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The files of the rooms, without comments: documentation may point anywhere.
fn sources() -> Vec<Source> {
    let files = rust_files("src");
    let sources = files.iter().filter_map(|path| {
        let inside = path.strip_prefix(root().join("src")).unwrap();
        let first = inside.iter().next().unwrap().to_str().unwrap();
        let room = first.trim_end_matches(".rs").to_owned();
        (room != "lib" && room != "main").then(|| Source {
            path: path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned(),
            room,
            code: without_comments(&fs::read_to_string(path).unwrap()),
        })
    });
    sources.collect()
}

fn without_comments(text: &str) -> String {
    let lines = text.lines().map(|line| {
        let code = line.find("// ").map_or(line, |at| &line[..at]);
        if line.trim_start().starts_with("//") { "" } else { code }
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path that begins with `start::`, with braces spelled out: `std::{fs, io}` is `std::fs` and `std::io`.
fn paths(code: &str, start: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let begin = format!("{start}::");
    for (at, _) in code.match_indices(&begin) {
        let before = code[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            // No tree of paths is longer than that.
            let tokens: Vec<&str> = tokens(&code[at..]).take(500).collect();
            tree(&tokens, &mut 0, String::new(), &mut found);
        }
    }
    found
}

/// Names and the signs that make up a path.
fn tokens(code: &str) -> impl Iterator<Item = &str> {
    let mut rest = code;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let is_name = |c: char| c.is_alphanumeric() || c == '_';
        let length = match first {
            ':' if rest.starts_with("::") => 2,
            c if is_name(c) => rest.find(|c| !is_name(c)).unwrap_or(rest.len()),
            c => c.len_utf8(),
        };
        let (token, behind) = rest.split_at(length);
        rest = behind;
        Some(token)
    })
}

/// Reads one path or tree of paths: `a::b`, `a::{b, c::d}`.
fn tree(tokens: &[&str], at: &mut usize, mut path: String, found: &mut BTreeSet<String>) {
    while let Some(token) = tokens.get(*at) {
        *at += 1;
        if *token == "{" {
            while !matches!(tokens.get(*at), None | Some(&"}")) {
                let before = *at;
                tree(tokens, at, path.clone(), found);
                *at += usize::from(tokens.get(*at) == Some(&",") || *at == before);
            }
            *at += 1;
            return;
        }
        path.push_str(token);
        if tokens.get(*at) != Some(&"::") {
            break;
        }
        path.push_str("::");
        *at += 1;
    }
    // Another name for it says nothing new.
    *at += if tokens.get(*at) == Some(&"as") { 2 } else { 0 };
    found.insert(path);
}

/// The rooms that `code` uses, by `crate::` in the library and by `wsight::` in the program.
fn rooms_used(code: &str) -> BTreeSet<String> {
    let all = ["crate", "wsight"].into_iter().flat_map(|start| paths(code, start));
    all.filter_map(|path| path.split("::").nth(1).map(ToOwned::to_owned)).collect()
}

#[test]
fn the_reader_of_paths_reads_paths() {
    let code = without_comments(
        "use std::{fs, net::{IpAddr, TcpStream}, io::{self, Write as _}};\n/// [`x`](crate::cli)\n\
         fn f() -> std::time::Duration { xstd::no(); } // not std::thread\nuse std::collections::*;",
    );
    let found: Vec<String> = paths(&code, "std").into_iter().collect();
    assert_eq!(
        found,
        [
            "std::collections::*",
            "std::fs",
            "std::io::Write",
            "std::io::self",
            "std::net::IpAddr",
            "std::net::TcpStream",
            "std::time::Duration"
        ]
    );
    assert!(rooms_used(&code).is_empty());
}

#[test]
fn arrows_point_left() {
    let mut wrong = Vec::new();
    let mut seen = BTreeSet::new();
    for Source { path, room, code } in sources() {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == room) else {
            panic!("{path} is in no room that tests/architecture.rs and docs/ARCHITECTURE.md know");
        };
        let strangers = rooms_used(&code).into_iter().filter(|used| {
            ROOMS.iter().any(|(name, _)| name == used) && *used != room && !allowed.contains(&used.as_str())
        });
        wrong.extend(strangers.map(|used| format!("{path} uses {used}")));
        seen.insert(room);
    }
    assert_eq!(wrong, [""; 0], "docs/ARCHITECTURE.md says which room may use which");
    assert_eq!(seen.len(), ROOMS.len(), "a room has no files: {seen:?}");
    // The table itself points left.
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for used in *allowed {
            assert!(ROOMS[..at].iter().any(|(name, _)| name == used), "{room} may use {used}");
        }
    }
}

/// Types whose methods fill several files: the file of the type, and its other parts, each of which is a subject of its
/// own. For the direction of imports they are one.
const PARTS: [(&str, &[&str]); 19] = [
    // Each layer's facts, as entries.
    (
        "analyzer/ledger",
        &["analyzer/facts", "analyzer/facts/ends", "analyzer/facts/settle", "analyzer/facts/tls"],
    ),
    // What kinds of findings weigh.
    ("findings/catalog", &["findings/catalog/weight"]),
    // Following the closing handshake, and judging it once it is over.
    ("findings/close/handshake", &["findings/close/judge"]),
    // A finding whose cause is below WebSocket.
    ("findings/finding", &["findings/transport"]),
    // Reading requests and answers, deciding what an answer changes, beginning in the middle, and where bytes stop.
    ("http1/exchange", &["http1/answer", "http1/granted", "http1/midstream", "http1/stop"]),
    // Both sides of a connection, and what each frame does to it.
    ("http2/demultiplexer", &["http2/receive", "http2/rules"]),
    // Fields, and the pseudo-header fields among them.
    ("http2/hpack", &["http2/head"]),
    // The streams of a connection, and what becomes of each.
    ("layers/http2/streams", &["layers/http2", "layers/http2/answers"]),
    // What comes next in a packet, if it was a fragment.
    ("net/next", &["net/fragments"]),
    // What is read again, of a session and of the facts about it.
    ("replay/payloads", &["replay/fact"]),
    // Both streams, when bytes go on to whoever reads them, and what they show of the path.
    (
        "tcp/reassembly",
        &[
            "tcp/reassembly/ends",
            "tcp/reassembly/foreign",
            "tcp/reassembly/release",
            "tcp/reassembly/troubles",
        ],
    ),
    // Finding connections, and forgetting them.
    ("tcp/table", &["tcp/table/forget", "tcp/table/translated"]),
    // Openers from traffic secrets, and from the key block of TLS 1.2.
    ("tls/crypto/cipher", &["tls/crypto/key_block"]),
    // Secrets, and the lines of key logs that hold them.
    ("tls/secrets", &["tls/keylog"]),
    // One session: its records, what they say, and why some stay closed.
    (
        "tls/session",
        &[
            "tls/agreement",
            "tls/early",
            "tls/ending",
            "tls/inference",
            "tls/opening",
            "tls/shed",
            "tls/waiting",
            "tls/why",
        ],
    ),
    // Columns, and what they hold.
    ("tui/columns", &["tui/sessions"]),
    // What an attempt was, and what the client made of it.
    ("upgrade/attempt", &["upgrade/sequel"]),
    // The reader of frames: payloads, and what stands where no frame does.
    (
        "ws/frame",
        &[
            "ws/frame/followed",
            "ws/frame/keyless",
            "ws/frame/lost",
            "ws/frame/misaligned",
            "ws/frame/odd",
            "ws/frame/payload",
            "ws/frame/stop",
            "ws/frame/strays",
            "ws/frame/torn",
        ],
    ),
    ("ws/frame/state", &["ws/frame/lost"]),
];

/// Files of a room that import each other in a circle, each circle with the reason why it stays.
const CIRCLES: [&[&str]; 1] = [
    // TLS is inside a connection, and a connection inside TLS: the type is recursive.
    &["layers/connection", "layers/context", "layers/secured"],
];

/// The same for files of one type.
const INNER: [&[&str]; 1] = [
    // The reader has the payload that may hold frames, and the search in it reads frames.
    &["ws/frame", "ws/frame/torn"],
];

/// The modules of a room by path, with those of the same room that each one imports. Imports of tests do not count.
/// `parts` are files that count as one.
fn imports_inside(
    room: &str,
    sources: &[Source],
    parts: &[(&str, &[&str])],
) -> BTreeMap<String, BTreeSet<String>> {
    let files: Vec<&Source> = sources.iter().filter(|source| source.room == room).collect();
    let module = |source: &&Source| {
        let path = source.path.trim_start_matches("src/").trim_end_matches(".rs");
        path.trim_end_matches("/mod").to_owned()
    };
    let modules: BTreeSet<String> = files.iter().map(module).collect();
    // `pub use entry::CatalogEntry` in `catalog`: whoever imports `catalog::CatalogEntry` imports `entry`.
    let mut exports = BTreeMap::new();
    for source in &files {
        let own = module(source);
        for child in modules.iter().filter_map(|other| other.strip_prefix(&format!("{own}/"))) {
            for path in paths(&source.code, child) {
                let (_, name) = path.rsplit_once("::").unwrap();
                exports.insert(format!("{own}/{name}"), format!("{own}/{child}"));
            }
        }
    }
    let of_tests =
        |path: &str| path.contains("/tests") || path.ends_with("/laws") || path.ends_with("/testing");
    let whole = |file: &str| {
        let of = parts.iter().find(|(_, parts)| parts.contains(&file));
        of.map_or(file, |(whole, _)| whole).to_owned()
    };
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for source in &files {
        let own = module(source);
        if of_tests(&own) {
            continue;
        }
        let code = code_of_program(&source.code);
        let children = modules.iter().filter_map(|other| other.strip_prefix(&format!("{own}/")));
        let of_children = children.filter(|child| !child.contains('/')).flat_map(|child| paths(&code, child));
        let imports = paths(&code, "super").into_iter().chain(paths(&code, "crate"));
        let imports =
            imports.chain(paths(&code, "self")).chain(of_children.map(|path| format!("self::{path}")));
        let targets = imports.filter_map(|path| {
            let mut target = resolve(&own, &path);
            // The path may continue with a type and what belongs to it.
            while !modules.contains(&target) && !exports.contains_key(&target) {
                target.truncate(target.rfind('/')?);
            }
            Some(exports.get(&target).cloned().unwrap_or(target))
        });
        let own = whole(&own);
        let targets = targets.map(|target| whole(&target));
        let targets: Vec<String> = targets.filter(|target| *target != own && !of_tests(target)).collect();
        found.entry(own).or_default().extend(targets);
    }
    found
}

/// Code without unit tests, and without what it only hands on to others.
fn code_of_program(code: &str) -> String {
    let code = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let is_handed_on = |line: &str| line.starts_with("pub") && line.contains(" use ");
    let mut inside = false;
    let lines = code.lines().filter(|line| {
        inside |= is_handed_on(line);
        let is_kept = !inside;
        inside &= !line.ends_with(';');
        is_kept
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn types_with_methods_in_several_files_are_known() {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let sources = sources();
    let module = |path: &str| {
        let path = path.trim_start_matches("src/").trim_end_matches(".rs");
        path.trim_end_matches("/mod").to_owned()
    };
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let defines = |code: &str, ty: &str| {
        ["struct ", "enum ", "trait "]
            .into_iter()
            .any(|word| code.match_indices(word).any(|(at, _)| name(&code[at + word.len()..]) == ty))
    };
    for Source { path, room, code } in &sources {
        let code = code_of_program(code);
        for line in code.lines().filter(|line| line.starts_with("impl") && !line.contains(" for ")) {
            let mut rest = line.trim_start_matches("impl");
            if rest.starts_with('<') {
                let end = rest.find("> ").unwrap();
                rest = &rest[end + 1..];
            }
            let ty = name(rest.trim_start());
            if defines(&code, &ty) || path.contains("/tests") || path.ends_with("laws.rs") {
                continue;
            }
            let parent = module(path);
            let mut homes = sources.iter().filter(|other| other.room == *room && defines(&other.code, &ty));
            // The nearest file above it that has the type.
            let home = homes.clone().find(|other| parent.starts_with(&format!("{}/", module(&other.path))));
            let home = home.or_else(|| homes.next()).unwrap_or_else(|| panic!("{path}: where is {ty}?"));
            found.entry(module(&home.path)).or_default().insert(parent);
        }
    }
    let listed: BTreeMap<String, BTreeSet<String>> = PARTS
        .iter()
        .map(|(whole, parts)| ((*whole).to_owned(), parts.iter().map(|&part| part.to_owned()).collect()))
        .collect();
    assert_eq!(found, listed, "types with methods in several files");
}

/// The path of what `path` names in the module `own`: `super::x` in `a/b` is `a/x`.
fn resolve(own: &str, path: &str) -> String {
    let mut base: Vec<&str> = own.split('/').collect();
    for part in path.split("::") {
        match part {
            "crate" => base.clear(),
            "super" => drop(base.pop()),
            "self" => {}
            name => base.push(name),
        }
    }
    base.join("/")
}

/// Everything that can be reached from `start`.
fn reached<'a>(imports: &'a BTreeMap<String, BTreeSet<String>>, start: &str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open: Vec<&str> = imports.get(start).into_iter().flatten().map(String::as_str).collect();
    while let Some(next) = open.pop() {
        if reached.insert(next) {
            open.extend(imports.get(next).into_iter().flatten().map(String::as_str));
        }
    }
    reached
}

#[test]
fn files_of_a_room_import_in_one_direction() {
    let sources = sources();
    let on_circles = |parts| {
        let mut found = BTreeSet::new();
        for (room, _) in ROOMS {
            let imports = imports_inside(room, &sources, parts);
            let in_room = imports.keys().filter(|file| reached(&imports, file).contains(file.as_str()));
            found.extend(in_room.cloned());
        }
        found
    };
    let named = |files: &[&[&str]]| -> BTreeSet<String> {
        files.iter().copied().flatten().map(|&file| file.to_owned()).collect()
    };
    assert_eq!(
        on_circles(&PARTS),
        named(&CIRCLES),
        "files that import each other in a circle, and those that may"
    );
    // That files are one for others does not excuse circles between them.
    assert_eq!(on_circles(&[]), named(&[CIRCLES[0], INNER[0]]), "circles between the files of a type");
}

#[test]
fn the_core_touches_nothing_outside() {
    let mut wrong = Vec::new();
    for Source { path, room, code } in sources() {
        if !CORE.contains(&room.as_str()) {
            continue;
        }
        for used in paths(&code, "std") {
            let is_outside = |outside: &&str| used == **outside || used.starts_with(&format!("{outside}::"));
            if OUTSIDE.iter().any(is_outside) {
                wrong.push(format!("{path} uses {used}"));
            }
        }
        let prints = PRINTING.iter().filter(|printing| code.contains(**printing));
        wrong.extend(prints.map(|printing| format!("{path} uses {printing}")));
    }
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn every_file_says_what_it_is_for() {
    for path in rust_files("src").iter().chain(&rust_files("tests")) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with("//! "), "{} does not begin with `//!`", path.display());
    }
}

/// The first cells of the rows of the table under the heading `title`, without backquotes.
fn first_cells(page: &str, title: &str) -> BTreeSet<String> {
    let heading = format!("## {title}\n");
    let (_, section) = page.split_once(&heading).unwrap_or_else(|| panic!("there is no section '{title}'"));
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `"));
    rows.map(|row| row.split('`').nth(1).unwrap().trim_end_matches('/').to_owned()).collect()
}

fn architecture() -> String {
    fs::read_to_string(root().join("docs/ARCHITECTURE.md")).unwrap()
}

#[test]
fn the_page_describes_every_room_and_file() {
    let page = architecture();
    let rooms: BTreeSet<String> = ROOMS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(first_cells(&page, "Rooms"), rooms);
    for (room, allowed) in ROOMS {
        let row = page.lines().find(|line| line.starts_with(&format!("| `{room}/` |"))).unwrap();
        assert!(row.ends_with(&format!(" | {} |", allowed.join(", ")).replace("  ", " ")), "{row}");
    }
    let (_, map) = page.split_once("## Code map\n").unwrap();
    let map = map.split("\n## ").next().unwrap();
    let mut sections: BTreeMap<&str, &str> = BTreeMap::new();
    for section in map.split("\n### `").skip(1) {
        let (room, text) = section.split_once('`').unwrap();
        sections.insert(room.trim_end_matches('/'), text);
    }
    for Source { path, room, .. } in sources() {
        let name = Path::new(&path).file_stem().unwrap().to_str().unwrap();
        let is_own = ["mod", "tests"].contains(&name) || path.contains("/tests/");
        let text = sections.get(room.as_str()).unwrap_or_else(|| panic!("no map of the room {room}"));
        assert!(is_own || text.contains(&format!("`{name}`")), "the code map does not name {path}");
    }
}

#[test]
fn the_page_gives_a_reason_for_every_dependency() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let mut dependencies = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines() {
        if line.starts_with('[') {
            inside = line.ends_with("dependencies]");
        } else if let (true, Some((name, _))) = (inside, line.split_once(" = ")) {
            dependencies.insert(name.to_owned());
        }
    }
    assert!(dependencies.len() > 10, "the manifest can be read");
    let page = architecture();
    assert_eq!(first_cells(&page, "Dependencies"), dependencies);
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    for row in page.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`');
        if dependencies.contains(name) {
            let locked = format!("name = \"{name}\"\nversion = \"{}\"", cells[2]);
            assert!(lock.contains(&locked), "Cargo.lock has another version of {name} than {}", cells[2]);
        }
    }
}

/// Whether a file has nothing but tests, or what they need.
fn is_of_tests(module: &str) -> bool {
    module.contains("/tests") || module.ends_with("laws") || module.ends_with("/testing")
}

/// Where the program uses a crate: rooms in their order, and `main`. `tests` if it does not.
fn users(name: &str, sources: &[Source]) -> Vec<&'static str> {
    // The library of this package has another name.
    let library = if name == "md-5" { "md5".to_owned() } else { name.replace('-', "_") };
    // A module of the same name hides the crate in its room.
    let is_hidden = |room: &str| {
        let is_one = |path: &str| Path::new(path).file_stem().unwrap() == library.as_str();
        sources.iter().any(|source| source.room == room && is_one(&source.path))
    };
    let uses =
        |code: &str| !paths(code.split("#[cfg(test)]\nmod tests {").next().unwrap(), &library).is_empty();
    let of_program = sources.iter().filter(|source| !is_of_tests(source.path.trim_end_matches(".rs")));
    let rooms: BTreeSet<&str> =
        of_program.filter(|source| uses(&source.code)).map(|source| source.room.as_str()).collect();
    let rooms = ROOMS.iter().map(|(room, _)| *room).filter(|room| rooms.contains(room) && !is_hidden(room));
    let main = without_comments(&fs::read_to_string(root().join("src/main.rs")).unwrap());
    let found: Vec<&str> = rooms.chain(uses(&main).then_some("main")).collect();
    if found.is_empty() { vec!["tests"] } else { found }
}

#[test]
fn the_page_says_where_each_dependency_is_used() {
    let page = architecture();
    let (_, section) = page.split_once("## Dependencies\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let sources = sources();
    let mut wrong = Vec::new();
    for row in section.lines().filter(|line| line.starts_with("| `")) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let name = cells[1].trim_matches('`');
        let users = users(name, &sources).join(", ");
        if cells[4] != users {
            wrong.push(format!("{name} is used in {users}, and not in {}", cells[4]));
        }
    }
    assert_eq!(wrong, [""; 0], "docs/ARCHITECTURE.md says where each dependency is used");
}

/// Constants of 4,096 and more that bound nothing: sizes of the pieces in which work is done, queues that make their writer
/// wait, what a protocol or a file format allows, what no sender would send, and figures.
const NO_BOUNDS: [(&str, &str); 64] = [
    ("findings/cut", "LONG"),
    ("findings/cut", "PLAUSIBLE"),
    ("fleet/part", "ROWS"),
    ("report/html/ladder", "UNKNOWN"),
    ("analyzer/batch", "PACKETS"),
    ("analyzer/batch", "BYTES"),
    ("analyzer/batch", "LARGEST"),
    ("analyzer/batch", "KEPT"),
    ("capture/annotated", "LONGEST"),
    ("capture/annotated", "PIECE"),
    ("capture/pcap", "LONGEST"),
    ("capture/pcap", "LIMIT"),
    ("capture/pcapng", "LIMIT"),
    ("capture/pcapng", "TLS_KEY_LOG"),
    ("capture/pieces", "STEP"),
    ("capture/pieces", "ROOM"),
    ("capture/secrets", "LONGEST"),
    ("capture/secrets", "TLS_KEY_LOG"),
    ("capture/tap", "BUFFER"),
    ("capture/writer", "STEP"),
    ("capture/writer", "NOBODY"),
    ("cli/fleet", "LEAST_MEMORY"),
    ("cli/inputs", "MOST_INPUTS"),
    ("cli/keys", "START"),
    ("cli/output", "PIECE"),
    ("cli/progress", "PACKETS"),
    ("findings/cut", "IMPOSSIBLE"),
    ("fleet/run", "MOST_FILES"),
    ("http2/reader", "IMPLAUSIBLE"),
    ("index/packed", "STREAM"),
    ("keys/log", "PIECE"),
    ("keys/log", "STRETCH"),
    ("layers/proxy", "LONGEST"),
    ("live/drain", "STEP"),
    ("live/options", "BUFFER"),
    ("live/options", "SNAPLEN"),
    ("model/time", "APART"),
    ("net/fragments", "LONGEST"),
    ("net/tunnel", "ERSPAN"),
    ("net/tunnel", "ERSPAN_3"),
    ("pipeline/connections", "MOST"),
    ("replay/adding", "BATCH"),
    ("replay/shared", "BACKLOG"),
    ("report/daily_tables", "FULL"),
    ("report/html", "PIECE"),
    ("report/parquet_tables", "BATCH"),
    ("report/parquet_tables", "GROUP"),
    ("report/parquet_tables", "PAGE"),
    ("tcp/handshake", "FIRST_BYTES"),
    ("tcp/lane", "UNPLACED"),
    ("tls/handshake", "ENCRYPTED_CLIENT_HELLO"),
    ("tls/record", "LONGEST"),
    ("tui/order", "LOOKED"),
    ("tui/order", "MERGED"),
    ("tui/plot", "STEP"),
    ("tui/rows", "STEP"),
    ("tui/rows", "SHORT_STEP"),
    ("tui/worker", "STEP"),
    ("tui/worker", "PICK_STEP"),
    ("ws/deflate", "WINDOW"),
    ("ws/deflate", "BUFFER"),
    ("ws/deflate", "STATE"),
    ("ws/deflate", "FIRST"),
    ("ws/sync/evidence", "PLAUSIBLE_LENGTH"),
];

/// The value of `1 << 20`, `16 + 0xffff`, `4 * SIZE` and the like; `known` are the constants of the same file.
fn value_of(expression: &str, known: &BTreeMap<String, u128>) -> Option<u128> {
    let expression = expression.trim();
    let of_all =
        |parts: &str| parts.split(',').map(|part| value_of(part, known)).collect::<Option<Vec<u128>>>();
    if let Some((a, b)) = expression.rsplit_once(" + ") {
        return of_all(&format!("{a},{b}")).map(|parts| parts.iter().sum());
    }
    if let Some((a, b)) = expression.rsplit_once(" << ") {
        return of_all(&format!("{a},{b}")).map(|parts| parts[0] << parts[1]);
    }
    if let Some((a, b)) = expression.rsplit_once(" * ") {
        return of_all(&format!("{a},{b}")).map(|parts| parts.iter().product());
    }
    if let Some((a, b)) = expression.rsplit_once(" / ") {
        return of_all(&format!("{a},{b}")).map(|parts| parts[0] / parts[1]);
    }
    let word = expression.trim_matches(['(', ')']).trim_start_matches("Self::").trim_end_matches(" as usize");
    if word == "u16::MAX" {
        return Some(u128::from(u16::MAX));
    }
    let digits = word.replace('_', "");
    let number = match digits.strip_prefix("0x") {
        Some(digits) => u128::from_str_radix(digits, 16),
        None => digits.parse(),
    };
    number.ok().or_else(|| known.get(word.rsplit("::").next().unwrap()).copied())
}

#[test]
fn every_large_constant_is_a_bound_or_none() {
    let mut found = BTreeSet::new();
    for Source { path, code, .. } in sources() {
        let file = path.trim_start_matches("src/").trim_end_matches(".rs");
        if is_of_tests(file) {
            continue;
        }
        let mut known = BTreeMap::new();
        let program = code.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for (at, _) in
            program.match_indices("const ").filter(|(at, _)| !program[*at..].starts_with("const fn "))
        {
            let Some((declared, _)) = program[at..].split_once(';') else { continue };
            let Some((left, expression)) = declared.split_once(" = ") else { continue };
            let Some((name, kind)) = left.trim_start_matches("const ").split_once(": ") else { continue };
            if !["usize", "u64", "u32", "u16"].contains(&kind) {
                continue;
            }
            let Some(value) = value_of(expression, &known) else { continue };
            known.insert(name.to_owned(), value);
            if value >= 4096 {
                found.insert((file.to_owned(), name.to_owned()));
            }
        }
    }
    let page = architecture();
    let (_, section) = page.split_once("### Fixed bounds\n").unwrap();
    let rows = section.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| `"));
    let listed = rows.map(|row| {
        let mut names = row.split('`').skip(1).step_by(2);
        let (name, file) = (names.next().unwrap(), names.next().unwrap());
        (file.to_owned(), name.to_owned())
    });
    let none = NO_BOUNDS.iter().map(|&(file, name)| (file.to_owned(), name.to_owned()));
    let listed: BTreeSet<(String, String)> = listed.chain(none).collect();
    let (new, gone): (Vec<_>, Vec<_>) =
        (found.difference(&listed).collect(), listed.difference(&found).collect());
    assert!(
        new.is_empty(),
        "bounds that docs/ARCHITECTURE.md does not list, or else of `NO_BOUNDS`: {new:?}"
    );
    assert!(gone.is_empty(), "listed, but not there: {gone:?}");
}
