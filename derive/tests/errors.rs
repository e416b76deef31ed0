//! What the derives say of wrong input: `ui/*.rs` against the `.stderr` beside each.
//! `TRYBUILD=overwrite` rewrites those.

#[test]
fn wrong_input_is_explained() {
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
