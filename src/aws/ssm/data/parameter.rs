//! `aws_ssm_parameter`, read only: a parameter and its value.

use aws_sdk_ssm::types::{self, ParameterType};

use crate::aws::Aws;
use crate::aws::batch::{Batch, Keyed};
use crate::driver::{DataSource, Failure, FailureKind, Id, Result};
use crate::schema::{Out, Resource, Secret};

/// Parameter that is declared elsewhere, or that AWS publishes.
///
/// ```hcl
/// data "aws_ssm_parameter" "image" {
///   name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ssm_parameter")]
pub struct Parameter {
    /// Name of the parameter, or its ARN; `:` and a version or label may follow.
    pub name: String,
    /// Decrypts the value.
    #[attr(default = true)]
    pub with_decryption: bool,
    /// ARN of the parameter.
    pub arn: Out<String>,
    /// Value that is no secret; none where it is one.
    pub insecure_value: Out<String>,
    /// `String`, `StringList` or `SecureString`.
    pub r#type: Out<String>,
    /// Value.
    pub value: Out<Secret<String>>,
    /// Version of the parameter.
    pub version: Out<i64>,
}

impl DataSource for Parameter {
    type Cloud = Aws;

    async fn read(&mut self, aws: &Aws) -> Result<Id> {
        let found = match self.with_decryption {
            true => aws.load::<Parameters<true>>(&self.name).await?,
            false => aws.load::<Parameters<false>>(&self.name).await?,
        };
        let Some(found) = found else {
            let why = format!("there is no parameter `{}` in {}", self.name, aws.region());
            return Err(Failure::new(FailureKind::NotFound, why));
        };
        self.arn.set(found.arn);
        self.version.set(found.version);
        let is_secret = found.r#type == Some(ParameterType::SecureString);
        self.r#type.set(found.r#type.map(|it| it.as_str().to_string()));
        self.insecure_value.set(found.value.clone().filter(|_| !is_secret));
        self.value.set(found.value.map(Secret::from));
        Ok(Id(self.name.clone()))
    }
}

/// Every parameter being read right now.
struct Parameters<const DECRYPTED: bool>;

impl<const DECRYPTED: bool> Batch for Parameters<DECRYPTED> {
    type Item = types::Parameter;
    const MAX: usize = 10;

    async fn fetch(names: Vec<String>, aws: &Aws) -> Result<Keyed<types::Parameter>> {
        let call = aws.ssm().get_parameters().set_names(Some(names.clone()));
        let reply = call.with_decryption(DECRYPTED).send().await?;
        let found = reply.parameters.unwrap_or_default();
        let asked = names.into_iter().filter_map(|name| {
            let it = found.iter().find(|it| is_named(it, &name))?.clone();
            Some((name, it))
        });
        Ok(asked.collect())
    }
}

/// Whether a parameter is the one asked for: by name or ARN, with its version or label if any.
fn is_named(it: &types::Parameter, asked: &str) -> bool {
    let selector = it.selector().unwrap_or_default();
    let is = |name: Option<&str>| name.is_some_and(|it| asked.strip_prefix(it) == Some(selector));
    is(it.name()) || is(it.arn())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_named_in_several_ways() {
        let arn = "arn:aws:ssm:eu-central-1:1:parameter/a";
        let of = |selector: Option<&str>| {
            let it = types::Parameter::builder().name("/a").arn(arn);
            it.set_selector(selector.map(String::from)).build()
        };
        let cases = [
            (None, "/a", true),
            (None, arn, true),
            (None, "/a:3", false),
            (Some(":3"), "/a:3", true),
            (Some(":3"), "/a", false),
            (None, "/ab", false),
        ];
        for (selector, asked, expected) in cases {
            assert_eq!(is_named(&of(selector), asked), expected, "{selector:?} {asked}");
        }
    }
}
