//! The derives: table, conversions, drafts, and their errors.

use fastcart_hcl::lang::types::Type;
use fastcart_hcl::lang::value::Value;
use fastcart_hcl::schema::{
    Auto, Block, BlockSet, Decides, Default, Given, Kind, Nested, Out, Resource, Row, Set, Tags,
    View,
};

/// A thing with every sort of field.
#[derive(Debug, Resource)]
#[resource("test_thing", tags = "thing", create = "10m", delete = "90s")]
struct Thing {
    /// Name of the thing.
    #[attr(replace, length(1, 10))]
    name: String,
    /// How big it is.
    #[attr(default = 3, range(1, 8))]
    size: i64,
    /// Kind of thing.
    #[attr(default = "public", one_of("public", "private"))]
    r#type: String,
    /// Where it is.
    zone: Auto<String>,
    /// Its name in the world.
    arn: Out<String>,
    /// Its ports.
    ports: Option<Set<i64>>,
    /// Its rule.
    rule: Block<Rule>,
    /// Its further rules.
    #[attr(count(0, 2))]
    more: BlockSet<Rule>,
    tags: Tags,
}

/// A rule.
#[derive(Clone, Debug, PartialEq, Nested)]
struct Rule {
    /// Port it is about.
    port: i64,
    /// Why.
    why: Option<String>,
}

/// A thing with objects as values, and an argument that cannot be the name of a field.
#[derive(Debug, Resource)]
#[resource("test_other")]
struct Other {
    /// Whether it is about itself.
    #[attr(name = "self", default = false)]
    itself: bool,
    /// What it found.
    found: Out<Vec<Rule>>,
    /// Its rules, which others may set.
    #[attr(as_attribute)]
    rules: Auto<BlockSet<Rule>>,
}

/// What several things have.
#[derive(Clone, Debug, PartialEq, Nested)]
struct Shared {
    /// How wide it is.
    #[attr(replace)]
    width: i64,
    /// How high it is.
    height: Auto<i64>,
}

/// A thing that has what several have.
#[derive(Debug, Resource)]
#[resource("test_flat")]
struct Flat {
    /// Name of the thing.
    name: String,
    #[attr(flatten)]
    shared: Shared,
    /// Its name in the world.
    arn: Out<String>,
}

#[test]
fn fields_of_a_shared_struct_stand_in_the_place_of_its_field() {
    let names: Vec<&str> = Flat::SCHEMA.attributes.iter().map(|it| it.name).collect();
    assert_eq!(names, ["id", "name", "width", "height", "arn"]);
    assert!(Flat::SCHEMA.attribute("width").unwrap().replace);
    let row = Value::object([("name", Value::from("a")), ("width", 2.into())]);
    let flat = Flat::from_row(&row).unwrap();
    assert_eq!(flat.shared, Shared { width: 2, ..Shared::blank() });
    assert_eq!(flat.to_row().ty(), Flat::SCHEMA.ty());
    let row = Value::object([("name", Value::from("a")), ("width", "x".into())]);
    let mistake = Flat::from_row(&row).unwrap_err();
    assert_eq!(mistake.to_string(), "`width`: a whole number is wanted, but it is a string");
}

#[test]
fn objects_stand_in_lists_and_blocks_may_be_left_open() {
    let schema = Other::SCHEMA;
    assert_eq!(schema.attribute("self").unwrap().default, Some(Default::Bool(false)));
    let object = Type::object([("port", Type::Number), ("why", Type::String)]);
    assert_eq!(schema.attribute("found").unwrap().kind.ty(), Type::list(object));
    let rules = schema.attribute("rules").unwrap();
    assert_eq!(rules.decides, Decides::Auto);
    assert!(matches!(rules.kind, Kind::Block { as_attribute: true, .. }));
    let mut other = Other::from_row(&Value::object([("self", Value::from(true))])).unwrap();
    assert!(other.itself && other.rules.get().is_none());
    other.found.set(vec![Rule { port: 1, why: None }]);
    let again = Other::from_row(&other.to_row()).unwrap();
    assert_eq!(again.found.get(), Some(&vec![Rule { port: 1, why: None }]));
}

#[test]
fn the_table_says_what_the_fields_say() {
    let schema = Thing::SCHEMA;
    let names: Vec<&str> = schema.attributes.iter().map(|it| it.name).collect();
    let expected =
        ["id", "name", "size", "type", "zone", "arn", "ports", "rule", "more", "tags", "tags_all"];
    assert_eq!(names, expected);
    assert_eq!(schema.timeouts.create.map(|it| it.as_secs()), Some(600));
    assert_eq!(schema.timeouts.delete.map(|it| it.as_secs()), Some(90));
    let size = schema.attribute("size").unwrap();
    assert_eq!((size.default, size.range), (Some(Default::Int(3)), Some((1.0, 8.0))));
    assert_eq!(size.decides, Decides::Optional);
    assert!(schema.attribute("name").unwrap().replace);
    assert_eq!(schema.attribute("arn").unwrap().decides, Decides::Out);
    let more = &schema.attribute("more").unwrap().kind;
    assert!(matches!(more, Kind::Block { count: (0, 2), .. }));
    assert_eq!(schema.attribute("ports").unwrap().kind.ty(), Type::set(Type::Number));
}

#[test]
fn rows_are_read_and_written_back() {
    let row = Value::object([
        ("name", "a".into()),
        ("size", 4.into()),
        ("type", "private".into()),
        ("zone", Value::unknown(Type::String)),
        ("rule", Value::tuple([Value::object([("port", Value::from(80))])])),
        ("tags", Value::object([("k", Value::from("v"))])),
    ]);
    let thing = Thing::from_row(&row).unwrap();
    assert_eq!(thing.zone.given(), None);
    assert_eq!(thing.rule.get().unwrap().port, 80);
    let back = thing.to_row();
    assert!(back.part("size").unwrap().same(&4.into()));
    assert_eq!(back.ty(), Thing::SCHEMA.ty());
}

#[test]
fn a_wrong_shape_is_told_by_its_path() {
    let row = Value::object([
        ("name", Value::from("a")),
        ("size", 4.into()),
        ("type", "private".into()),
        ("rule", Value::tuple([Value::object([("port", Value::from("x"))])])),
    ]);
    let mistake = Thing::from_row(&row).unwrap_err();
    assert_eq!(mistake.to_string(), "`rule.port`: a whole number is wanted, but it is a string");
}

#[test]
fn drafts_tell_unknown_from_absent() {
    let row = Value::object([("name", Value::unknown(Type::String)), ("size", 4.into())]);
    let draft = <Thing as Resource>::Draft::from(View::new(&row, &|_| None));
    assert_eq!(draft.name(), Given::Unknown);
    assert_eq!(draft.size(), Given::Known(4));
    assert_eq!(draft.zone(), Given::Absent);
}
