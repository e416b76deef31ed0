//! Input that is made to take all time or memory there is: what is refused says so, and soon, within
//! an address space of two gigabytes.
#![cfg(all(feature = "cli", unix))]

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// Far above what any of these takes, far below what one takes that has no limit.
const PATIENCE: Duration = Duration::from_secs(60);
/// Kilobytes of address space.
const MEMORY: u64 = 2 << 20;

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(dir: &Path, args: &[&str], input: &str) -> Option<Ran> {
    let limited = format!("ulimit -v {MEMORY} && exec \"$0\" \"$@\"");
    let mut command = Command::new("sh");
    command.args(["-c", &limited, env!("CARGO_BIN_EXE_fastcart-hcl")]).args(args);
    command.current_dir(dir).env_clear().stdin(Stdio::piped());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (id, mut stdin, input) = (child.id(), child.stdin.take().unwrap(), input.to_string());
    std::thread::spawn(move || std::io::Write::write_all(&mut stdin, input.as_bytes()));
    let (done, waiting) = mpsc::channel();
    std::thread::spawn(move || done.send(child.wait_with_output()));
    let Ok(output) = waiting.recv_timeout(PATIENCE) else {
        let _ = Command::new("kill").args(["-9", &id.to_string()]).status();
        return None;
    };
    let output = output.unwrap();
    let text = |it: &[u8]| String::from_utf8_lossy(it).into_owned();
    Some(Ran { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) })
}

/// What is told in an expression that asks for too much.
const TOO_MUCH: &[(&str, &str)] = &[
    ("1e1000000000", ""),
    ("1e1000000000 * 1e1000000000", ""),
    ("pow(10, 1e9)", ""),
    ("length(tostring(1e100000000))", ""),
    ("parseint(format(\"%0100000d\", 1), 10) > 0", ""),
    ("range(1000000000)", "Error in function call"),
    ("range(0, 1, 1e-300)", "Error in function call"),
    ("setproduct([for a in range(1000): a], [for b in range(1000): b])", "Error in function call"),
    (
        "setproduct(range(100), range(100), range(100), range(100), range(100), range(100))",
        "Error in function call",
    ),
    ("cidrsubnets(\"::/1\", [for it in range(1024) : 32]...)", ""),
    ("cidrhost(\"::/0\", 1e400)", "Error in function call"),
    ("format(\"%2000000000d\", 1)", "Error in function call"),
    ("format(\"%.2000000000f\", 1)", "Error in function call"),
    ("indent(2000000000, \"a\\nb\")", "Error in function call"),
    (
        "replace(replace(replace(format(\"%0100000d\", 0), \"0\", format(\"%0100000d\", 0)), \"0\", \"x\"), \"x\", \"y\")",
        "Error in function call",
    ),
    (
        "join(format(\"%0100000d\", 0), [for it in range(1024) : format(\"%0100000d\", it)])",
        "Error in function call",
    ),
    ("regex(\"((a{0,1000}){0,1000}){0,1000}\", \"a\")", "Invalid function argument"),
    ("regexall(\"(a*)*(a*)*b\", format(\"%01000d\", 0))", ""),
    ("regex(\"(x+x+)+y\", join(\"\", [for it in range(1000) : \"x\"]))", "Error in function call"),
    (
        "[for a in range(1024) : [for b in range(1024) : [for c in range(1024) : [a, b, c]]]]",
        "large",
    ),
    (
        "join(\"\", [for a in range(1024) : join(\"\", [for b in range(1024) : format(\"%01000d\", b)])])",
        "",
    ),
    ("jsondecode(join(\"\", [for it in range(1024) : \"[[[[[[[[[[\"]))", "Error in function call"),
    ("yamldecode(join(\"\", [for it in range(1024) : \"[[[[[[[[[[\"]))", "Error in function call"),
];

