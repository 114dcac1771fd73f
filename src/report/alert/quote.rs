//! Log text in a query: one function for each language, so that no value can end its own quotes.
//!
//! Values hold no control characters (`fields` passes those over); what is left to do is quotes, backslashes
//! and, where a language has them, wildcards.

/// A string of `LogQL`, EQL, ES|QL, `PromQL` or SPL: double quotes, a backslash before quotes and backslashes.
pub(super) fn double(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// A scalar of YAML: single quotes, doubled inside.
pub(super) fn yaml(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A value of Sigma, as a scalar of YAML: `*` and `?` are wildcards there, and a backslash takes that away.
pub(super) fn sigma(text: &str) -> String {
    yaml(&text.replace('\\', "\\\\").replace('*', "\\*").replace('?', "\\?"))
}

/// A field of SPL inside `eval` and `where`.
pub(super) fn spl_field(name: &str) -> String {
    format!("'{name}'")
}

/// A field of EQL and ES|QL.
pub(super) fn elastic_field(name: &str) -> String {
    let parts: Vec<String> = name
        .split('.')
        .map(|part| {
            let plain = part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
                && part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
            if plain { part.to_owned() } else { format!("`{part}`") }
        })
        .collect();
    parts.join(".")
}

/// A path of Loki's `json` stage.
pub(super) fn loki_path(name: &str) -> String {
    let plain = |part: &str| part.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    let starts = |part: &str| part.starts_with(|letter: char| letter.is_ascii_alphabetic() || letter == '_');
    let path: String = name
        .split('.')
        .enumerate()
        .map(|(index, part)| match (plain(part) && starts(part), index) {
            (true, 0) => part.to_owned(),
            (true, _) => format!(".{part}"),
            (false, _) => format!("[{}]", double(part)),
        })
        .collect();
    double(&path)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{double, elastic_field, loki_path, sigma, yaml};

    #[test]
    fn quotes_and_wildcards_are_text() {
        assert_eq!(double(r#"a"b\c"#), r#""a\"b\\c""#);
        assert_eq!(yaml("it's"), "'it''s'");
        assert_eq!(sigma("a*b?c\\"), "'a\\*b\\?c\\\\'");
        assert_eq!(elastic_field("http.status-code"), "http.`status-code`");
        assert_eq!(loki_path("auth.err-code"), r#""auth[\"err-code\"]""#);
        assert_eq!(loki_path("@mt"), r#""[\"@mt\"]""#);
    }

    proptest! {
        #[test]
        fn a_value_never_ends_its_own_quotes(text in "[a\"\\\\'*? ]{0,12}") {
            let quoted = double(&text);
            let inner = &quoted[1..quoted.len() - 1];
            let mut escaped = false;
            for letter in inner.chars() {
                prop_assert!(letter != '"' || escaped);
                escaped = letter == '\\' && !escaped;
            }
            prop_assert!(!escaped);
            let single = yaml(&text);
            prop_assert_eq!(single[1..single.len() - 1].replace("''", "").matches('\'').count(), 0);
        }
    }
}
