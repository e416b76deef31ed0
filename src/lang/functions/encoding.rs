//! Text in other notations: Base64, character sets, JSON, CSV, URLs.

use std::collections::BTreeMap;
use std::io::Write;

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use super::{CallError, Context, MAX_TEXT, Outcome, argument, failed, prefixed, text};
use crate::lang::types::Type;
use crate::lang::value::{Str, Value};

/// Standard alphabet with padding; spare bits at the end are not looked at.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::RequireCanonical),
);

/// Deepest nesting of a value that is written as JSON or YAML.
const MAX_DEPTH: usize = 512;

/// Bytes of Base64 text, line ends left out.
pub(super) fn bytes_of_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.chars().filter(|it| !matches!(it, '\r' | '\n')).collect();
    BASE64.decode(text).ok()
}

/// `base64decode(str)`
pub(super) fn base64decode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(bytes) = bytes_of_base64(text(args, 0)) else {
        return failed("the text is not valid Base64");
    };
    match String::from_utf8(bytes) {
        Ok(it) => Ok(it.into()),
        Err(_) => failed("the decoded bytes are not UTF-8 text"),
    }
}

/// `base64encode(str)`
pub(super) fn base64encode(_: &Context<'_>, args: &[Value]) -> Outcome {
    Ok(BASE64.encode(text(args, 0)).into())
}

/// `base64gzip(str)`
pub(super) fn base64gzip(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut writer = flate2::GzBuilder::new()
        .operating_system(255)
        .write(Vec::new(), flate2::Compression::default());
    let written = writer.write_all(text(args, 0).as_bytes());
    match written.and_then(|()| writer.finish()) {
        Ok(bytes) => Ok(BASE64.encode(bytes).into()),
        Err(it) => failed(it.to_string()),
    }
}

/// `textencodebase64(string, encoding)`
pub(super) fn textencodebase64(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(charset) = Charset::find(text(args, 1)) else { return unknown_charset(args) };
    match charset.encode(text(args, 0)) {
        Some(bytes) => Ok(BASE64.encode(bytes).into()),
        None => argument(0, format!("a character cannot be written in {}", text(args, 1))),
    }
}

/// `textdecodebase64(source, encoding)`
pub(super) fn textdecodebase64(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(charset) = Charset::find(text(args, 1)) else { return unknown_charset(args) };
    let Some(bytes) = bytes_of_base64(text(args, 0)) else {
        return argument(0, "the text is not valid Base64");
    };
    match charset.decode(&bytes) {
        Some(it) if !it.contains('\u{fffd}') => Ok(it.into()),
        _ => argument(0, format!("the bytes are not text in {}", text(args, 1))),
    }
}

fn unknown_charset(args: &[Value]) -> Outcome {
    argument(1, format!("{:?} is not a supported IANA character set name", text(args, 1)))
}

/// A character set. Those of the web standard differ from IANA's where they share a name, hence the
/// ones of our own.
enum Charset {
    Utf16 {
        big: bool,
        mark: bool,
    },
    Ascii,
    Latin1,
    /// As windows-1252 and the like, but 0x80 to 0x9F are control characters.
    Web(&'static encoding_rs::Encoding),
}

impl Charset {
    fn find(name: &str) -> Option<Charset> {
        let name = name.to_ascii_lowercase();
        let own = match name.as_str() {
            "utf-16le" | "csutf16le" => Charset::Utf16 { big: false, mark: false },
            "utf-16be" | "csutf16be" => Charset::Utf16 { big: true, mark: false },
            "utf-16" | "csutf16" => Charset::Utf16 { big: true, mark: true },
            "us-ascii" | "iso646-us" | "ansi_x3.4-1968" | "us" | "csascii" => Charset::Ascii,
            "iso-8859-1" | "iso_8859-1" | "iso_8859-1:1987" | "iso-ir-100" | "latin1" | "l1"
            | "ibm819" | "cp819" | "csisolatin1" => Charset::Latin1,
            // Labels of the web standard that IANA does not list, or that mean another set there.
            "ascii" | "utf8" | "unicode-1-1-utf-8" | "latin-1" | "cp1252" | "x-cp1252"
            | "iso-8859-9" | "latin5" | "l5" | "iso-8859-11" | "sjis" | "x-sjis" | "big5-hkscs"
            | "gb2312" => {
                return None;
            }
            name => {
                let web = encoding_rs::Encoding::for_label_no_replacement(name.as_bytes())?;
                Charset::Web(web)
            }
        };
        Some(own)
    }

