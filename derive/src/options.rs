//! What stands in `#[resource(…)]` and `#[attr(…)]`, read and checked.

use proc_macro2::TokenStream;
use quote::quote;
use syn::meta::ParseNestedMeta;
use syn::punctuated::Punctuated;
use syn::{
    DeriveInput, Error, Field, Lit, LitFloat, LitInt, LitStr, Result, Token, Type, parenthesized,
};

/// `#[resource("aws_vpc", tags = "vpc", create = "5m")]`
pub struct ResourceOptions {
    pub kind: LitStr,
    pub tags: Option<LitStr>,
    /// Whether it has an `id` though no field is one.
    pub identified: bool,
    timeouts: [Option<u64>; 4],
}

const OPERATIONS: [&str; 4] = ["create", "update", "delete", "read"];

impl ResourceOptions {
    pub fn read(input: &DeriveInput) -> Result<Self> {
        let Some(attr) = input.attrs.iter().find(|it| it.path().is_ident("resource")) else {
            let message = "name the type: `#[resource(\"aws_…\")]`";
            return Err(Error::new(input.ident.span(), message));
        };
        attr.parse_args_with(|stream: syn::parse::ParseStream| {
            let kind = stream.parse::<LitStr>()?;
            let mut it =
                ResourceOptions { kind, tags: None, identified: true, timeouts: [None; 4] };
            while !stream.is_empty() {
                stream.parse::<Token![,]>()?;
                if stream.is_empty() {
                    break;
                }
                let name: syn::Ident = stream.parse()?;
                if name == "anonymous" {
                    it.identified = false;
                    continue;
                }
                stream.parse::<Token![=]>()?;
                let text: LitStr = stream.parse()?;
                if name == "tags" {
                    it.tags = Some(text);
                } else if let Some(at) = OPERATIONS.iter().position(|known| name == known) {
                    it.timeouts[at] = Some(seconds(&text)?);
                } else {
                    let known = ["tags", "anonymous", "create", "update", "delete", "read"];
                    return Err(unknown(&name, &known));
                }
            }
            Ok(it)
        })
    }

