//! The laws of the architecture, read from `src/`: who may import whom, and who may do what.

use std::fs;
use std::path::{Path, PathBuf};

/// What each module of the crate may import besides itself.
const LAYERS: &[(&str, &[&str])] = &[
    ("diag", &[]),
    ("address", &["diag"]),
    ("lang", &["diag", "address"]),
    ("schema", &["diag", "address", "lang"]),
    ("driver", &["diag", "address", "lang", "schema"]),
    ("clock", &["driver"]),
    ("provider", &["diag", "address", "lang", "schema", "driver"]),
    ("state", &["diag", "address", "lang", "schema", "driver", "provider", "clock"]),
    ("plan", &["diag", "address", "lang", "schema", "driver", "provider", "clock", "state"]),
    ("event", &["diag", "address", "plan"]),
    (
        "apply",
        &[
            "diag", "address", "lang", "schema", "driver", "provider", "clock", "state", "plan",
            "event",
        ],
    ),
    (
        "engine",
        &[
            "diag", "address", "lang", "schema", "driver", "provider", "clock", "state", "plan",
            "event", "apply",
        ],
    ),
    (
        "render",
        &[
            "diag", "address", "lang", "schema", "driver", "provider", "clock", "state", "plan",
            "event", "apply", "engine",
        ],
    ),
    (
        "cli",
        &[
            "diag", "address", "lang", "schema", "driver", "provider", "clock", "state", "plan",
            "event", "apply", "engine", "render", "aws", "builtin",
        ],
    ),
    ("aws", &["diag", "address", "lang", "schema", "driver", "provider", "clock"]),
    (
        "builtin",
        &["diag", "address", "lang", "schema", "driver", "provider", "clock", "state::tfstate"],
    ),
    ("lib", &[]),
    ("main", &["cli"]),
];

/// A word that may stand only in some places.
struct Rule {
    why: &'static str,
    /// Any of these; a word's beginning must be one in the source, too.
    words: &'static [&'static str],
    /// Folders and files that it is about; all where there are none.
    within: &'static [&'static str],
    /// Folders and files where it may stand.
    except: &'static [&'static str],
    /// Whether tests are held to it, too.
    tests: bool,
}

const RULES: &[Rule] = &[
    Rule {
        why: "`lang` does no I/O: files come through `Files`",
        words: &[
            "std::fs",
            "fs::",
            "File::open",
            "tokio",
            "TcpStream",
            "UdpSocket",
            "std::process",
        ],
        within: &["lang/"],
        except: &["lang/files.rs"],
        tests: false,
    },
    Rule {
        why: "`plan` does no I/O",
        words: &[
            "std::fs",
            "fs::",
            "File::open",
            "tokio",
            "std::net",
            "TcpStream",
            "std::process",
            "async",
        ],
        within: &["plan/"],
        except: &[],
        tests: false,
    },
    Rule {
        why: "no driver waits, polls, retries, logs or prints: the engine does",
        words: &["sleep(", "tokio::time", "tracing::", "log::", "retry(", "interval("],
        within: &["aws/", "builtin/"],
        except: &["aws/batch.rs", "aws/provider.rs", "aws/reach.rs"],
        tests: false,
    },
    Rule {
        why: "events are the only output; the binary prints them",
        words: &["println!", "eprintln!", "print!", "eprint!", "dbg!", "stdout()", "stderr()"],
        within: &[],
        except: &["cli/", "main.rs"],
        tests: true,
    },
    Rule {
        why: "the library reads no environment: the binary passes it in",
        words: &["std::env", "env::var", "home_dir"],
        within: &[],
        except: &["cli/", "main.rs", "aws/environment.rs", "lang/files.rs"],
        tests: false,
    },
    Rule {
        why: "only `aws` names the SDK",
        words: &["aws_sdk", "aws_config", "aws_smithy", "aws_types", "aws_credential"],
        within: &[],
        except: &["aws/"],
        tests: true,
    },
    Rule {
        why: "no names that say nothing",
        words: &[
            "fn get_",
            "fn handle_",
            "fn process_",
            "mod utils",
            "mod util",
            "mod helpers",
            "mod manager",
        ],
        within: &[],
        except: &[],
        tests: true,
    },
    Rule {
        why: "input must not be able to break it: say what is wrong instead",
        words: &["todo!", "unimplemented!", "panic!", ".unwrap()", ".expect("],
        within: &[],
        // A panic while the compiler makes the tables.
        except: &["schema/field.rs"],
        tests: false,
    },
];