    fn encode(&self, text: &str) -> Option<Vec<u8>> {
        match self {
            Charset::Utf16 { big, mark } => {
                let mark = mark.then_some(0xfeff);
                let units = mark.into_iter().chain(text.encode_utf16());
                let bytes = |it: u16| if *big { it.to_be_bytes() } else { it.to_le_bytes() };
                Some(units.flat_map(bytes).collect())
            }
            Charset::Ascii => text.is_ascii().then(|| text.as_bytes().to_vec()),
            Charset::Latin1 => text.chars().map(|it| u8::try_from(u32::from(it)).ok()).collect(),
            Charset::Web(it) => {
                let (bytes, _, unmappable) = it.encode(text);
                (!unmappable).then(|| bytes.into_owned())
            }
        }
    }

    fn decode(&self, bytes: &[u8]) -> Option<String> {
        match self {
            Charset::Utf16 { big, mark } => {
                let (pairs, []) = bytes.as_chunks::<2>() else { return None };
                let little = *mark && bytes.starts_with(&[0xff, 0xfe]);
                let read = |it: &[u8; 2]| match *big && !little {
                    true => u16::from_be_bytes(*it),
                    false => u16::from_le_bytes(*it),
                };
                let text = String::from_utf16_lossy(&pairs.iter().map(read).collect::<Vec<_>>());
                Some(if *mark { text.trim_start_matches('\u{feff}').into() } else { text })
            }
            Charset::Ascii => {
                let read = |it: &u8| if it.is_ascii() { char::from(*it) } else { '\u{fffd}' };
                Some(bytes.iter().map(read).collect())
            }
            Charset::Latin1 => Some(bytes.iter().map(|it| char::from(*it)).collect()),
            Charset::Web(it) => Some(it.decode_without_bom_handling(bytes).0.into_owned()),
        }
    }
}

/// `urlencode(str)`: as in a query string, so a space is `+`.
pub(super) fn urlencode(_: &Context<'_>, args: &[Value]) -> Outcome {
    use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
    const ESCAPED: &AsciiSet =
        &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    Ok(utf8_percent_encode(text(args, 0), ESCAPED).to_string().replace("%20", "+").into())
}

/// `jsondecode(str)`
pub(super) fn jsondecode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let Some(text) = args.first().and_then(Value::as_str) else {
        return begun_json(args.first().map_or("", Value::prefix));
    };
    match serde_json::from_str(text).or_else(|it| match without_lone_surrogates(text) {
        Some(text) => serde_json::from_str(&text),
        None => Err(it),
    }) {
        Ok(it) => Ok(Value::from_json(&it)),
        Err(it) => failed(format!("not valid JSON: {it}")),
    }
}

/// What a text that begins so will be decoded to.
fn begun_json(prefix: &str) -> Outcome {
    Ok(Value::unknown(match prefix.trim().chars().next() {
        None | Some('{' | '[' | 'n') => Type::Any,
        Some('"') => Type::String,
        Some('t' | 'f') => Type::Bool,
        Some('-' | '0'..='9') => Type::Number,
        Some(it) => return argument(0, format!("a JSON document cannot begin with `{it}`")),
    }))
}

