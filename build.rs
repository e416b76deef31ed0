//! Links the binary at a fixed address, as Go links Terraform: what the AWS SDK brings of tables with
//! addresses in them would otherwise be rewritten page by page at every start, which takes longer than to
//! validate a stack, and 6 MiB of memory.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = |part: &str| std::env::var(format!("CARGO_CFG_TARGET_{part}")).unwrap_or_default();
    let optimised = std::env::var("PROFILE").is_ok_and(|it| it == "release");
    if optimised && target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
