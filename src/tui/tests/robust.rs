//! No key on no capture in no size does harm.

use super::made::{attempt_of, session_of};
use super::*;
use crate::model::is_visible;
use crate::tui::area;
use crate::tui::text::columns;
use ratatui::buffer::Buffer;
use std::io::Write;

const KEYS: [&str; 21] = [
    "⏎", "n", "N", "e⎋", "v", "V", "J", "K", "m", "l", "⇥", "3", "x", "A", " ", "'", "G", "g", "⇟", "fa⏎",
    "qo",
];

/// Every capture of the repository.
fn captures() -> Vec<PathBuf> {
    let folder = std::fs::read_dir(capture("")).unwrap();
    let paths = folder.map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|end| end == "pcap" || end == "pcapng")).collect();
    paths.sort();
    assert!(paths.len() > 40);
    paths
}

#[test]
fn every_screen_of_every_capture_fits_and_is_visible() {
    for path in captures() {
        for size in [(60, 15), (140, 40), (41, 8), (10, 2)] {
            let mut desk = Desk::of(&path, size);
            for keys in KEYS {
                let screen = desk.press(keys).screen();
                let seen = screen.chars().filter(|c| *c != '\n').all(is_visible);
                assert!(seen, "{} {keys}\n{screen}", path.display());
            }
            desk.happen(Happening::Resize(80, 24));
            desk.screen();
        }
    }
}

/// Kinds of bytes that terminals obey, hide, turn around, or draw in disputed widths.
fn hostile() -> Vec<(&'static str, Vec<u8>)> {
    let c1 = (0x80..0xa0).flat_map(|c| char::from_u32(c).unwrap().to_string().into_bytes());
    vec![
        ("C0", (0..0x20).chain([0x7f]).collect()),
        ("C1 as bytes", (0x80..=0xff).collect()),
        ("C1 as characters", c1.collect()),
        ("CSI", b"\x1b[2J\x1b[H\x1b[31mred\x1b[999;999H\x1b[?1049l\x1b[?25h\x1bc\x1b[6n".to_vec()),
        ("CSI in one byte", b"\x9b2J\xc2\x9b2J\x9d0;x\x9c".to_vec()),
        ("OSC", b"\x1b]0;title\x07\x1b]52;c;aGVsbG8=\x07\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\".to_vec()),
        ("DCS and APC", b"\x1bP1$r\x1b\\\x1b_x\x1b\\\x1b^x\x1b\\".to_vec()),
        ("direction", "\u{202e}turned\u{202c} \u{2066}isolated\u{2069} \u{200f}עברית العربية".into()),
        ("no width", "a\u{200b}b\u{200d}c\u{2060}d\u{feff}e\u{ad}f\u{34f}g\u{e0041}h".into()),
        ("wide", "漢字かな한글ＡＢ".into()),
        ("emoji", "👨\u{200d}👩\u{200d}👧\u{200d}👦 🇩🇪🇫🇷 👍🏽 ❤\u{fe0f} 1\u{fe0f}\u{20e3} ☺\u{fe0e}".into()),
        ("marks", format!("Z{}", "\u{301}\u{330}\u{489}".repeat(30)).into_bytes()),
        ("line ends", b"a\rb\nc\r\nd\x0be\x0cf\xe2\x80\xa8g\xc2\x85h\ti".to_vec()),
        ("blanks", "a\u{a0}b\u{3000}c\u{2003}d   e".into()),
        ("broken UTF-8", b"\xed\xa0\x80 \xc0\xaf \xf8\x88 \xf4\x90\x80\x80 \xe2\x82".to_vec()),
        ("markup", b"<b>&amp;%s%n${x}`id`'\"\\x1b[0m".to_vec()),
    ]
}

/// Every cell holds one character that is seen, all lines are full, and what is not of the capture is where it belongs.
fn check(desk: &Desk, buffer: &Buffer, what: &str) {
    let (width, height) = desk.model.size;
    let screen = desk.screen();
    for y in 0..height {
        let mut x = 0;
        while x < width {
            let symbol = buffer[(x, y)].symbol();
            assert!(symbol.chars().all(is_visible), "{what}: {symbol:?} at {x}, {y}\n{screen}");
            assert!((1..=2).contains(&columns(symbol)), "{what}: {symbol:?} at {x}, {y}\n{screen}");
            x += u16::try_from(columns(symbol)).unwrap();
        }
        assert_eq!(x, width, "{what}: line {y}\n{screen}");
    }
    let lines: Vec<&str> = screen.lines().collect();
    assert!(lines[0].starts_with(" wsight  1 Sessions  2 Findings  3 Plots"), "{what}\n{screen}");
    assert!(lines.last().unwrap().ends_with("Q quit"), "{what}\n{screen}");
    let rule = area::areas(&desk.model).rule;
    if rule.height > 1 {
        assert!(rule.rows().all(|cell| buffer[(cell.x, cell.y)].symbol() == "│"), "{what}\n{screen}");
    }
}

#[test]
fn nothing_a_peer_sends_disturbs_any_screen() {
    const KEYS: [&str; 21] = [
        "⏎", "g", "⏎", "q", "jjjj", "v", "v", "v", "v", "l", "l", "m", "j", "m", "G", "2", "j", "3", "1",
        "/a⏎", "n",
    ];
    for (what, bytes) in hostile() {
        for (capture, frames) in [(session_of(&bytes), 13), (attempt_of(&bytes), 0)] {
            let mut file = tempfile::NamedTempFile::new().unwrap();
            file.write_all(&capture).unwrap();
            for size in [(60, 15), (80, 24), (140, 40)] {
                let mut desk = Desk::of(file.path(), size);
                assert!(desk.load.index.read().unwrap().frames_total() >= frames, "{what}");
                check(&desk, &desk.drawn(), what);
                for keys in KEYS {
                    desk.press(keys);
                    check(&desk, &desk.drawn(), &format!("{what}, {keys}"));
                }
                // Each row of the session, in each view.
                desk.press("1⏎g");
                for _ in 0..frames {
                    desk.press("jvvv");
                    check(&desk, &desk.drawn(), what);
                }
            }
        }
    }
}

#[test]
fn what_is_copied_does_nothing_where_it_is_pasted() {
    for (what, bytes) in hostile() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&session_of(&bytes)).unwrap();
        let mut desk = Desk::of(file.path(), (140, 40));
        desk.press("⏎g");
        for _ in 0..13 {
            desk.press("jypyj");
        }
        let copied: Vec<&String> = desk
            .wanted
            .iter()
            .filter_map(|effect| if let Effect::Copy(text) = effect { Some(text) } else { None })
            .collect();
        assert_eq!(copied.len(), 26, "{what}");
        for text in copied {
            assert!(text.chars().all(|c| !c.is_control() || "\n\r\t".contains(c)), "{what}: {text:?}");
        }
    }
}