/// The text with `\ufffd` for every half of a surrogate pair that stands alone; none where there is
/// no such half.
fn without_lone_surrogates(text: &str) -> Option<String> {
    let unit = |at: usize| -> Option<u16> {
        let escape = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(escape, 16).ok()
    };
    let mut out = String::with_capacity(text.len());
    let (mut at, mut changed) = (0, false);
    while let Some(it) = text.get(at..).and_then(|it| it.chars().next()) {
        let (whole, length) = match (unit(at), unit(at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => (true, 12),
            (Some(0xd800..=0xdfff), _) => (false, 6),
            _ if it == '\\' => (true, 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8)),
            _ => (true, it.len_utf8()),
        };
        out.push_str(if whole { &text[at..at + length] } else { "\\ufffd" });
        changed = changed || !whole;
        at += length;
    }
    changed.then_some(out)
}

/// `jsonencode(val)`
pub(super) fn jsonencode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let value = args.first().cloned().unwrap_or(Value::NULL);
    if !value.is_wholly_known() {
        // Its first character is known where its type is.
        return Ok(prefixed(match (value.is_not_null(), value.ty()) {
            (true, Type::String) => "\"",
            (true, Type::List(_) | Type::Set(_) | Type::Tuple(_)) => "[",
            (true, Type::Map(_) | Type::Object(_)) => "{",
            _ => "",
        }));
    }
    Ok(json_text(&value).map_err(CallError::Failed)?.into())
}

/// The value as `jsonencode` writes it.
pub(crate) fn json_text(value: &Value) -> Result<String, String> {
    let mut out = String::new();
    write_json(value, 0, &mut out)?;
    Ok(out)
}

