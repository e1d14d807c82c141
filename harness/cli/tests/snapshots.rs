//! Every output of the command line, as a user sees it. `TRYCMD=overwrite cargo test -p golf --test snapshots` brings the files up to date.

#[test]
fn outputs() {
    trycmd::TestCases::new().default_bin_name("golf").case("tests/cmd/*.trycmd");
}
