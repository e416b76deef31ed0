//! `#[derive(Resource)]` and `#[derive(Nested)]`: the const schema table, the conversions between a
//! struct and a row of values, and typed accessors to a draft. Nothing else: no calls, no waiting.
//!
//! ```text
//! #[derive(Resource)]
//! #[resource("aws_nat_gateway", tags = "natgateway", create = "10m", delete = "30m")]
//! struct NatGateway {
//!     /// Subnet the gateway sits in.
//!     #[attr(replace)]
//!     subnet_id: String,
//!     tags: Tags,
//! }
//! ```

mod options;

use options::{FieldOptions, ResourceOptions};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Error, Field, Fields, GenericArgument, PathArguments, Result, Type};

/// Makes a struct the schema of a resource type or data source.
#[proc_macro_derive(Resource, attributes(resource, attr))]
pub fn resource(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(input, |input| {
        let options = ResourceOptions::read(input)?;
        let parts = Parts::read(input)?;
        let (name, kind, doc) = (&input.ident, &options.kind, doc_comment(&input.attrs));
        if doc.is_empty() {
            return Err(Error::new(name.span(), "a resource needs a doc comment: what it is for"));
        }
        let tags = match (&options.tags, parts.has_tags) {
            (Some(tags), true) => quote!(Some(#tags)),
            (None, false) => quote!(None),
            (None, true) => quote!(Some("")),
            (Some(tags), false) => {
                let message = "`tags = …` is given, but there is no field `tags: Tags`";
                return Err(Error::new(tags.span(), message));
            }
        };
        let (create, update, delete, read) = options.timeouts();
        let (row, draft) = (parts.row(name, options.identified), parts.draft(input));
        let draft_name = format_ident!("{name}Draft");
        let id = match parts.has_id || !options.identified {
            true => None,
            false => Some(quote! {
                ::fastcart_hcl::schema::Attribute {
                    name: "id",
                    doc: "Identifier of the object.",
                    kind: ::fastcart_hcl::schema::Kind::String,
                    decides: ::fastcart_hcl::schema::Decides::Out,
                    ..::fastcart_hcl::schema::Attribute::BLANK
                }
            }),
        };
        let attributes = parts.table(id);
        Ok(quote! {
            #row
            #draft
            impl ::fastcart_hcl::schema::Resource for #name {
                const SCHEMA: &'static ::fastcart_hcl::schema::Schema =
                    &::fastcart_hcl::schema::Schema {
                        kind: #kind,
                        doc: #doc,
                        attributes: #attributes,
                        timeouts: ::fastcart_hcl::schema::Timeouts {
                            create: #create, update: #update, delete: #delete, read: #read,
                        },
                        tags: #tags,
                    };
                type Draft<'a> = #draft_name<'a>;
            }
        })
    })
}

/// Makes a struct the fields of a nested block or object.
#[proc_macro_derive(Nested, attributes(attr))]
pub fn nested(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    expand(input, |input| {
        let parts = Parts::read(input)?;
        let (name, attributes, row) =
            (&input.ident, parts.table(None), parts.row(&input.ident, false));
        Ok(quote! {
            #row
            impl ::fastcart_hcl::schema::Nested for #name {
                const ATTRIBUTES: &'static [::fastcart_hcl::schema::Attribute] = #attributes;
            }
        })
    })
}

fn expand(
    input: proc_macro::TokenStream,
    make: impl FnOnce(&DeriveInput) -> Result<TokenStream>,
) -> proc_macro::TokenStream {
    let input = syn::parse_macro_input!(input as DeriveInput);
    make(&input).unwrap_or_else(|error| error.to_compile_error()).into()
}

/// What the fields of a struct contribute.
struct Parts<'a> {
    fields: Vec<Part<'a>>,
    attributes: Vec<Entries<'a>>,
    has_tags: bool,
    has_id: bool,
}

/// A field, the name of its argument, and whether its own fields stand in its place.
struct Part<'a> {
    field: &'a Field,
    text: String,
    flat: bool,
}

/// Entries of the table.
enum Entries<'a> {
    One(TokenStream),
    /// Those of a struct whose fields stand here.
    Of(&'a Type),
}

