//! SPDX licence expressions.

use golf_artifact::fault::quote;
use golf_artifact::near::nearest;

/// Identifiers of the licences in use for models, code and texts. `LicenseRef-` names any other.
const LICENSES: [&str; 44] = [
    "0BSD",
    "AFL-3.0",
    "AGPL-3.0-only",
    "AGPL-3.0-or-later",
    "Apache-2.0",
    "Artistic-2.0",
    "BlueOak-1.0.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD-3-Clause-Clear",
    "BSL-1.0",
    "CC-BY-3.0",
    "CC-BY-4.0",
    "CC-BY-NC-4.0",
    "CC-BY-NC-ND-4.0",
    "CC-BY-NC-SA-4.0",
    "CC-BY-ND-4.0",
    "CC-BY-SA-3.0",
    "CC-BY-SA-4.0",
    "CC0-1.0",
    "CDLA-Permissive-1.0",
    "CDLA-Permissive-2.0",
    "CDLA-Sharing-1.0",
    "CECILL-2.1",
    "ECL-2.0",
    "EPL-2.0",
    "EUPL-1.2",
    "GPL-2.0-only",
    "GPL-2.0-or-later",
    "GPL-3.0-only",
    "GPL-3.0-or-later",
    "ISC",
    "LGPL-2.1-only",
    "LGPL-2.1-or-later",
    "LGPL-3.0-only",
    "LGPL-3.0-or-later",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "MulanPSL-2.0",
    "ODC-By-1.0",
    "ODbL-1.0",
    "Unlicense",
    "Zlib",
];

/// Identifiers of exceptions, which follow `WITH`.
const EXCEPTIONS: [&str; 4] = ["Classpath-exception-2.0", "GCC-exception-3.1", "Linux-syscall-note", "LLVM-exception"];

/// What is wrong, and how to mend it.
type Wrong = (String, String);

/// Checks an expression: licences joined by `AND` and `OR`, in parentheses where needed, with `+` and `WITH` an
/// exception.
pub(super) fn check(text: &str) -> Result<(), Wrong> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    expression(&mut words)?;
    match words.next() {
        None => Ok(()),
        Some(word) => Err((format!("{} is not expected here", quote(word)), JOIN.into())),
    }
}

const JOIN: &str = "join licences with `AND` or `OR`, as in `MIT OR Apache-2.0`";

fn expression<'t>(words: &mut core::iter::Peekable<impl Iterator<Item = &'t str>>) -> Result<(), Wrong> {
    loop {
        match words.next() {
            Some("(") => {
                expression(words)?;
                if words.next() != Some(")") {
                    return Err(("a closing parenthesis is missing".into(), "write `)`".into()));
                }
            }
            Some(word) => {
                license(word)?;
                if words.next_if_eq(&"WITH").is_some() {
                    exception(words.next().unwrap_or_default())?;
                }
            }
            None => return Err(("a licence is missing".into(), JOIN.into())),
        }
        if words.next_if(|word| matches!(*word, "AND" | "OR")).is_none() {
            return Ok(());
        }
    }
}

fn license(word: &str) -> Result<(), Wrong> {
    let own = word.strip_prefix("LicenseRef-").is_some_and(|name| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
    });
    let name = word.strip_suffix('+').unwrap_or(word);
    if own || LICENSES.contains(&name) {
        return Ok(());
    }
    let starts = |known: &&&str| {
        let start = known.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        start && matches!(known.as_bytes().get(name.len()), None | Some(b'-'))
    };
    let near = LICENSES.iter().find(starts).copied().or_else(|| nearest(name, LICENSES));
    let remedy = match near {
        Some(near) => format!("write `{near}`, or `LicenseRef-` and a name for another licence"),
        None => "write an SPDX identifier such as `MIT`, or `LicenseRef-` and a name for another licence".into(),
    };
    Err((format!("{} is not known as an SPDX identifier", quote(word)), remedy))
}

fn exception(word: &str) -> Result<(), Wrong> {
    if EXCEPTIONS.contains(&word) {
        return Ok(());
    }
    let remedy = match nearest(word, EXCEPTIONS) {
        Some(near) => format!("write `{near}`"),
        None => "name an exception, such as `LLVM-exception`, after `WITH`".into(),
    };
    Err((format!("{} is not known as an exception", quote(word)), remedy))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_told_from_other_texts() {
        for text in [
            "MIT",
            "MIT OR Apache-2.0",
            "(MIT AND CC-BY-4.0) OR GPL-2.0-or-later WITH Classpath-exception-2.0",
            "ISC+",
            "LicenseRef-My.Own-1",
        ] {
            assert_eq!(check(text), Ok(()), "{text}");
        }
        for (text, fault) in [
            ("", "a licence is missing"),
            ("MIT OR", "a licence is missing"),
            ("MIT Apache-2.0", "`Apache-2.0` is not expected here"),
            ("MIT or ISC", "`or` is not expected here"),
            ("(MIT", "a closing parenthesis is missing"),
            ("MIT)", "`)` is not expected here"),
            ("mit", "write `MIT`"),
            ("Apache 2.0", "write `Apache-2.0`"),
            ("Apache2.0", "write `Apache-2.0`"),
            ("GPL-3.0", "write `GPL-3.0-only`"),
            ("proprietary", "`LicenseRef-`"),
            ("LicenseRef-", "is not known"),
            ("MIT WITH", "`` is not known as an exception"),
            ("MIT WITH LLVM-exceptoin", "write `LLVM-exception`"),
        ] {
            let (message, remedy) = check(text).expect_err(text);
            assert!(format!("{message}: {remedy}").contains(fault), "{text}: {message}: {remedy}");
        }
        assert!(check(&"(".repeat(200)).is_err());
    }
}
