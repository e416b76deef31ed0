//! Const tables: what arguments a type takes, who decides each, and what a change of it means.

use std::time::Duration;

use super::format::Format;
use crate::lang::types::Type;
use crate::lang::value::Value;

/// What a resource type or data source looks like. Made by `#[derive(Resource)]` as a constant.
#[derive(Debug)]
pub struct Schema {
    /// Type name, such as `aws_vpc`.
    pub kind: &'static str,
    /// Doc comment of the struct.
    pub doc: &'static str,
    /// Arguments, attributes and nested blocks in the order they are declared.
    pub attributes: &'static [Attribute],
    /// How long each operation may take; an operation without one takes no `timeouts` argument.
    pub timeouts: Timeouts,
    /// What `tags` are attached with, where the type has tags: the service's resource-type name.
    pub tags: Option<&'static str>,
}

/// Default time limits per operation.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timeouts {
    /// From the call that creates to ready.
    pub create: Option<Duration>,
    /// From the first call that changes to ready.
    pub update: Option<Duration>,
    /// From the call that deletes to gone.
    pub delete: Option<Duration>,
    /// One read of a data source.
    pub read: Option<Duration>,
}

/// One argument, attribute or nested block.
#[derive(Clone, Copy, Debug)]
pub struct Attribute {
    /// Name as Terraform has it.
    pub name: &'static str,
    /// Doc comment of the field.
    pub doc: &'static str,
    /// Shape of the value.
    pub kind: Kind,
    /// Who decides the value.
    pub decides: Decides,
    /// A change of it replaces the object.
    pub replace: bool,
    /// Some changes of it replace the object; which ones the driver says.
    pub may_replace: bool,
    /// Value when the user gives none.
    pub default: Option<Default>,
    /// Never shown.
    pub sensitive: bool,
    /// Sent, never stored.
    pub write_only: bool,
    /// AWS never returns it: what the user last gave stands.
    pub local: bool,
    /// When two values count as the same.
    pub compare: Compare,
    /// Allowed numbers, inclusive; infinite where one end is open.
    pub range: Option<(f64, f64)>,
    /// Only multiples of it are allowed.
    pub multiple_of: Option<i64>,
    /// Numbers that are allowed besides those of `range` and `multiple_of`, or the only ones where
    /// there is neither; empty for none.
    pub numbers: &'static [i64],
    /// Allowed lengths of the text, or of each element, in characters, inclusive.
    pub length: Option<(usize, usize)>,
    /// How many elements are allowed, inclusive.
    pub items: Option<(usize, usize)>,
    /// Allowed texts, or elements; empty for any.
    pub one_of: &'static [&'static str],
    /// Characters that the text, or each element, is made of, such as `a-z0-9_-`; empty for any.
    pub characters: &'static str,
    /// Arguments of the same block that must not be given beside it. Said on one side or both.
    pub conflicts: &'static [&'static str],
    /// Exactly one of these arguments of the same block (itself first) must be given.
    pub exactly_one_of: &'static [&'static str],
    /// One or more of these arguments of the same block (itself first) must be given.
    pub at_least_one_of: &'static [&'static str],
    /// Arguments of the same block that must be given where it is.
    pub required_with: &'static [&'static str],
    /// What the text, or each of its elements, must look like.
    pub format: Option<Format>,
    /// Shortest and longest network, by the length of its prefix, inclusive.
    pub prefix: Option<(u8, u8)>,
    /// A computed value that becomes unknown when one of these changes.
    pub follows: &'static [&'static str],
}