/// A line of code, without comments and the inside of strings.
struct Line {
    file: String,
    number: usize,
    code: String,
    is_test: bool,
}

#[test]
fn imports_point_one_way() {
    let mut broken = Vec::new();
    for line in lines() {
        let module = line.file.split(['/', '.']).next().unwrap_or_default();
        let Some((_, allowed)) = LAYERS.iter().find(|it| it.0 == module) else {
            broken.push(format!("{}: `{module}` stands in no layer", line.file));
            continue;
        };
        if line.is_test {
            continue;
        }
        for import in imports(&line.code) {
            let (top, whole) = (import.split("::").next().unwrap_or_default(), import.as_str());
            let is_module = LAYERS.iter().any(|it| it.0 == top);
            let fits = |it: &&&str| **it == top || whole.starts_with(**it);
            if is_module && top != module && allowed.iter().find(fits).is_none() {
                broken.push(format!(
                    "src/{}:{}: `{module}` imports `{whole}`",
                    line.file, line.number
                ));
            }
        }
    }
    report(broken);
}

#[test]
fn words_stand_where_they_may() {
    let mut broken = Vec::new();
    for line in lines() {
        let about = |places: &[&str]| places.iter().any(|it| line.file.starts_with(it));
        for rule in RULES.iter().filter(|it| it.tests || !line.is_test) {
            if (!rule.within.is_empty() && !about(rule.within)) || about(rule.except) {
                continue;
            }
            for word in rule.words.iter().filter(|it| contains(&line.code, it)) {
                broken.push(format!("src/{}:{}: `{word}`: {}", line.file, line.number, rule.why));
            }
        }
    }
    report(broken);
}

#[test]
fn files_are_short() {
    let mut broken = Vec::new();
    for file in lines().chunk_by(|a, b| a.file == b.file) {
        let count = file.iter().filter(|it| !it.is_test).count();
        if count > 600 {
            broken.push(format!("src/{}: {count} lines without tests: split it", file[0].file));
        }
    }
    report(broken);
}

#[test]
fn the_reader_of_sources_sees_code_only() {
    let text = "use crate::lang::{ast, files}; // crate::cli\nlet a = \"crate::cli // x\"; crate::diag::x();\n\
                #[cfg(test)]\nmod tests {\n    b()\n}\nfn c() { '\"'; crate::aws() }\n";
    let lines = code("x.rs", text);
    assert_eq!(imports(&lines[0].code), ["lang::"]);
    assert_eq!(imports(&lines[1].code), ["diag::x"]);
    assert!(lines[4].is_test && !lines[6].is_test && !lines[1].is_test);
    assert_eq!(imports(&lines[6].code), ["aws"]);
    assert!(contains("std::fs::read", "fs::") && !contains("offs::x", "fs::"));
    assert_eq!(imports("use crate::{clock, plan::{a}, state};"), ["clock", "plan::", "state"]);
}

fn report(broken: Vec<String>) {
    assert!(broken.is_empty(), "{} places\n{}", broken.len(), broken.join("\n"));
}

fn contains(code: &str, word: &str) -> bool {
    let begins = word.starts_with(|c: char| c.is_alphanumeric());
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back();
        !begins || before.is_none_or(|it| !it.is_alphanumeric() && it != '_')
    })
}

