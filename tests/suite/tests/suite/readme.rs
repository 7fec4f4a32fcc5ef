//! What the README tells a newcomer to type, typed.

use std::process::Command;

use pegboard_suite::Server;
use pegboard_suite::guests::root;

/// A command of the README, and what it says comes of it.
struct Example {
    script: String,
    shown: String,
}

/// Every `sh` block under the mark, each with the `text` block that follows it.
fn examples(readme: &str) -> Vec<Example> {
    let parts = readme.split("<!-- test:curl -->\n").skip(1);
    parts.map(|part| Example { script: block(part, "sh"), shown: block(part, "text") }).collect()
}

fn block(text: &str, language: &str) -> String {
    let fence = format!("```{language}\n");
    let (_, rest) = text.split_once(&fence).unwrap_or_else(|| panic!("no block of {language} after the mark"));
    rest.split_once("```").expect("a block has an end").0.to_owned()
}

/// Is `text` what `shown` shows, where `…` stands for anything?
fn shows(shown: &str, text: &str) -> bool {
    let mut pieces = shown.split('…');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for piece in pieces {
        let Some((_, after)) = rest.split_once(piece) else { return false };
        rest = after;
        last = Some(piece);
    }
    rest.is_empty() || last.is_some_and(|piece| piece.is_empty() || text.ends_with(piece))
}

#[test]
fn an_ellipsis_stands_for_anything_and_nothing_else_does() {
    assert!(shows("a", "a") && shows("{…b…}", "{a b c}") && shows("…", "") && shows("{…}", "{}}"));
    assert!(!shows("a", "ab") && !shows("{…b…}", "{a c}") && !shows("a…", "b") && !shows("…a", "ab"));
}

#[test]
fn what_a_newcomer_types_gives_what_the_readme_shows() {
    let readme = std::fs::read_to_string(root().join("README.md")).expect("there is a README");
    let examples = examples(&readme);
    assert!(examples.len() >= 2, "both eras are shown");
    let server = Server::start(&["codec"]);
    for Example { script, shown } in examples {
        let script = format!("set -eu\nURL={}\n{script}", server.url());
        let ran = Command::new("bash").args(["-c", &script]).output().expect("bash");
        let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
        assert!(ran.status.success(), "{script}\n{out}\n{err}");
        // Frames end in an empty line, which a text cannot show well.
        let lines: Vec<_> = out.lines().filter(|line| !line.trim().is_empty() && !line.starts_with(':')).collect();
        assert!(shows(shown.trim(), &lines.join("\n")), "{script}\ngave\n{out}\nand the README shows\n{shown}");
    }
}
