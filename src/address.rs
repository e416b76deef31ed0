//! Addresses: `module.shop["de"].aws_subnet.app[0]`, read and written as Terraform does.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use crate::diag::Diagnostic;

/// Which of a resource's (or module's) instances.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// From `count`.
    Index(u64),
    /// From `for_each`.
    Name(Arc<str>),
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Index(index) => write!(f, "[{index}]"),
            Key::Name(name) => write!(f, "[{}]", quoted(name)),
        }
    }
}

/// A string as HCL writes it, with quotes and escapes.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '$' | '%' if rest.peek() == Some(&'{') => {
                out.push(c);
                out.push(c);
            }
            c if (c as u32) < 0x20 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// One step down the module tree.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModuleStep {
    /// Name of the module call.
    pub name: Arc<str>,
    /// Instance of it.
    pub key: Option<Key>,
}

/// A module instance; empty is the root.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModulePath(pub Vec<ModuleStep>);

impl ModulePath {
    /// The root module.
    pub fn root() -> Self {
        Self::default()
    }

    /// Whether it is the root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// One step further down.
    pub fn child(&self, name: impl Into<Arc<str>>, key: Option<Key>) -> Self {
        let mut steps = self.0.clone();
        steps.push(ModuleStep { name: name.into(), key });
        ModulePath(steps)
    }
}

impl fmt::Display for ModulePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, step) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(".")?;
            }
            write!(f, "module.{}", step.name)?;
            if let Some(key) = &step.key {
                write!(f, "{key}")?;
            }
        }
        Ok(())
    }
}

/// Managed resource, data source or ephemeral resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Mode {
    /// `data` block: only read. First in order, as Terraform lists it.
    Data,
    /// `resource` block: created, updated and deleted.
    Managed,
    /// `ephemeral` block: opened for one run, never stored.
    Ephemeral,
}

/// A resource: all of its instances.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ResourceAddress {
    /// Module instance it is in.
    pub module: ModulePath,
    /// Kind of block.
    pub mode: Mode,
    /// Resource type, such as `aws_vpc`.
    pub kind: Arc<str>,
    /// Name given in the block.
    pub name: Arc<str>,
}

/// The order of two texts, at once where they are one and the same.
pub fn compared(a: &Arc<str>, b: &Arc<str>) -> Ordering {
    if Arc::ptr_eq(a, b) { Ordering::Equal } else { a.cmp(b) }
}

impl Ord for ResourceAddress {
    fn cmp(&self, other: &Self) -> Ordering {
        let places = self.module.cmp(&other.module).then_with(|| self.mode.cmp(&other.mode));
        let kinds = || compared(&self.kind, &other.kind);
        places.then_with(kinds).then_with(|| compared(&self.name, &other.name))
    }
}

impl PartialOrd for ResourceAddress {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl ResourceAddress {
    /// The same without the instance keys of the modules on the way to it.
    pub fn without_keys(&self) -> ResourceAddress {
        let mut it = self.clone();
        it.module.0.iter_mut().for_each(|step| step.key = None);
        it
    }

    /// One of its instances.
    pub fn instance(&self, key: Option<Key>) -> Address {
        Address { resource: self.clone(), key }
    }
}

impl fmt::Display for ResourceAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.module.is_root() {
            write!(f, "{}.", self.module)?;
        }
        match self.mode {
            Mode::Managed => {}
            Mode::Data => f.write_str("data.")?,
            Mode::Ephemeral => f.write_str("ephemeral.")?,
        }
        write!(f, "{}.{}", self.kind, self.name)
    }
}

/// A resource instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Address {
    /// The resource.
    pub resource: ResourceAddress,
    /// Which instance; none where neither `count` nor `for_each` is set.
    pub key: Option<Key>,
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.resource)?;
        match &self.key {
            Some(key) => write!(f, "{key}"),
            None => Ok(()),
        }
    }
}

/// What `--target`, `moved` or `removed` may name: a module, a resource or an instance.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// Everything in a module; a step without a key stands for all of its instances.
    Module(ModulePath),
    /// Every instance of a resource.
    Resource(ResourceAddress),
    /// One instance.
    Instance(Address),
}

impl Target {
    /// Whether the instance lies within. Module steps without a key stand for all instances.
    pub fn contains(&self, address: &Address) -> bool {
        match self {
            Target::Module(path) => within(path, &address.resource.module),
            Target::Resource(resource) => same_resource(resource, &address.resource),
            Target::Instance(one) => {
                same_resource(&one.resource, &address.resource) && one.key == address.key
            }
        }
    }
}

fn same_resource(wanted: &ResourceAddress, have: &ResourceAddress) -> bool {
    (wanted.mode, &wanted.kind, &wanted.name) == (have.mode, &have.kind, &have.name)
        && wanted.module.0.len() == have.module.0.len()
        && within(&wanted.module, &have.module)
}

fn within(outer: &ModulePath, inner: &ModulePath) -> bool {
    outer.0.len() <= inner.0.len()
        && outer
            .0
            .iter()
            .zip(&inner.0)
            .all(|(a, b)| a.name == b.name && (a.key.is_none() || a.key == b.key))
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Target::Module(it) => it.fmt(f),
            Target::Resource(it) => it.fmt(f),
            Target::Instance(it) => it.fmt(f),
        }
    }
}

