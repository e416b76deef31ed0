//! Every function with its parameters, by name.

use super::{
    Function, Param, collection, encoding, filesystem, format, hash, lazy, mapping, network,
    numeric, pattern, sets, string, time, types, yaml, yaml_write,
};
use crate::lang::types::Type;

fn any() -> Type {
    Type::Any
}

fn bool() -> Type {
    Type::Bool
}

fn number() -> Type {
    Type::Number
}

fn text() -> Type {
    Type::String
}

fn list() -> Type {
    Type::list(Type::Any)
}

fn lists() -> Type {
    Type::list(list())
}

fn bools() -> Type {
    Type::list(Type::Bool)
}

fn numbers() -> Type {
    Type::list(Type::Number)
}

fn texts() -> Type {
    Type::list(Type::String)
}

fn set() -> Type {
    Type::set(Type::Any)
}

fn text_set() -> Type {
    Type::set(Type::String)
}

fn map() -> Type {
    Type::map(Type::Any)
}

fn text_lists() -> Type {
    Type::map(texts())
}

const fn f(
    name: &'static str,
    params: &'static [Param],
    returns: fn() -> Type,
    body: super::Body,
) -> Function {
    Function::new(name, params, returns, body)
}

const fn p(name: &'static str, ty: fn() -> Type) -> Param {
    Param::new(name, ty)
}

/// Left wholly to the function: null, unknown and marked values reach it.
const fn raw(name: &'static str) -> Param {
    p(name, any).null().unknown().marked()
}

/// As [`raw`], but never null.
const fn present(name: &'static str) -> Param {
    p(name, any).unknown().marked()
}