/// Shape of a value.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// `true` or `false`
    Bool,
    /// A whole number.
    Int,
    /// A number.
    Float,
    /// Text.
    String,
    /// Anything at all.
    Any,
    /// Elements in order.
    List(&'static Kind),
    /// Elements, each once.
    Set(&'static Kind),
    /// Elements by name.
    Map(&'static Kind),
    /// An object written as a value.
    Object(&'static [Attribute]),
    /// A nested block.
    Block {
        /// Its arguments.
        attributes: &'static [Attribute],
        /// Whether order counts.
        nesting: Nesting,
        /// Fewest and most; `usize::MAX` for any number.
        count: (usize, usize),
        /// May also be written as an argument with a list of objects.
        as_attribute: bool,
    },
}

/// How repeated nested blocks are held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nesting {
    /// In order.
    List,
    /// Without order.
    Set,
}

/// Who decides a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decides {
    /// The user, always.
    Required,
    /// The user, maybe.
    Optional,
    /// The user, else AWS.
    Auto,
    /// Only AWS.
    Out,
}

/// A constant default.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)]
pub enum Default {
    Bool(bool),
    Int(i64),
    Float(f64),
    String(&'static str),
}

/// When two values count as the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compare {
    /// When they are.
    Exact,
    /// Upper and lower case aside.
    FoldCase,
    /// As JSON documents; policies also by what their statements mean.
    Json,
    /// As versions: the one that runs is the one that is asked for by its beginning.
    Version,
}

impl Attribute {
    /// An optional argument without anything special: what the derive fills the rest from.
    pub const BLANK: Attribute = Attribute {
        name: "",
        doc: "",
        kind: Kind::Any,
        decides: Decides::Optional,
        replace: false,
        may_replace: false,
        default: None,
        sensitive: false,
        write_only: false,
        local: false,
        compare: Compare::Exact,
        range: None,
        multiple_of: None,
        numbers: &[],
        length: None,
        items: None,
        one_of: &[],
        characters: "",
        conflicts: &[],
        exactly_one_of: &[],
        at_least_one_of: &[],
        required_with: &[],
        format: None,
        prefix: None,
        follows: &[],
    };

    /// How many attributes these are together.
    pub const fn count(slices: &[&[Attribute]]) -> usize {
        let (mut count, mut at) = (0, 0);
        while at < slices.len() {
            count += slices[at].len();
            at += 1;
        }
        count
    }

    /// All of them in one table: for structs whose fields stand in another's.
    pub const fn joined<const N: usize>(slices: &[&[Attribute]]) -> [Attribute; N] {
        let mut all = [Attribute::BLANK; N];
        let (mut count, mut at) = (0, 0);
        while at < slices.len() {
            let mut from = 0;
            while from < slices[at].len() {
                all[count] = slices[at][from];
                count += 1;
                from += 1;
            }
            at += 1;
        }
        all
    }

    /// Whether the user may set it.
    pub fn is_argument(&self) -> bool {
        self.decides != Decides::Out
    }

    /// Whether AWS may set it.
    pub fn is_computed(&self) -> bool {
        matches!(self.decides, Decides::Auto | Decides::Out)
    }

    /// Whether it is written as a nested block.
    pub fn is_block(&self) -> bool {
        matches!(self.kind, Kind::Block { .. })
    }

    /// Whether these texts count as the same in either case.
    pub fn folds_case(&self) -> bool {
        self.compare == Compare::FoldCase
    }

    /// Attributes of a nested block or object.
    pub fn nested(&self) -> &'static [Attribute] {
        self.kind.nested()
    }
}

impl Kind {
    /// The type of a value of this shape.
    pub fn ty(&self) -> Type {
        match self {
            Kind::Bool => Type::Bool,
            Kind::Int | Kind::Float => Type::Number,
            Kind::String => Type::String,
            Kind::Any => Type::Any,
            Kind::List(of) => Type::list(of.ty()),
            Kind::Set(of) => Type::set(of.ty()),
            Kind::Map(of) => Type::map(of.ty()),
            Kind::Object(attributes) => object_type(attributes),
            Kind::Block { attributes, nesting: Nesting::List, .. } => {
                Type::list(object_type(attributes))
            }
            Kind::Block { attributes, nesting: Nesting::Set, .. } => {
                Type::set(object_type(attributes))
            }
        }
    }

    /// Attributes of a nested block or object, however deep it is wrapped.
    pub fn nested(&self) -> &'static [Attribute] {
        match self {
            Kind::Object(attributes) | Kind::Block { attributes, .. } => attributes,
            Kind::List(of) | Kind::Set(of) | Kind::Map(of) => of.nested(),
            _ => &[],
        }
    }
}

/// The object type that these attributes make up.
pub fn object_type(attributes: &[Attribute]) -> Type {
    Type::object(attributes.iter().map(|it| (it.name, it.kind.ty())))
}

impl Default {
    /// As a value.
    pub fn value(self) -> Value {
        match self {
            Default::Bool(it) => it.into(),
            Default::Int(it) => it.into(),
            Default::Float(it) => {
                crate::lang::number::Number::from_f64(it).map_or(Value::NULL, Value::number)
            }
            Default::String(it) => it.into(),
        }
    }
}

impl Schema {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.attributes.iter().find(|it| it.name == name)
    }

    /// The type of an instance's value: an object of all attributes, `id` included.
    pub fn ty(&self) -> Type {
        object_type(self.attributes)
    }

    /// Names of all arguments, for "did you mean".
    pub fn argument_names(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.iter().filter(|it| it.is_argument()).map(|it| it.name)
    }
}