/// A small generator of numbers that look random, the same each time.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }
}

#[test]
fn no_keys_but_q_and_control_c_end_the_program() {
    const SEQUENCES: usize = 10_000;
    const LENGTH: usize = 16;
    let plain = [
        KeyCode::Esc,
        KeyCode::Left,
        KeyCode::Right,
        KeyCode::Up,
        KeyCode::Down,
        KeyCode::Enter,
        KeyCode::Tab,
        KeyCode::Backspace,
        KeyCode::PageUp,
        KeyCode::PageDown,
        KeyCode::Home,
        KeyCode::End,
        KeyCode::F(1),
    ];
    let letters = (' '..='~').filter(|c| !"qQ".contains(*c)).map(KeyCode::Char);
    // The keys that lead somewhere come more often than letters that do nothing.
    let keys: Vec<KeyCode> = plain.iter().copied().cycle().take(60).chain(letters).collect();
    let desk = Desk::new("pong-nul-cut.pcap", (80, 24));
    let index = desk.load.index.read().unwrap();
    let mut numbers = Numbers(1);
    for sequence in 0..SEQUENCES {
        let mut model =
            Model::new(UserConfig::default(), (80, 24), "x".to_owned()).unsaved(sequence % 2 == 0);
        update(&mut model, &index, Happening::Loaded(Loading { is_over: true, ..Loading::default() }));
        let mut pressed = Vec::new();
        for _ in 0..LENGTH {
            let key = Key { code: keys[numbers.below(keys.len())], ctrl: numbers.below(20) == 0 };
            if key.ctrl && key.code == KeyCode::Char('c') {
                continue;
            }
            pressed.push(key);
            let effects = update(&mut model, &index, Happening::Key(key));
            assert!(!effects.contains(&Effect::Quit), "{pressed:?}");
        }
        if sequence % 100 == 0 {
            let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
            terminal.draw(|frame| draw(&model, &index, frame)).unwrap();
        }
    }
}