impl<'a> Parts<'a> {
    fn read(input: &'a DeriveInput) -> Result<Self> {
        let Data::Struct(data) = &input.data else {
            return Err(Error::new(input.ident.span(), "only a struct can be a resource"));
        };
        let Fields::Named(named) = &data.fields else {
            return Err(Error::new(input.ident.span(), "the struct's fields must have names"));
        };
        let mut parts =
            Parts { fields: Vec::new(), attributes: Vec::new(), has_tags: false, has_id: false };
        for field in &named.named {
            let ident = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
            let options = FieldOptions::read(field)?;
            let named = options.name.map(|it| it.value());
            let text =
                named.unwrap_or_else(|| ident.strip_prefix("r#").unwrap_or(&ident).to_string());
            let mut add = |it| parts.attributes.push(Entries::One(it));
            if is_tags(&field.ty) {
                parts.has_tags = true;
                add(quote!(::fastcart_hcl::schema::field::TAGS));
                add(quote!(::fastcart_hcl::schema::field::TAGS_ALL));
            } else if options.flatten {
                parts.attributes.push(Entries::Of(&field.ty));
            } else {
                add(attribute(field, &text)?);
                parts.has_id |= text == "id";
            }
            parts.fields.push(Part { field, text, flat: options.flatten });
        }
        Ok(parts)
    }

