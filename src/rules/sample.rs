//! Invented values for example lines: `<<alnum:36>>` becomes 36 characters, the same ones on every run.
//!
//! Rule files stay readable and hold nothing of the shape of a secret, so that no other scanner stops on them.

/// Fills in every `<<class:length>>` and `<<jwt>>` of a line; other text stays as it is.
pub(super) fn expand(line: &str) -> String {
    let mut out = String::new();
    let mut rest = line;
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    while let Some((before, after)) = rest.split_once("<<") {
        out.push_str(before);
        if let Some((value, tail)) =
            after.split_once(">>").and_then(|(spec, tail)| Some((value(spec, &mut state)?, tail)))
        {
            out.push_str(&value);
            rest = tail;
        } else {
            out.push_str("<<");
            rest = after;
        }
    }
    out + rest
}

fn value(spec: &str, state: &mut u64) -> Option<String> {
    if spec == "jwt" {
        // {"alg":"RS256","typ":"JWT"} . {"sub":"u1","exp":1767323045}
        return Some(format!(
            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJ1MSIsImV4cCI6MTc2NzMyMzA0NX0.{}",
            value("url:86", state)?
        ));
    }
    let (class, length) = spec.split_once(':')?;
    let alphabet: &[u8] = match class {
        "alnum" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789",
        "upper" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789",
        "lower" => b"abcdefghijklmnopqrstuvwxyz0123456789",
        "url" => b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
        "hex" => b"0123456789abcdef",
        "HEX" => b"0123456789ABCDEF",
        _ => return None,
    };
    let length: usize = length.parse().ok().filter(|length| *length <= 4096)?;
    let mut text = String::with_capacity(length);
    for at in 0..length {
        // xorshift64*: good enough to look random, and without a dependency.
        *state ^= *state >> 12;
        *state ^= *state << 25;
        *state ^= *state >> 27;
        let draw = (state.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) as usize;
        // No separator at either end: there it would be read as punctuation.
        let usable = if at == 0 || at + 1 == length { alphabet.len().min(62) } else { alphabet.len() };
        text.push(alphabet[draw % usable] as char);
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::expand;

    #[test]
    fn samples_have_their_length_and_other_text_stays() {
        let line = expand("a <<hex:8>> b << c <<nope:3>>");
        assert_eq!(line.len(), "a 12345678 b << c <<nope:3>>".len());
        assert!(line.ends_with(" b << c <<nope:3>>"), "{line}");
        assert_eq!(expand("<<alnum:40>>"), expand("<<alnum:40>>"));
        assert_ne!(expand("<<alnum:40>> <<alnum:40>>")[..40], expand("<<alnum:40>> <<alnum:40>>")[41..]);
    }
}
