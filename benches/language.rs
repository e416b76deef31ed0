//! CPU time of planning stacks that are hard on the language, how it grows with their size, and what
//! `terraform plan` takes of the same file, where a `terraform` is on the path.
//!
//! `cargo bench --no-default-features --features cli --bench language` prints one line a stack: both
//! sizes with their CPU time, the growth between them, and how many times as much Terraform takes of
//! the larger one. Everything is measured in one run, as the user and system time of child processes,
//! so the ratios hold on any machine.

use std::path::Path;
use std::process::{Command, Stdio};

use nix::sys::resource::{UsageWho, getrusage};

/// Runs of which the quickest counts.
const RUNS: usize = 3;

fn locals(count: usize) -> String {
    let mut text = String::from("locals {\n  l0 = 1\n");
    for at in 1..count {
        text.push_str(&format!("  l{at} = local.l{} + 1\n", at - 1));
    }
    text + &format!("}}\noutput \"last\" {{\n  value = local.l{}\n}}\n", count - 1)
}

fn elements(count: usize) -> String {
    // `range` makes at most 1024 elements at a time.
    let side = (count as f64).sqrt().ceil() as usize;
    format!(
        "output \"count\" {{\n  value = length(flatten([for a in range({side}) : [for b in range({side}) : a * b]]))\n}}\n"
    )
}

fn calls(count: usize) -> String {
    let calls: Vec<String> = (0..count)
        .map(|at| format!("    upper(join(\"-\", [\"a\", \"b\", tostring({at})])),\n"))
        .collect();
    format!("output \"o\" {{\n  value = sha256(jsonencode([\n{}  ]))\n}}\n", calls.concat())
}

/// A file of about that many bytes: variables, locals, outputs, comments, heredocs.
fn bytes(size: usize) -> String {
    let mut text = String::new();
    let mut at = 0;
    while text.len() < size {
        text.push_str(&format!(
            r#"# The settings of service {at}, as its team wants them.
variable "service_{at}" {{
  type        = object({{ name = string, ports = list(number), tags = optional(map(string), {{}}) }})
  description = "Settings of service {at}."
  default     = {{ name = "service-{at}", ports = [80, 443, {at}] }}
}}
locals {{
  service_{at} = {{
    name = upper(var.service_{at}.name)
    rule = [for port in var.service_{at}.ports : "allow ${{port}}" if port > 100]
    note = <<-EOT
      Service ${{var.service_{at}.name}} listens on ${{join(", ", var.service_{at}.ports)}}.
    EOT
  }}
}}
output "service_{at}" {{
  value = local.service_{at}.note
}}
"#
        ));
        at += 1;
    }
    text
}

/// CPU time of all children that have ended, in seconds.
fn children() -> f64 {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the usage of child processes");
    let seconds = |it: nix::sys::time::TimeVal| it.tv_sec() as f64 + it.tv_usec() as f64 / 1e6;
    seconds(usage.user_time()) + seconds(usage.system_time())
}

/// The least CPU time of a few runs; none where the program is not there.
fn cpu(program: &str, args: &[&str], dir: &Path) -> Option<f64> {
    let mut least = f64::INFINITY;
    for _ in 0..RUNS {
        let before = children();
        let mut command = Command::new(program);
        command.args(args).current_dir(dir).env("CHECKPOINT_DISABLE", "1");
        let status = command.stdout(Stdio::null()).stderr(Stdio::null()).status().ok()?;
        assert!(status.success(), "{program} {args:?}: {status}");
        least = least.min(children() - before);
    }
    Some(least)
}

fn measure(what: &str, sizes: [usize; 2], make: fn(usize) -> String) {
    let mut ours = Vec::new();
    let mut theirs = None;
    for size in sizes {
        let dir = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(dir.path().join("main.tf"), make(size)).expect("a file in it");
        ours.push(cpu(env!("CARGO_BIN_EXE_fastcart-hcl"), &["plan", "."], dir.path()));
        theirs = cpu("terraform", &["plan", "-input=false"], dir.path());
    }
    let [Some(small), Some(large)] = ours[..] else { return };
    let ratio = theirs.map_or("no terraform here".to_string(), |it| {
        format!("terraform {:>8.0} ms  x{:.0}", it * 1e3, it / large)
    });
    println!(
        "{what:<22} {:>8}: {:>7.1} ms  {:>8}: {:>7.1} ms  grows x{:<5.1} {ratio}",
        sizes[0],
        small * 1e3,
        sizes[1],
        large * 1e3,
        large / small,
    );
}

fn main() {
    println!(
        "CPU time of `plan`, the least of {RUNS} runs; Terraform's is that of the larger size"
    );
    measure("locals in one chain", [1_000, 10_000], locals);
    measure("elements of a for", [10_000, 100_000], elements);
    measure("bytes of a file", [100_000, 1_000_000], bytes);
    measure("function calls", [500, 5_000], calls);
}