/// Paths after `crate::`, such as `lang::value`; those of a group one by one.
fn imports(code: &str) -> Vec<String> {
    let path = |text: &str| -> String {
        text.chars().take_while(|it| it.is_alphanumeric() || "_:".contains(*it)).collect()
    };
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            found.push(path(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = 0;
        for (at, it) in group.char_indices() {
            match it {
                '{' => depth += 1,
                '}' | ',' if depth == 0 => {
                    found.push(path(group[start..at].trim()));
                    start = at + 1;
                    if it == '}' {
                        break;
                    }
                }
                '}' => depth -= 1,
                _ => {}
            }
        }
    }
    found
}

fn lines() -> Vec<Line> {
    let root = root();
    let mut all = Vec::new();
    for path in files() {
        let name = path.strip_prefix(&root).unwrap().to_string_lossy().replace('\\', "/");
        all.extend(code(&name, &fs::read_to_string(&path).unwrap()));
    }
    assert!(all.len() > 10_000, "these are the sources");
    all
}

/// The lines of a file; whether they are tests is told by `#[cfg(test)]` and by the file's name.
fn code(name: &str, text: &str) -> Vec<Line> {
    let stem = name.rsplit('/').next().unwrap_or_default();
    let all_tests = stem == "tests.rs" || stem.ends_with("_tests.rs");
    // Indentation of the closing brace that ends a module of tests.
    let mut tests: Option<usize> = None;
    let mut begins = false;
    let mut state = Inside::Code;
    let mut lines = Vec::new();
    for (at, raw) in text.lines().enumerate() {
        let code = stripped(raw, &mut state);
        let indent = raw.len() - raw.trim_start().len();
        let is_test = all_tests || begins || tests.is_some();
        if begins && code.contains('{') {
            tests = Some(indent);
        }
        begins = (begins && code.trim_start().starts_with("#[")) || code.contains("#[cfg(test)]");
        if tests == Some(indent) && code.trim() == "}" {
            tests = None;
        }
        lines.push(Line { file: name.into(), number: at + 1, code, is_test });
    }
    lines
}

/// What the end of a line is inside of.
#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Code,
    String,
    /// A raw string with so many `#`.
    Raw(usize),
}

/// The line without comments and the inside of strings.
fn stripped(line: &str, state: &mut Inside) -> String {
    let chars: Vec<char> = line.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while let Some(&it) = chars.get(at) {
        match *state {
            Inside::String => match it {
                '\\' => at += 1,
                '"' => *state = Inside::Code,
                _ => {}
            },
            Inside::Raw(hashes) => {
                let end = chars[at + 1..].iter().take_while(|it| **it == '#').count();
                if it == '"' && end >= hashes {
                    *state = Inside::Code;
                    at += hashes;
                }
            }
            Inside::Code => match it {
                '/' if chars.get(at + 1) == Some(&'/') => return out,
                '"' => {
                    *state = Inside::String;
                    out.push('"');
                }
                'r' if !out.ends_with(|c: char| c.is_alphanumeric() || c == '_') => {
                    let hashes = chars[at + 1..].iter().take_while(|it| **it == '#').count();
                    if chars.get(at + 1 + hashes) == Some(&'"') {
                        *state = Inside::Raw(hashes);
                        at += hashes + 1;
                    } else {
                        out.push('r');
                    }
                }
                '\'' => {
                    // A character, not a lifetime.
                    let length = if chars.get(at + 1) == Some(&'\\') { 3 } else { 2 };
                    if chars.get(at + length) == Some(&'\'') {
                        at += length;
                    }
                }
                _ => out.push(it),
            },
        }
        at += 1;
    }
    out
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files() -> Vec<PathBuf> {
    fn walk(dir: &Path, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => walk(&path, found),
                false if path.extension().is_some_and(|it| it == "rs") => found.push(path),
                false => {}
            }
        }
    }
    let mut found = Vec::new();
    walk(&root(), &mut found);
    found.sort();
    found
}
