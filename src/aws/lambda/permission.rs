//! `aws_lambda_permission`: who may call a function.

use serde_json::Value as Json;

use super::prelude::*;
use super::{Policies, function_name};
use types::FunctionUrlAuthType;

/// Lets a service or another account call a function.
///
/// ```hcl
/// resource "aws_lambda_permission" "secrets" {
///   statement_id  = "AllowSecretsManager"
///   action        = "lambda:InvokeFunction"
///   function_name = "rotate"
///   principal     = "secretsmanager.amazonaws.com"
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_lambda_permission", create = "5m", read = "5m", delete = "5m")]
pub struct Permission {
    /// What is allowed, such as `lambda:InvokeFunction`.
    #[attr(replace)]
    pub action: String,
    /// Token that Alexa must send; `principal` is `alexa-appkit.amazon.com` then.
    #[attr(replace, length(1, 256), characters = "a-zA-Z0-9._-")]
    pub event_source_token: Option<String>,
    /// Name or ARN of the function.
    #[attr(replace, length(1, 140), characters = "a-zA-Z0-9_:$-")]
    pub function_name: String,
    /// How callers of the function's URL are known; `action` is `lambda:InvokeFunctionUrl` then.
    #[attr(replace)]
    pub function_url_auth_type: Option<FunctionUrlAuthType>,
    /// Lets the function be called by its URL only.
    #[attr(replace)]
    pub invoked_via_function_url: Option<bool>,
    /// Service, account or role that may call, or `*` for everyone.
    #[attr(replace)]
    pub principal: String,
    /// Identifier of the organization whose accounts may call; any when unset.
    #[attr(replace)]
    pub principal_org_id: Option<String>,
    /// Version or alias that may be called; the function as such when unset.
    #[attr(replace, length(1, 128), characters = "a-zA-Z0-9$_-")]
    pub qualifier: Option<String>,
    /// Account of what calls; any when unset.
    #[attr(replace, format = "account_id")]
    pub source_account: Option<String>,
    /// ARN of what calls, with `*` for a part; any when unset.
    #[attr(replace, format = "arn")]
    pub source_arn: Option<String>,
    /// Name of the permission within the function's policy; made up when unset.
    #[attr(replace, length(1, 100), conflicts("statement_id_prefix"), characters = "a-zA-Z0-9_-")]
    pub statement_id: Auto<String>,
    /// Beginning of a name that is made up.
    #[attr(replace, length(1, 100), conflicts("statement_id"), characters = "a-zA-Z0-9_-")]
    pub statement_id_prefix: Auto<String>,
}

/// A function, a qualifier of it, and a statement of the policy that both have.
pub struct Seen {
    function: String,
    qualifier: Option<String>,
    statement: Json,
}

impl Driver for Permission {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &PermissionDraft<'_>, diagnostics: &mut Diagnostics) {
        let mut refuse = |name: &str, why: &str| draft.refuse(diagnostics, name, why);
        let action = |it: &String| {
            let Some(rest) = it.strip_prefix("lambda:") else { return it == "*" };
            rest == "*" || (!rest.is_empty() && rest.chars().all(|it| it.is_ascii_alphabetic()))
        };
        if draft.action().known().is_some_and(|it| !action(&it)) {
            refuse("action", "it is `lambda:` and the name of an action, or `*`");
        }
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let statement =
            names::chosen(op, &self.statement_id, &self.statement_id_prefix, "terraform-");
        let made = aws
            .lambda()
            .add_permission()
            .function_name(&self.function_name)
            .statement_id(&statement)
            .action(&self.action)
            .principal(&self.principal)
            .set_event_source_token(self.event_source_token.clone())
            .set_function_url_auth_type(self.function_url_auth_type.clone())
            .set_invoked_via_function_url(self.invoked_via_function_url)
            .set_principal_org_id(self.principal_org_id.clone())
            .set_qualifier(self.qualifier.clone())
            .set_source_account(self.source_account.clone())
            .set_source_arn(self.source_arn.clone())
            .customize()
            .config_override(once())
            .send()
            .await;
        let id = || self.id(&statement);
        op.or_adopt(made.map(|_| id()).map_err(Failure::from), id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let Some((function, name)) = id.rsplit_once('/') else { return Ok(None) };
        let statements = aws.load::<Policies>(function).await?.unwrap_or_default();
        let named = |it: &Json| it.get("Sid").and_then(Json::as_str) == Some(name);
        let Some(statement) = statements.into_iter().find(named) else { return Ok(None) };
        let (function, qualifier) = qualified(function);
        let (function, qualifier) = (function.to_string(), qualifier.map(String::from));
        Ok(Some(Seen { function, qualifier, statement }))
    }