impl FromStr for Target {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        Reader { text, at: 0 }.target().ok_or_else(|| {
            Diagnostic::error(
                "invalid address",
                format!("`{text}` is not the address of a module, a resource or an instance"),
            )
            .hint("write it like `aws_subnet.app[\"a\"]` or `module.network.aws_vpc.main`")
        })
    }
}

impl FromStr for Address {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        match text.parse()? {
            Target::Instance(it) => Ok(it),
            Target::Resource(resource) => Ok(Address { resource, key: None }),
            Target::Module(_) => Err(Diagnostic::error(
                "invalid address",
                format!("`{text}` names a module, not a resource instance"),
            )),
        }
    }
}

impl FromStr for ModulePath {
    type Err = Diagnostic;

    fn from_str(text: &str) -> Result<Self, Diagnostic> {
        match text {
            "" => Ok(ModulePath::root()),
            _ => match text.parse()? {
                Target::Module(path) => Ok(path),
                _ => Err(Diagnostic::error("invalid address", format!("`{text}` is not a module"))),
            },
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn target(mut self) -> Option<Target> {
        let mut module = ModulePath::root();
        loop {
            let word = self.word()?;
            if word == "module" && self.eat('.') {
                let name = self.word()?;
                module.0.push(ModuleStep { name: name.into(), key: self.key()? });
                if self.done() {
                    return Some(Target::Module(module));
                }
                self.eat('.').then_some(())?;
                continue;
            }
            let (mode, kind) = match word.as_str() {
                "data" if self.eat('.') => (Mode::Data, self.word()?),
                "ephemeral" if self.eat('.') => (Mode::Ephemeral, self.word()?),
                _ => (Mode::Managed, word),
            };
            self.eat('.').then_some(())?;
            let name = self.word()?;
            let resource = ResourceAddress { module, mode, kind: kind.into(), name: name.into() };
            let key = self.key()?;
            self.done().then_some(())?;
            return Some(match key {
                Some(_) => Target::Instance(Address { resource, key }),
                None => Target::Resource(resource),
            });
        }
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn done(&self) -> bool {
        self.at == self.text.len()
    }

    fn eat(&mut self, c: char) -> bool {
        let found = self.rest().starts_with(c);
        self.at += if found { c.len_utf8() } else { 0 };
        found
    }

    fn word(&mut self) -> Option<String> {
        let word: String = self
            .rest()
            .chars()
            .take_while(|c| unicode_ident::is_xid_continue(*c) || *c == '-' || *c == '_')
            .collect();
        let first = word.chars().next()?;
        (unicode_ident::is_xid_start(first) || first == '_').then_some(())?;
        self.at += word.len();
        Some(word)
    }

    /// `Some(None)` where there is no key, `None` where there is a bad one.
    fn key(&mut self) -> Option<Option<Key>> {
        if !self.eat('[') {
            return Some(None);
        }
        let key = if self.rest().starts_with('"') {
            let end = end_of_string(self.rest())?;
            let literal = self.rest()[..end].to_string();
            self.at += end;
            Key::Name(unquoted(&literal)?.into())
        } else {
            let digits: String = self.rest().chars().take_while(char::is_ascii_digit).collect();
            self.at += digits.len();
            Key::Index(digits.parse().ok()?)
        };
        self.eat(']').then_some(Some(key))
    }
}

/// Length of the quoted string that `text` starts with.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().skip(1).find_map(|(at, c)| {
        let closes = c == '"' && !escaped;
        escaped = c == '\\' && !escaped;
        closes.then_some(at + 1)
    })
}

/// Reads back what [`quoted`] wrote.
fn unquoted(literal: &str) -> Option<String> {
    let inner = literal.strip_prefix('"')?.strip_suffix('"')?;
    let inner = inner.replace("$${", "${").replace("%%{", "%{");
    serde_json::from_str(&format!("\"{inner}\"")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_read_back_as_written() {
        for text in [
            "aws_vpc.main",
            "aws_subnet.app[0]",
            "aws_subnet.app[\"eu-central-1a\"]",
            "aws_subnet.app[\"a\\\"b\\\\c$${d\"]",
            "data.aws_region.current",
            "module.a[\"x.y\"].module.b[2].aws_vpc.main",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!(
            "module.a.module.b[0]".parse::<Target>().unwrap().to_string(),
            "module.a.module.b[0]"
        );
    }

    #[test]
    fn bad_addresses_are_refused() {
        for text in [
            "",
            "aws_vpc",
            "aws_vpc.",
            "aws_vpc.main[",
            "aws_vpc.main[x]",
            "1.a",
            "module.",
            "a.b.c",
        ] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_module_target_holds_every_instance_of_it() {
        let inside: Address = "module.a[0].aws_vpc.main".parse().unwrap();
        assert!("module.a".parse::<Target>().unwrap().contains(&inside));
        assert!(!"module.a[1]".parse::<Target>().unwrap().contains(&inside));
        assert!(!"aws_vpc.main".parse::<Target>().unwrap().contains(&inside));
    }
}