#[test]
fn expressions_that_ask_for_too_much() {
    let dir = tempfile::tempdir().unwrap();
    let mut broken = Vec::new();
    // At every level, each type could be compared with each in several ways.
    let unlike = format!("{}[]{}", "[tolist([]), ".repeat(40), "]".repeat(40));
    let (list, either) = (format!("tolist({unlike})"), format!("true ? {unlike} : [1]"));
    let nested = [
        (list.as_str(), "Invalid function argument"),
        (either.as_str(), "Inconsistent conditional result types"),
    ];
    for (text, want) in TOO_MUCH.iter().chain(&nested) {
        let Some(ran) = run(dir.path(), &["console", "--json"], &format!("{text}\n")) else {
            broken.push(format!("{text}: takes too long"));
            continue;
        };
        let answered = ran.code == Some(0) && ran.out.starts_with('{');
        if !answered || !ran.out.contains(want) {
            let out: String = ran.out.chars().take(300).collect();
            broken.push(format!("{text}: {:?} {out} {}", ran.code, ran.err));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Name, files, and what is to be told.
type Bomb = (&'static str, Vec<(&'static str, String)>, &'static str);

/// Name, files, and what is told; nothing where the stack is right.
fn stacks() -> Vec<Bomb> {
    let doubling = |make: &dyn Fn(usize) -> String| {
        let locals: String = (1..64).map(|at| format!("  a{at} = {}\n", make(at - 1))).collect();
        format!(
            "locals {{\n  a0 = [\"x\"]\n{locals}}}\noutput \"o\" {{\n  value = length(jsonencode(local.a63))\n}}\n"
        )
    };
    let module = |source: &str| format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
    vec![
        (
            "lists of lists, each twice",
            vec![("main.tf", doubling(&|at| format!("[local.a{at}, local.a{at}]")))],
            "large",
        ),
        (
            "objects of objects, each twice",
            vec![("main.tf", doubling(&|at| format!("{{ l = local.a{at}, r = local.a{at} }}")))],
            "large",
        ),
        (
            "texts, each twice",
            vec![(
                "main.tf",
                doubling(&|at| {
                    format!("\"${{jsonencode(local.a{at})}}${{jsonencode(local.a{at})}}\"")
                }),
            )],
            "large",
        ),
        (
            "concatenated, each twice",
            vec![("main.tf", doubling(&|at| format!("concat(local.a{at}, local.a{at})")))],
            "large",
        ),
        ("a module that is itself", vec![("main.tf", module("./"))], "module calls itself"),
        (
            "two modules that call each other",
            vec![
                ("main.tf", module("./a")),
                ("a/main.tf", module("../b")),
                ("b/main.tf", module("../a")),
            ],
            "module calls itself",
        ),
        (
            "modules that call two of the next level, forty levels deep",
            std::iter::once(("main.tf", module("./m0")))
                .chain((0..40).map(|at| {
                    let call =
                        |name| format!("module \"{name}\" {{\n  source = \"../m{}\"\n}}\n", at + 1);
                    let path: &'static str = Box::leak(format!("m{at}/main.tf").into_boxed_str());
                    (path, call("a") + &call("b"))
                }))
                .chain([("m40/main.tf", String::new())])
                .collect(),
            "too many modules",
        ),
        (
            "a template that renders itself",
            vec![
                ("main.tf", "output \"o\" {\n  value = templatefile(\"t.tftpl\", {})\n}\n".into()),
                ("t.tftpl", "${templatefile(\"t.tftpl\", {})}".into()),
            ],
            "Error in function call",
        ),
        (
            "a count beyond reason",
            vec![(
                "main.tf",
                "resource \"terraform_data\" \"r\" {\n  count = 1000000000\n}\n".into(),
            )],
            "Invalid count argument",
        ),
        (
            "a module beside the stack",
            vec![
                ("stack/main.tf", module("../shared")),
                ("shared/main.tf", "output \"o\" {\n  value = 1\n}\n".into()),
            ],
            "",
        ),
    ]
}

#[test]
fn stacks_that_ask_for_too_much() {
    let mut broken = Vec::new();
    for (name, files, want) in stacks() {
        let dir = tempfile::tempdir().unwrap();
        for (path, text) in &files {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let stack = if files[0].0.starts_with("stack/") { "stack" } else { "." };
        match run(dir.path(), &["plan", stack], "") {
            None => broken.push(format!("{name}: takes too long")),
            Some(ran) => {
                let code = if want.is_empty() { 0 } else { 1 };
                if ran.code != Some(code) || !ran.err.contains(want) {
                    let err: String = ran.err.chars().take(600).collect();
                    broken.push(format!("{name}: {:?} {err}", ran.code));
                }
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

#[test]
fn links_that_lead_in_circles() {
    let dir = tempfile::tempdir().unwrap();
    let stack = "output \"o\" {\n  value = length(fileset(\"${path.module}/loop\", \"**\"))\n}\n";
    std::fs::create_dir(dir.path().join("loop")).unwrap();
    std::fs::write(dir.path().join("loop/a.txt"), "").unwrap();
    std::os::unix::fs::symlink("..", dir.path().join("loop/up")).unwrap();
    std::os::unix::fs::symlink("self", dir.path().join("self")).unwrap();
    std::fs::write(dir.path().join("main.tf"), stack).unwrap();
    let ran = run(dir.path(), &["plan", "."], "").expect("it ends");
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for (name, source, want) in [
        ("to itself", "./self", "Unreadable module directory"),
        ("up and down", "./loop/up/loop/up", "module calls itself"),
    ] {
        let stack = format!("module \"m\" {{\n  source = \"{source}\"\n}}\n");
        std::fs::write(dir.path().join("main.tf"), stack).unwrap();
        let ran = run(dir.path(), &["plan", "."], "").expect("it ends");
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.err);
        assert!(ran.err.contains(want), "{name}: {}", ran.err);
    }
}
