//! Judges that are not ours: `terraform fmt`, checkov, parliament. `tests/judges/run` runs them.

use std::process::{Command, Stdio};

use crate::deployed::{STACK, deployed};

#[test]
fn the_stack_passes_judges_from_elsewhere() {
    let it = deployed();
    let run = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/judges/run");
    let (plan, state) = (it.dir.join("plan.json"), it.dir.join("state.json"));
    let ran = Command::new(run).arg(STACK).args([plan, state]).stdin(Stdio::null()).output();
    let ran = ran.expect("tests/judges/run can be run");
    let out = String::from_utf8_lossy(&ran.stdout);
    println!("{out}");
    assert!(ran.status.success(), "{out}\n{}", String::from_utf8_lossy(&ran.stderr));
}