fn write_json(value: &Value, depth: usize, out: &mut String) -> Result<(), String> {
    use crate::lang::value::Kind;
    if depth > MAX_DEPTH {
        return Err(format!("the value is nested deeper than {MAX_DEPTH} levels"));
    }
    if out.len() > MAX_TEXT {
        return Err("the result is larger than 64 MiB".into());
    }
    match value.kind() {
        Kind::Null(_) => out.push_str("null"),
        Kind::Unknown(_) => return Err("the value is not known yet".into()),
        Kind::Bool(it) => out.push_str(if *it { "true" } else { "false" }),
        Kind::Number(it) if it.is_infinite() => return Err("JSON has no infinity".into()),
        Kind::Number(it) => out.push_str(&it.to_string()),
        Kind::String(it) => write_json_string(it, out),
        Kind::List(_, items) | Kind::Set(_, items) | Kind::Tuple(items) => {
            out.push('[');
            for (at, item) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json(item, depth + 1, out)?;
            }
            out.push(']');
        }
        Kind::Map(_, items) | Kind::Object(items) => {
            out.push('{');
            for (at, (key, item)) in items.iter().enumerate() {
                out.push_str(if at > 0 { "," } else { "" });
                write_json_string(key, out);
                out.push(':');
                write_json(item, depth + 1, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

/// With the characters escaped that HTML and JavaScript would take for their own.
pub(super) fn write_json_string(text: &str, out: &mut String) {
    out.push('"');
    for it in text.chars() {
        match it {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => {
                out.push_str(&format!("\\u{:04x}", u32::from(it)));
            }
            it => out.push(it),
        }
    }
    out.push('"');
}

/// `csvdecode(str)`: one object a line, named by the first.
pub(super) fn csvdecode(_: &Context<'_>, args: &[Value]) -> Outcome {
    let mut text = text(args, 0).replace("\r\n", "\n");
    if text.ends_with('\r') {
        text.pop();
    }
    if text.starts_with('\u{feff}') {
        // The library skips the first one, which is a part of the text.
        text.insert(0, '\u{feff}');
    }
    if let Err(message) = check_quotes(&text) {
        return failed(message);
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_reader(text.as_bytes());
    let mut records = reader.records();
    let header: Vec<Str> = match records.next() {
        Some(Ok(it)) => it.iter().map(Str::from).collect(),
        Some(Err(it)) => return failed(it.to_string()),
        None => return failed("the header line is missing"),
    };
    for (at, name) in header.iter().enumerate() {
        if header.iter().take(at).any(|it| it == name) {
            return failed(format!("there are two columns named {name:?}"));
        }
    }
    let ty = Type::object(header.iter().map(|it| (it.clone(), Type::String)));
    let mut rows = Vec::new();
    for record in records {
        match record {
            Ok(it) => {
                let fields = it.iter().map(Value::from);
                let row: BTreeMap<Str, Value> = header.iter().cloned().zip(fields).collect();
                rows.push(Value::object(row));
            }
            Err(_) => {
                return failed(format!("row {} has a wrong number of fields", rows.len() + 1));
            }
        }
    }
    Ok(Value::list(ty, rows))
}

/// The library takes any quote for text where it makes no sense; it is an error here.
fn check_quotes(text: &str) -> Result<(), String> {
    let mut quoted = false;
    let mut start = true;
    let mut chars = text.chars().peekable();
    while let Some(it) = chars.next() {
        match (quoted, it) {
            (false, '"') if start => quoted = true,
            (false, '"') => return Err("there is a quote in a field that is not quoted".into()),
            (true, '"') if chars.peek() == Some(&'"') => {
                chars.next();
            }
            (true, '"') if matches!(chars.peek(), None | Some(',' | '\n')) => quoted = false,
            (true, '"') => return Err("a quoted field goes on after its closing quote".into()),
            _ => {}
        }
        start = !quoted && matches!(it, ',' | '\n');
    }
    if quoted { Err("a quoted field is not closed".into()) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::super::testing::*;

    #[test]
    fn character_sets_go_by_their_iana_names() {
        for (text, charset, want) in [
            ("é", "latin1", "\"6Q==\""),
            ("€", "windows-1252", "\"gA==\""),
            ("Hi", "UTF-16", "\"/v8ASABp\""),
            ("Hi", "us-ascii", "\"SGk=\""),
            ("ж", "KOI8-R", "\"1g==\""),
        ] {
            assert_eq!(show(run("textencodebase64", [text.into(), charset.into()])), want);
        }
        for (text, charset, at) in [("é", "US-ASCII", 0), ("x", "utf8", 1), ("x", "", 1)] {
            let shown = show(run("textencodebase64", [text.into(), charset.into()]));
            assert!(shown.starts_with(&format!("arg {at}")), "{shown}");
        }
        assert_eq!(show(run("textdecodebase64", ["/v8ASABp".into(), "UTF-16".into()])), "\"Hi\"");
    }

    #[test]
    fn json_is_safe_within_html() {
        let shown = run("jsonencode", [json("{\"<a>\":\"&\\u2028\\u0001\\b\"}")]).unwrap();
        assert_eq!(shown.as_str(), Some(r#"{"\u003ca\u003e":"\u0026\u2028\u0001\b"}"#));
    }

    #[test]
    fn csv_is_strict() {
        for (text, want) in [
            ("a,b\n\"x\"\"y\",\" z\"\n", r#"[{"a":"x\"y","b":" z"}]"#),
            ("a,b\r\n1,\r\n", r#"[{"a":"1","b":""}]"#),
            ("a\n", "[]"),
        ] {
            assert_eq!(show(run("csvdecode", [text.into()])), want);
        }
        for wrong in ["", "a\nx\"y\n", "a\n\"x\"y\n", "a\n\"x\n", "a,b\n1\n", "a,a\n"] {
            assert!(show(run("csvdecode", [wrong.into()])).starts_with("failed"), "{wrong:?}");
        }
    }

    #[test]
    fn gzip_reads_back() {
        use std::io::Read;
        let packed = run("base64gzip", ["hello".into()]).unwrap();
        let bytes = super::bytes_of_base64(packed.as_str().unwrap()).unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&*bytes).read_to_string(&mut text).unwrap();
        assert_eq!(text, "hello");
    }
}