    pub fn timeouts(&self) -> (TokenStream, TokenStream, TokenStream, TokenStream) {
        let [create, update, delete, read] = self.timeouts.map(|it| match it {
            Some(seconds) => quote!(Some(::std::time::Duration::from_secs(#seconds))),
            None => quote!(None),
        });
        (create, update, delete, read)
    }
}

fn seconds(text: &LitStr) -> Result<u64> {
    let value = text.value();
    let parsed = value
        .strip_suffix('m')
        .and_then(|it| it.parse::<u64>().ok().map(|it| it * 60))
        .or_else(|| {
            value.strip_suffix('h').and_then(|it| it.parse::<u64>().ok().map(|it| it * 3600))
        })
        .or_else(|| value.strip_suffix('s').and_then(|it| it.parse().ok()));
    parsed.ok_or_else(|| Error::new(text.span(), "write a time limit as `30s`, `10m` or `2h`"))
}

fn unknown(name: &syn::Ident, known: &[&str]) -> Error {
    let typed = name.to_string();
    let near = known.iter().min_by_key(|it| strsim::damerau_levenshtein(&typed, it));
    let message = match near.filter(|it| strsim::damerau_levenshtein(&typed, it) <= 2) {
        Some(near) => format!("unknown option `{typed}`; did you mean `{near}`?"),
        None => format!("unknown option `{typed}`; there are {}", known.join(", ")),
    };
    Error::new(name.span(), message)
}

/// `#[attr(replace, default = "public")]`
#[derive(Default)]
pub struct FieldOptions {
    /// Name of the argument where it cannot be that of a field, such as `self`.
    pub name: Option<LitStr>,
    /// The field's own fields stand in its place.
    pub flatten: bool,
    replace: bool,
    may_replace: bool,
    local: bool,
    sensitive: bool,
    fold_case: bool,
    version: bool,
    json: bool,
    as_attribute: bool,
    computed: bool,
    optional: bool,
    default: Option<Lit>,
    range: Option<(f64, f64)>,
    multiple_of: Option<LitInt>,
    numbers: Vec<i64>,
    length: Option<(usize, usize)>,
    items: Option<(usize, usize)>,
    count: Option<(usize, usize)>,
    one_of: Vec<LitStr>,
    characters: Option<LitStr>,
    conflicts: Vec<LitStr>,
    exactly_one_of: Vec<LitStr>,
    at_least_one_of: Vec<LitStr>,
    required_with: Vec<LitStr>,
    format: Option<LitStr>,
    prefix: Option<(u8, u8)>,
    follows: Vec<LitStr>,
}

const FIELD_OPTIONS: &[&str] = &[
    "name",
    "flatten",
    "replace",
    "may_replace",
    "local",
    "sensitive",
    "fold_case",
    "version",
    "json",
    "as_attribute",
    "computed",
    "optional",
    "default",
    "range",
    "multiple_of",
    "numbers",
    "length",
    "items",
    "count",
    "one_of",
    "characters",
    "conflicts",
    "exactly_one_of",
    "at_least_one_of",
    "required_with",
    "format",
    "prefix",
    "follows",
];

impl FieldOptions {
    pub fn read(field: &Field) -> Result<Self> {
        let mut it = FieldOptions::default();
        for attr in field.attrs.iter().filter(|it| it.path().is_ident("attr")) {
            attr.parse_nested_meta(|meta| it.option(meta))?;
        }
        Ok(it)
    }

    fn option(&mut self, meta: ParseNestedMeta<'_>) -> Result<()> {
        let Some(name) = meta.path.get_ident().cloned() else {
            return Err(meta.error("an option is a single word"));
        };
        match name.to_string().as_str() {
            "name" => self.name = Some(meta.value()?.parse()?),
            "flatten" => self.flatten = true,
            "replace" => self.replace = true,
            "may_replace" => self.may_replace = true,
            "local" => self.local = true,
            "sensitive" => self.sensitive = true,
            "fold_case" => self.fold_case = true,
            "version" => self.version = true,
            "json" => self.json = true,
            "as_attribute" => self.as_attribute = true,
            "computed" => self.computed = true,
            "optional" => self.optional = true,
            "default" => self.default = Some(meta.value()?.parse()?),
            "range" => self.range = Some(pair(&meta)?),
            "multiple_of" => self.multiple_of = Some(meta.value()?.parse()?),
            "numbers" => self.numbers = numbers(&meta)?,
            "length" => self.length = Some(pair(&meta)?),
            "items" => self.items = Some(pair(&meta)?),
            "count" => self.count = Some(pair(&meta)?),
            "one_of" => self.one_of = texts(&meta)?,
            "characters" => self.characters = Some(meta.value()?.parse()?),
            "conflicts" => self.conflicts = texts(&meta)?,
            "exactly_one_of" => self.exactly_one_of = texts(&meta)?,
            "at_least_one_of" => self.at_least_one_of = texts(&meta)?,
            "required_with" => self.required_with = texts(&meta)?,
            "format" => self.format = Some(meta.value()?.parse()?),
            "prefix" => self.prefix = Some(pair(&meta)?),
            "follows" => self.follows = texts(&meta)?,
            _ => return Err(unknown(&name, FIELD_OPTIONS)),
        }
        Ok(())
    }

    /// The entries of the table that differ from a blank one.
    pub fn entries(&self, ty: &Type) -> Result<TokenStream> {
        let field = quote!(<#ty as ::fastcart_hcl::schema::Field>);
        let schema = quote!(::fastcart_hcl::schema);
        let kind = match (self.count, self.as_attribute) {
            (None, false) => quote!(#field::KIND),
            (count, as_attribute) => {
                let (least, most) = count.unwrap_or((0, usize::MAX));
                quote!(#schema::field::reshaped(#field::KIND, (#least, #most), #as_attribute))
            }
        };
        let decides = match (self.computed, self.default.is_some() || self.optional) {
            (true, _) => quote!(#schema::Decides::Auto),
            (false, true) => quote!(#schema::Decides::Optional),
            (false, false) => quote!(#field::DECIDES),
        };
        let default = match &self.default {
            None => quote!(None),
            Some(Lit::Str(it)) => quote!(Some(#schema::Default::String(#it))),
            Some(Lit::Bool(it)) => quote!(Some(#schema::Default::Bool(#it))),
            Some(Lit::Int(it)) => quote!(Some(#schema::Default::Int(#it))),
            Some(Lit::Float(it)) => quote!(Some(#schema::Default::Float(#it))),
            Some(other) => {
                let message = "a default is a string, a bool or a number";
                return Err(Error::new(other.span(), message));
            }
        };
        let one_of = match self.one_of.as_slice() {
            [] => quote!(#field::ONE_OF),
            texts => quote!(&[#(#texts),*]),
        };
        let compare = match (self.json, self.fold_case, self.version) {
            (true, ..) => quote!(#schema::Compare::Json),
            (_, true, _) => quote!(#schema::Compare::FoldCase),
            (.., true) => quote!(#schema::Compare::Version),
            _ => quote!(#schema::Compare::Exact),
        };
        let range = match self.range {
            Some((low, high)) => {
                let (low, high) = (open_end(low), open_end(high));
                quote!(Some((#low, #high)))
            }
            None => quote!(None),
        };
        let (length, items) = (optional_pair(self.length), optional_pair(self.items));
        let multiple_of = match &self.multiple_of {
            Some(it) => quote!(Some(#it)),
            None => quote!(None),
        };
        let (numbers, prefix) = (&self.numbers, optional_pair(self.prefix));
        let characters = self.characters.as_ref().map_or_else(String::new, LitStr::value);
        let (replace, may_replace) = (self.replace, self.may_replace);
        let (local, sensitive) = (self.local, self.sensitive);
        let (conflicts, exactly, follows) = (&self.conflicts, &self.exactly_one_of, &self.follows);
        let (least, with) = (&self.at_least_one_of, &self.required_with);
        let format = self.format()?;
        Ok(quote! {
            kind: #kind,
            decides: #decides,
            replace: #replace,
            may_replace: #may_replace,
            default: #default,
            sensitive: #sensitive || #field::SENSITIVE,
            write_only: #field::WRITE_ONLY,
            local: #local,
            compare: #compare,
            range: #range,
            multiple_of: #multiple_of,
            numbers: &[#(#numbers),*],
            length: #length,
            items: #items,
            one_of: #one_of,
            characters: #characters,
            conflicts: &[#(#conflicts),*],
            exactly_one_of: &[#(#exactly),*],
            at_least_one_of: &[#(#least),*],
            required_with: &[#(#with),*],
            format: #format,
            prefix: #prefix,
            follows: &[#(#follows),*],
        })
    }
}

/// Formats by the names that facts about the Terraform provider have for them.
const FORMATS: &[(&str, &str)] = &[
    ("account_id", "AccountId"),
    ("arn", "Arn"),
    ("base64", "Base64"),
    ("cidr_network", "Cidr"),
    ("daily_window", "DailyWindow"),
    ("iam_policy_json", "Policy"),
    ("identifier", "Identifier"),
    ("identifier_prefix", "IdentifierPrefix"),
    ("ip_address", "Ip"),
    ("ipv4_address", "Ip4"),
    ("ipv4_cidr_network", "Cidr4"),
    ("ipv6_address", "Ip6"),
    ("ipv6_cidr_network", "Cidr6"),
    ("json", "Json"),
    ("json_or_yaml", "JsonOrYaml"),
    ("kms_alias", "KmsAlias"),
    ("kms_key_id", "KmsKey"),
    ("not_empty", "NotEmpty"),
    ("nullable_bool", "Bool"),
    ("nullable_float", "Float"),
    ("nullable_int", "Int"),
    ("path", "Path"),
    ("utc_timestamp", "Time"),
    ("weekly_window", "WeeklyWindow"),
];

impl FieldOptions {
    fn format(&self) -> Result<TokenStream> {
        let Some(name) = &self.format else { return Ok(quote!(None)) };
        let found = FORMATS.iter().find(|(known, _)| *known == name.value());
        let Some((_, variant)) = found else {
            let known: Vec<&str> = FORMATS.iter().map(|(name, _)| *name).collect();
            let message = format!("unknown format; there are {}", known.join(", "));
            return Err(Error::new(name.span(), message));
        };
        let variant = syn::Ident::new(variant, name.span());
        Ok(quote!(Some(::fastcart_hcl::schema::Format::#variant)))
    }
}

fn optional_pair<T: quote::ToTokens>(pair: Option<(T, T)>) -> TokenStream {
    match pair {
        Some((low, high)) => quote!(Some((#low, #high))),
        None => quote!(None),
    }
}

/// The end of a range as a constant.
fn open_end(it: f64) -> TokenStream {
    match it.is_infinite() {
        true if it < 0.0 => quote!(f64::NEG_INFINITY),
        true => quote!(f64::INFINITY),
        false => quote!(#it),
    }
}

/// `range(1, 8760)`, `range(0.1, 100)`, `range(1, ..)`
fn pair<T: Bound>(meta: &ParseNestedMeta<'_>) -> Result<(T, T)> {
    let content;
    parenthesized!(content in meta.input);
    let ends = Punctuated::<End, Token![,]>::parse_terminated(&content)?;
    let ends: Vec<&End> = ends.iter().collect();
    match ends.as_slice() {
        [low, high] => {
            let (least, most) = (low.bound(T::LEAST)?, high.bound(T::MOST)?);
            match least <= most {
                true => Ok((least, most)),
                false => Err(Error::new(
                    high.1,
                    format!("nothing lies between {} and {}", low.0, high.0),
                )),
            }
        }
        _ => Err(meta.error("write the lowest and the highest: `(1, 10)`")),
    }
}

/// What may stand at the end of a range.
trait Bound: std::str::FromStr<Err: std::fmt::Display> + PartialOrd + Copy {
    /// The lowest there is.
    const LEAST: Self;
    /// The highest there is.
    const MOST: Self;
}

impl Bound for f64 {
    const LEAST: f64 = f64::NEG_INFINITY;
    const MOST: f64 = f64::INFINITY;
}

impl Bound for usize {
    const LEAST: usize = usize::MIN;
    const MOST: usize = usize::MAX;
}

impl Bound for u8 {
    const LEAST: u8 = u8::MIN;
    const MOST: u8 = u8::MAX;
}

/// A number that may be negative, or `..` for none.
struct End(String, proc_macro2::Span);

impl End {
    fn bound<T: Bound>(&self, open: T) -> Result<T> {
        match self.0.as_str() {
            ".." => Ok(open),
            text => text.parse().map_err(|it| Error::new(self.1, it)),
        }
    }
}

impl syn::parse::Parse for End {
    fn parse(input: syn::parse::ParseStream<'_>) -> Result<Self> {
        if let Some(dots) = input.parse::<Option<Token![..]>>()? {
            return Ok(End("..".into(), dots.spans[0]));
        }
        let minus = input.parse::<Option<Token![-]>>()?;
        let sign = if minus.is_some() { "-" } else { "" };
        let (digits, span) = match input.peek(LitFloat) {
            true => {
                let it: LitFloat = input.parse()?;
                (it.base10_digits().to_string(), it.span())
            }
            false => {
                let it: LitInt = input.parse()?;
                (it.base10_digits().to_string(), it.span())
            }
        };
        Ok(End(format!("{sign}{digits}"), span))
    }
}

/// `numbers(0, 1, 5)`
fn numbers(meta: &ParseNestedMeta<'_>) -> Result<Vec<i64>> {
    let content;
    parenthesized!(content in meta.input);
    let ends = Punctuated::<End, Token![,]>::parse_terminated(&content)?;
    ends.iter().map(|it| it.0.parse().map_err(|why| Error::new(it.1, why))).collect()
}

/// `one_of("a", "b")`
fn texts(meta: &ParseNestedMeta<'_>) -> Result<Vec<LitStr>> {
    let content;
    parenthesized!(content in meta.input);
    let texts = Punctuated::<LitStr, Token![,]>::parse_terminated(&content)?;
    Ok(texts.into_iter().collect())
}