/// Sorted by name; [`super::find`] relies on it.
pub(super) static TABLE: &[Function] = &[
    f("abs", &[p("num", number)], number, numeric::abs),
    f("abspath", &[p("path", text)], text, filesystem::abspath),
    f("alltrue", &[p("list", bools)], bool, collection::alltrue),
    f("anytrue", &[p("list", bools)], bool, collection::anytrue),
    f("base64decode", &[p("str", text)], text, encoding::base64decode),
    f("base64encode", &[p("str", text)], text, encoding::base64encode),
    f("base64gzip", &[p("str", text)], text, encoding::base64gzip),
    f("base64sha256", &[p("str", text)], text, hash::base64sha256),
    f("base64sha512", &[p("str", text)], text, hash::base64sha512),
    f("basename", &[p("path", text)], text, filesystem::basename),
    f("bcrypt", &[p("str", text)], text, hash::bcrypt).variadic(p("cost", number)),
    f("can", &[present("expression")], bool, lazy::can),
    f("ceil", &[p("num", number)], number, numeric::ceil),
    f("chomp", &[p("str", text)], text, string::chomp),
    f("chunklist", &[p("list", list).marked(), p("size", number)], lists, collection::chunklist),
    f("cidrhost", &[p("prefix", text), p("hostnum", number)], text, network::cidrhost),
    f("cidrnetmask", &[p("prefix", text)], text, network::cidrnetmask),
    f(
        "cidrsubnet",
        &[p("prefix", text), p("newbits", number), p("netnum", number)],
        text,
        network::cidrsubnet,
    ),
    f("cidrsubnets", &[p("prefix", text)], texts, network::cidrsubnets)
        .variadic(p("newbits", number)),
    f("coalesce", &[], any, collection::coalesce).variadic(p("vals", any).null().unknown()),
    f("coalescelist", &[], any, collection::coalescelist).variadic(p("vals", any).null().unknown()),
    f("compact", &[p("list", texts).whole()], texts, collection::compact),
    f("concat", &[], any, collection::concat).variadic(present("seqs")),
    f("contains", &[p("list", any), p("value", any).unknown()], any, collection::contains)
        .always(bool),
    f("csvdecode", &[p("str", text)], any, encoding::csvdecode),
    f("dirname", &[p("path", text)], text, filesystem::dirname),
    f("distinct", &[p("list", list).whole()], list, collection::distinct),
    f("element", &[present("list"), p("index", number).unknown()], any, collection::element),
    f("endswith", &[p("str", text), p("suffix", text)], bool, string::endswith),
    f("ephemeralasnull", &[raw("value")], any, types::ephemeralasnull),
    f("file", &[p("path", text)], text, filesystem::file),
    f("filebase64", &[p("path", text)], text, filesystem::filebase64),
    f("filebase64sha256", &[p("path", text)], text, filesystem::filebase64sha256),
    f("filebase64sha512", &[p("path", text)], text, filesystem::filebase64sha512),
    f("fileexists", &[p("path", text)], bool, filesystem::fileexists),
    f("filemd5", &[p("path", text)], text, filesystem::filemd5),
    f("fileset", &[p("path", text), p("pattern", text)], text_set, filesystem::fileset),
    f("filesha1", &[p("path", text)], text, filesystem::filesha1),
    f("filesha256", &[p("path", text)], text, filesystem::filesha256),
    f("filesha512", &[p("path", text)], text, filesystem::filesha512),
    f("flatten", &[present("list")], any, collection::flatten),
    f("floor", &[p("num", number)], number, numeric::floor),
    f("format", &[p("format", text).unknown()], any, format::format)
        .variadic(p("args", any).null().unknown()),
    f("formatdate", &[p("format", text), p("time", text)], text, time::formatdate),
    f("formatlist", &[p("format", text).unknown()], any, format::formatlist)
        .variadic(p("args", any).null().unknown()),
    f("indent", &[p("spaces", number), p("str", text)], text, string::indent),
    f("index", &[p("list", any), p("value", any)], any, collection::index).always(number),
    f("issensitive", &[raw("value")], bool, types::issensitive),
    f("join", &[p("separator", text)], text, string::join).variadic(p("lists", texts).whole()),
    f("jsondecode", &[p("str", text).unknown()], any, encoding::jsondecode),
    f("jsonencode", &[p("val", any).null().unknown()], text, encoding::jsonencode),
    f("keys", &[present("inputMap")], any, mapping::keys),
    f("length", &[present("value")], number, collection::length),
    f("log", &[p("num", number), p("base", number)], number, numeric::log),
    f("lookup", &[present("inputMap"), p("key", text).unknown().marked()], any, mapping::lookup)
        .variadic(raw("default")),
    f("lower", &[p("str", text)], text, string::lower),
    f(
        "matchkeys",
        &[p("values", list).whole(), p("keys", list).whole(), p("searchset", list).whole()],
        list,
        collection::matchkeys,
    ),
    f("max", &[], number, numeric::max).variadic(p("numbers", number)),
    f("md5", &[p("str", text)], text, hash::md5),
    f("merge", &[], any, mapping::merge).variadic(raw("maps")),
    f("min", &[], number, numeric::min).variadic(p("numbers", number)),
    f("nonsensitive", &[raw("value")], any, types::nonsensitive),
    f("one", &[p("list", any).unknown()], any, collection::one),
    f("parseint", &[p("number", any), p("base", number)], any, numeric::parseint).always(number),
    f("pathexpand", &[p("path", text)], text, filesystem::pathexpand),
    f("plantimestamp", &[], text, time::plantimestamp),
    f("pow", &[p("num", number), p("power", number)], number, numeric::pow),
    f("range", &[], numbers, collection::range).variadic(p("params", number)),
    f("regex", &[p("pattern", text), p("string", text).unknown()], any, pattern::regex),
    f("regexall", &[p("pattern", text), p("string", text).unknown()], list, pattern::regexall),
    f("replace", &[p("str", text), p("substr", text), p("replace", text)], text, pattern::replace),
    f("reverse", &[present("list")], any, collection::reverse),
    f("rsadecrypt", &[p("ciphertext", text), p("privatekey", text)], text, hash::rsadecrypt),
    f("sensitive", &[raw("value")], any, types::sensitive),
    f("setintersection", &[p("first_set", set).unknown()], set, sets::setintersection)
        .variadic(p("other_sets", set).unknown()),
    f("setproduct", &[], any, sets::setproduct).variadic(present("sets")),
    f("setsubtract", &[p("a", set).unknown(), p("b", set).unknown()], set, sets::setsubtract),
    f("setunion", &[p("first_set", set).unknown()], set, sets::setunion)
        .variadic(p("other_sets", set).unknown()),
    f("sha1", &[p("str", text)], text, hash::sha1),
    f("sha256", &[p("str", text)], text, hash::sha256),
    f("sha512", &[p("str", text)], text, hash::sha512),
    f("signum", &[p("num", number)], number, numeric::signum),
    f(
        "slice",
        &[present("list"), p("start_index", number).unknown(), p("end_index", number).unknown()],
        any,
        collection::slice,
    ),
    f("sort", &[p("list", texts)], texts, collection::sort),
    f("split", &[p("separator", text), p("str", text)], texts, string::split),
    f("startswith", &[p("str", text).unknown(), p("prefix", text)], bool, string::startswith),
    f("strcontains", &[p("str", text), p("substr", text)], bool, string::strcontains),
    f("strrev", &[p("str", text)], text, string::strrev),
    f("substr", &[p("str", text), p("offset", number), p("length", number)], text, string::substr),
    f("sum", &[p("list", any)], any, numeric::sum).always(number),
    f("templatefile", &[p("path", text), p("vars", any).unknown()], any, filesystem::templatefile),
    f(
        "templatestring",
        &[p("template", text).exact(), p("vars", any).unknown()],
        text,
        filesystem::templatestring,
    ),
    f(
        "textdecodebase64",
        &[p("source", text), p("encoding", text)],
        text,
        encoding::textdecodebase64,
    ),
    f(
        "textencodebase64",
        &[p("string", text), p("encoding", text)],
        text,
        encoding::textencodebase64,
    ),
    f("timeadd", &[p("timestamp", text), p("duration", text)], text, time::timeadd),
    f("timecmp", &[p("timestamp_a", text), p("timestamp_b", text)], number, time::timecmp),
    f("timestamp", &[], text, time::timestamp),
    f("title", &[p("str", text)], text, string::title),
    f("tobool", &[raw("v")], bool, types::tobool).may_be_null(),
    f("tolist", &[raw("v")], list, types::tolist).may_be_null(),
    f("tomap", &[raw("v")], map, types::tomap).may_be_null(),
    f("tonumber", &[raw("v")], number, types::tonumber).may_be_null(),
    f("toset", &[raw("v")], set, types::toset).may_be_null(),
    f("tostring", &[raw("v")], text, types::tostring).may_be_null(),
    f("transpose", &[p("values", text_lists).whole()], text_lists, mapping::transpose),
    f("trim", &[p("str", text), p("cutset", text)], text, string::trim),
    f("trimprefix", &[p("str", text), p("prefix", text)], text, string::trimprefix),
    f("trimspace", &[p("str", text)], text, string::trimspace),
    f("trimsuffix", &[p("str", text), p("suffix", text)], text, string::trimsuffix),
    f("try", &[], any, lazy::attempt).variadic(present("expressions")),
    f("upper", &[p("str", text)], text, string::upper),
    f("urlencode", &[p("str", text)], text, encoding::urlencode),
    f("uuid", &[], text, hash::uuid),
    f("uuidv5", &[p("namespace", text), p("name", text)], text, hash::uuidv5),
    f("values", &[present("mapping")], any, mapping::values),
    f("yamldecode", &[p("src", text)], any, yaml::yamldecode),
    f("yamlencode", &[p("value", any).null().unknown()], text, yaml_write::yamlencode),
    f("zipmap", &[p("keys", texts).unknown().marked(), present("values")], any, mapping::zipmap),
];