    fn status(_: &Seen) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { function, qualifier, statement } = seen;
        let text = |it: Option<&Json>| it.and_then(Json::as_str).map(String::from);
        let condition = |test: &str, key: &str| {
            let tests = statement.get("Condition").and_then(Json::as_object)?;
            let (_, keys) = tests.iter().find(|(it, _)| it.eq_ignore_ascii_case(test))?;
            let mut keys = keys.as_object()?.iter();
            let (_, value) = keys.find(|(it, _)| it.eq_ignore_ascii_case(key))?;
            text(Some(value)).or_else(|| value.as_bool().map(|it| it.to_string()))
        };
        if function_name(&self.function_name).0 != function_name(&function).0 {
            self.function_name = function;
        }
        self.qualifier = qualifier.filter(|_| self.function_has_no_qualifier());
        self.statement_id.set(text(statement.get("Sid")));
        self.action = text(statement.get("Action")).unwrap_or_default();
        let principal = statement.get("Principal");
        let named = |kind: &str| text(principal.and_then(|it| it.get(kind)));
        let principal = text(principal).or_else(|| named("Service")).or_else(|| named("AWS"));
        let principal = principal.unwrap_or_default();
        if account(&self.principal) != account(&principal) {
            self.principal = principal;
        }
        self.event_source_token = condition("StringEquals", "lambda:EventSourceToken");
        let auth = condition("StringEquals", "lambda:FunctionUrlAuthType");
        self.function_url_auth_type = auth.map(|it| FunctionUrlAuthType::from(&*it));
        let by_url = condition("Bool", "lambda:InvokedViaFunctionUrl").map(|it| it == "true");
        self.invoked_via_function_url = told(self.invoked_via_function_url, by_url);
        self.principal_org_id = condition("StringEquals", "aws:PrincipalOrgID");
        self.source_account = condition("StringEquals", "AWS:SourceAccount");
        self.source_arn = condition("ArnLike", "AWS:SourceArn");
    }

    async fn update(&self, _: &Self, _: &Id, _: &Aws) -> Result<()> {
        Ok(())
    }

    async fn delete(&self, _: &Id, aws: &Aws) -> Result<()> {
        let call = aws.lambda().remove_permission().function_name(&self.function_name);
        let call = call.set_statement_id(self.statement_id.given());
        call.set_qualifier(self.qualifier.clone()).send().await?;
        Ok(())
    }

    /// A state that Terraform wrote names a permission by its statement alone.
    async fn moved(&self, _: &Aws) -> Result<Option<Id>> {
        Ok(self.statement_id.get().map(|it| self.id(it)))
    }
}

impl Permission {
    fn id(&self, statement: &str) -> Id {
        Id(match &self.qualifier {
            Some(qualifier) => format!("{}:{qualifier}/{statement}", self.function_name),
            None => format!("{}/{statement}", self.function_name),
        })
    }

    /// Whether a qualifier is an argument of its own, and not part of the function's name.
    fn function_has_no_qualifier(&self) -> bool {
        function_name(&self.function_name).1.is_none()
    }
}

/// A function and its qualifier, as both stand in an identifier.
pub(super) fn qualified(text: &str) -> (&str, Option<&str>) {
    match function_name(text).1 {
        Some(qualifier) => {
            (text.trim_end_matches(qualifier).trim_end_matches(':'), Some(qualifier))
        }
        None => (text, None),
    }
}

/// The account's number, where the text is the ARN of its root.
fn account(text: &str) -> &str {
    match text.strip_suffix(":root").and_then(|it| it.split_once(":iam::")) {
        Some((_, account)) => account,
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_are_read_back_in_the_words_that_were_sent() {
        let statement = serde_json::json!({
            "Sid": "s", "Effect": "Allow", "Action": "lambda:InvokeFunction",
            "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
            "Resource": "arn:aws:lambda:eu-central-1:123456789012:function:f:live",
            "Condition": {
                "StringEquals": { "AWS:SourceAccount": "123456789012", "aws:PrincipalOrgID": "o-1" },
                "ArnLike": { "AWS:SourceArn": "arn:aws:s3:::b" },
                "Bool": { "lambda:InvokedViaFunctionUrl": "true" },
            },
        });
        let mut it = <Permission as crate::schema::Row>::blank();
        it.principal = "123456789012".into();
        let (function, qualifier) = ("f".to_string(), Some("live".to_string()));
        it.observe(Seen { function, qualifier, statement });
        assert_eq!(it.principal, "123456789012");
        assert_eq!(it.qualifier.as_deref(), Some("live"));
        assert_eq!(it.source_account.as_deref(), Some("123456789012"));
        assert_eq!(it.source_arn.as_deref(), Some("arn:aws:s3:::b"));
        assert_eq!(it.principal_org_id.as_deref(), Some("o-1"));
        assert_eq!(it.invoked_via_function_url, Some(true));
        assert_eq!(*it.id("s"), *"f:live/s");
        let arn = "arn:aws:lambda:eu-central-1:123456789012:function:f";
        assert_eq!(qualified(&format!("{arn}:live")), (arn, Some("live")));
        assert_eq!(qualified(arn), (arn, None));
    }
}