    /// The const table: a slice of all entries.
    fn table(&self, id: Option<TokenStream>) -> TokenStream {
        let mut slices: Vec<TokenStream> = Vec::new();
        let mut single: Vec<&TokenStream> = id.iter().collect();
        for it in &self.attributes {
            match it {
                Entries::One(it) => single.push(it),
                Entries::Of(ty) => {
                    slices.push(quote!(&[#(#single),*]));
                    slices.push(quote!(<#ty as ::fastcart_hcl::schema::Nested>::ATTRIBUTES));
                    single.clear();
                }
            }
        }
        if slices.is_empty() {
            return quote!(&[#(#single),*]);
        }
        let attribute = quote!(::fastcart_hcl::schema::Attribute);
        quote! {{
            const SLICES: &[&[#attribute]] = &[#(#slices,)* &[#(#single),*]];
            const ALL: [#attribute; #attribute::count(SLICES)] = #attribute::joined(SLICES);
            &ALL
        }}
    }

    /// The conversions. A resource's row has an `id` too, which the engine fills.
    fn row(&self, name: &syn::Ident, resource: bool) -> TokenStream {
        let row = quote!(::fastcart_hcl::schema::row);
        let read = self.fields.iter().map(|Part { field, text, flat }| {
            let (ident, ty) = (&field.ident, &field.ty);
            match is_tags(ty) {
                _ if *flat => quote!(#ident: <#ty as ::fastcart_hcl::schema::Row>::from_row(row)?),
                true => quote! {
                    #ident: ::fastcart_hcl::schema::Tags::from_values(
                        #row::part(row, "tags"), #row::part(row, "tags_all"),
                    ).map_err(|it| it.under(".tags"))?
                },
                false => quote! {
                    #ident: <#ty as ::fastcart_hcl::schema::Field>::from_value(#row::part(row, #text))
                        .map_err(|it| it.under(concat!(".", #text)))?
                },
            }
        });
        let write = self.fields.iter().map(|Part { field, text, flat }| {
            let (ident, ty) = (&field.ident, &field.ty);
            match is_tags(ty) {
                _ if *flat => quote! {
                    let own = <#ty as ::fastcart_hcl::schema::Row>::to_row(&self.#ident);
                    entries.extend(own.as_entries().cloned().unwrap_or_default());
                },
                true => quote! {
                    let (own, all) = self.#ident.to_values();
                    entries.push(("tags".into(), own));
                    entries.push(("tags_all".into(), all));
                },
                false => quote! {
                    entries.push((#text.into(), <#ty as ::fastcart_hcl::schema::Field>::to_value(&self.#ident)));
                },
            }
        });
        let blank = self.fields.iter().map(|Part { field, flat, .. }| {
            let (ident, ty) = (&field.ident, &field.ty);
            match is_tags(ty) {
                _ if *flat => quote!(#ident: <#ty as ::fastcart_hcl::schema::Row>::blank()),
                true => quote!(#ident: ::std::default::Default::default()),
                false => quote!(#ident: <#ty as ::fastcart_hcl::schema::Field>::blank()),
            }
        });
        let id = (resource && !self.has_id).then(|| {
            quote! {
                entries.push(("id".into(), ::fastcart_hcl::lang::value::Value::null(
                    ::fastcart_hcl::lang::types::Type::String,
                )));
            }
        });
        quote! {
            impl ::fastcart_hcl::schema::Row for #name {
                fn from_row(
                    row: &::fastcart_hcl::lang::value::Value,
                ) -> ::std::result::Result<Self, ::fastcart_hcl::schema::Mistake> {
                    Ok(#name { #(#read),* })
                }
                fn to_row(&self) -> ::fastcart_hcl::lang::value::Value {
                    let mut entries: ::std::vec::Vec<(
                        ::fastcart_hcl::lang::value::Str,
                        ::fastcart_hcl::lang::value::Value,
                    )> = ::std::vec::Vec::new();
                    #id
                    #(#write)*
                    ::fastcart_hcl::lang::value::Value::object(entries)
                }
                fn blank() -> Self {
                    #name { #(#blank),* }
                }
            }
        }
    }

    fn draft(&self, input: &DeriveInput) -> TokenStream {
        let (vis, draft) = (&input.vis, format_ident!("{}Draft", input.ident));
        let single = self.fields.iter().filter(|it| !it.flat && !is_tags(&it.field.ty));
        let accessors = single.map(|Part { field, text, .. }| {
            let (ident, ty) = (&field.ident, inner(&field.ty));
            let doc = format!("The argument `{text}` as far as it is known.");
            quote! {
                #[doc = #doc]
                #vis fn #ident(&self) -> ::fastcart_hcl::schema::Given<#ty> {
                    self.0.field(#text)
                }
            }
        });
        let doc = format!("The arguments of a [`{}`] at plan time.", input.ident);
        quote! {
            #[doc = #doc]
            #vis struct #draft<'a>(::fastcart_hcl::schema::View<'a>);
            impl<'a> ::std::convert::From<::fastcart_hcl::schema::View<'a>> for #draft<'a> {
                fn from(view: ::fastcart_hcl::schema::View<'a>) -> Self {
                    #draft(view)
                }
            }
            impl<'a> ::std::ops::Deref for #draft<'a> {
                type Target = ::fastcart_hcl::schema::View<'a>;
                fn deref(&self) -> &Self::Target {
                    &self.0
                }
            }
            #[allow(dead_code)]
            impl<'a> #draft<'a> {
                #(#accessors)*
            }
        }
    }
}

/// The table entry of one field.
fn attribute(field: &Field, name: &str) -> Result<TokenStream> {
    let doc = doc_comment(&field.attrs);
    if doc.is_empty() {
        let message = format!("`{name}` needs a doc comment: it becomes the manual");
        return Err(Error::new(field.span(), message));
    }
    let options = FieldOptions::read(field)?;
    let ty = &field.ty;
    let set = options.entries(ty)?;
    Ok(quote! {
        ::fastcart_hcl::schema::Attribute {
            name: #name,
            doc: #doc,
            #set
        }
    })
}

fn doc_comment(attrs: &[syn::Attribute]) -> String {
    let lines = attrs.iter().filter(|it| it.path().is_ident("doc")).filter_map(|it| {
        let syn::Meta::NameValue(pair) = &it.meta else { return None };
        let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &pair.value else {
            return None;
        };
        // Indentation is kept: a resource's documentation has an example in it.
        let text = text.value();
        Some(text.strip_prefix(' ').unwrap_or(&text).trim_end().to_string())
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_string()
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

fn is_tags(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|it| it.ident == "Tags")
}

/// `T` of `Option<T>` and `Auto<T>`; any other type is itself.
fn inner(ty: &Type) -> &Type {
    let Some(segment) = last_segment(ty) else { return ty };
    let wrapper = ["Option", "Auto", "Out"].iter().any(|it| segment.ident == it);
    match &segment.arguments {
        PathArguments::AngleBracketed(of) if wrapper => match of.args.first() {
            Some(GenericArgument::Type(inner)) => inner,
            _ => ty,
        },
        _ => ty,
    }
}
