//! `aws_iam_policy_document`: a policy written as blocks. Computed here, without any call.

use super::super::prelude::*;
use super::document::{Condition, Document, Principal, Statement, Texts};

/// Policy written as blocks, as JSON.
///
/// ```hcl
/// data "aws_iam_policy_document" "trust" {
///   statement {
///     actions = ["sts:AssumeRole"]
///
///     principals {
///       type        = "Service"
///       identifiers = ["ecs-tasks.amazonaws.com"]
///     }
///   }
/// }
///
/// resource "aws_iam_role" "task" {
///   name               = "orders-task"
///   assume_role_policy = data.aws_iam_policy_document.trust.json
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_iam_policy_document")]
pub struct PolicyDocument {
    /// Out of use: `override_policy_documents` took its place.
    #[attr(length(0, 0))]
    pub override_json: Option<String>,
    /// Documents whose statements replace those of the same `sid`, in order; none when unset.
    #[attr(format = "json")]
    pub override_policy_documents: Option<Vec<Option<String>>>,
    /// Name of the document; none when unset.
    pub policy_id: Option<String>,
    /// Out of use: `source_policy_documents` took its place.
    #[attr(length(0, 0))]
    pub source_json: Option<String>,
    /// Documents to begin with, whose named statements must be all different; none when unset.
    #[attr(format = "json")]
    pub source_policy_documents: Option<Vec<Option<String>>>,
    /// Version of the policy language.
    #[attr(default = "2012-10-17", one_of("2008-10-17", "2012-10-17"))]
    pub version: String,
    /// What is allowed and denied.
    pub statement: Blocks<StatementBlock>,
    /// Document, indented by two.
    pub json: Out<String>,
    /// Document without a blank.
    pub minified_json: Out<String>,
}

/// What is allowed or denied.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct StatementBlock {
    /// What may be done; `*` stands for anything.
    pub actions: Option<Set<String>>,
    /// `Allow` or `Deny`.
    #[attr(default = "Allow", one_of("Allow", "Deny"))]
    pub effect: String,
    /// What may not: anything else is meant.
    pub not_actions: Option<Set<String>>,
    /// ARNs that are not meant: anything else is.
    pub not_resources: Option<Set<String>>,
    /// ARNs of what it may be done with.
    pub resources: Option<Set<String>>,
    /// Name of the statement, unique in the document; none when unset.
    pub sid: Option<String>,
    /// When the statement holds; always when unset.
    pub condition: BlockSet<ConditionBlock>,
    /// Who is not meant: anyone else is.
    pub not_principals: BlockSet<PrincipalsBlock>,
    /// Who is meant.
    pub principals: BlockSet<PrincipalsBlock>,
}

/// When a statement holds.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ConditionBlock {
    /// Operator, such as `StringEquals`.
    pub test: String,
    /// Values, of which any will do.
    pub values: Vec<String>,
    /// Key that is tested, such as `aws:SourceArn`.
    pub variable: String,
}

/// Who a statement is about.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct PrincipalsBlock {
    /// Their names: ARNs, account numbers or domains of services.
    pub identifiers: Set<String>,
    /// Kind of them: `AWS`, `Service`, `Federated`, `CanonicalUser` or `*`.
    pub r#type: String,
}

impl DataSource for PolicyDocument {
    type Cloud = Aws;

    fn check(draft: &PolicyDocumentDraft<'_>, diagnostics: &mut Diagnostics) {
        let documents = [
            ("override_policy_documents", draft.override_policy_documents()),
            ("source_policy_documents", draft.source_policy_documents()),
        ];
        for (argument, documents) in documents {
            for (at, text) in documents.known().into_iter().flatten().enumerate() {
                if let Some(Err(why)) = text.map(|it| Document::read(&it)) {
                    draft.refuse(diagnostics, argument, format!("document {at}: {why}"));
                }
            }
        }
        let statements = draft.statement().known().map(|it| it.0).unwrap_or_default();
        for sid in statements.iter().filter_map(|it| it.sid.as_deref()) {
            if !sid.chars().all(|it| it.is_ascii_alphanumeric()) {
                let why = format!("the `sid` {sid:?} is made of letters and digits");
                draft.refuse(diagnostics, "statement", why);
            }
        }
    }

    async fn read(&mut self, _: &Aws) -> Result<Id> {
        let document = self.document().map_err(Failure::fatal)?;
        let json = document.pretty();
        let id = Id(checksum(&json).to_string());
        self.json.set(json);
        self.minified_json.set(document.minified());
        Ok(id)
    }
}

impl PolicyDocument {
    /// The sources, then the blocks, then the overrides.
    fn document(&self) -> Result<Document, String> {
        let mut all = Document::default();
        let sources = self.source_policy_documents.iter().flatten().flatten();
        for (at, text) in sources.enumerate() {
            let source = Document::read(text)
                .map_err(|it| format!("`source_policy_documents`, document {at}: {it}"))?;
            let known = all.clone();
            let twice = |it: &&Statement| {
                !it.sid.is_empty()
                    && (known.statements.iter().any(|known| known.sid == it.sid)
                        || source.statements.iter().filter(|known| known.sid == it.sid).count() > 1)
            };
            if let Some(it) = source.statements.iter().find(twice) {
                return Err(format!(
                    "`source_policy_documents`, document {at}: another statement has the `sid` \
                     {:?} already",
                    it.sid
                ));
            }
            all.merge(source);
        }
        all.merge(self.own()?);
        let overrides = self.override_policy_documents.iter().flatten().flatten();
        for (at, text) in overrides.enumerate() {
            let document = Document::read(text)
                .map_err(|it| format!("`override_policy_documents`, document {at}: {it}"))?;
            all.merge(document);
        }
        Ok(all)
    }

    fn own(&self) -> Result<Document, String> {
        let mut statements: Vec<Statement> = Vec::new();
        for block in &self.statement.0 {
            let it = block.statement(&self.version)?;
            if !it.sid.is_empty() && statements.iter().any(|known| known.sid == it.sid) {
                return Err(format!("two statements have the `sid` {:?}", it.sid));
            }
            statements.push(it);
        }
        let id = self.policy_id.clone().unwrap_or_default();
        Ok(Document { version: self.version.clone(), id, statements })
    }
}

impl StatementBlock {
    fn statement(&self, version: &str) -> Result<Statement, String> {
        let list = |it: &Option<Set<String>>| {
            it.clone().filter(|it| !it.0.is_empty()).map(|it| Texts::set(it.0))
        };
        let with_variables = |it: &Option<Set<String>>| {
            let list = list(it).map(|it| it.try_map(|it| variables(it, version)));
            list.transpose().map(|it| it.map(Into::into))
        };
        let principals = |it: &BlockSet<PrincipalsBlock>| {
            let principal = |it: &PrincipalsBlock| {
                let names = Texts::set(it.identifiers.0.clone());
                let names = names.try_map(|it| variables(it, version))?;
                Ok(Principal { kind: it.r#type.clone(), names })
            };
            in_hash_order(&it.0).into_iter().map(principal).collect::<Result<_, String>>()
        };
        let condition = |it: &ConditionBlock| {
            let values = it.values.iter().map(|it| variables(it.clone(), version));
            Ok(Condition {
                test: it.test.clone(),
                variable: it.variable.clone(),
                values: values.collect::<Result<_, String>>()?,
            })
        };
        let conditions = in_hash_order(&self.condition.0).into_iter().map(condition);
        Ok(Statement {
            sid: self.sid.clone().unwrap_or_default(),
            effect: self.effect.clone(),
            action: list(&self.actions).map(Into::into),
            not_action: list(&self.not_actions).map(Into::into),
            resource: with_variables(&self.resources)?,
            not_resource: with_variables(&self.not_resources)?,
            principals: principals(&self.principals)?,
            not_principals: principals(&self.not_principals)?,
            conditions: conditions.collect::<Result<_, String>>()?,
        })
    }
}

/// `&{…}` is how a variable of IAM is written beside the `${…}` of the configuration.
fn variables(text: String, version: &str) -> Result<String, String> {
    if version == "2008-10-17" && text.contains("&{") {
        return Err(format!("{text:?}: the version 2008-10-17 knows no variables `&{{…}}`"));
    }
    Ok(text.replace("&{", "${"))
}

/// A block whose place in a set Terraform's provider derives from a checksum of this text. It shows
/// where several blocks are about the same kind or key: their texts follow each other in that order.
trait Hashed {
    fn hash_text(&self) -> String;
}

impl Hashed for PrincipalsBlock {
    fn hash_text(&self) -> String {
        let mut names: Vec<String> = self.identifiers.0.iter().map(|it| format!("{it};")).collect();
        names.sort_by_key(|it| checksum(it).to_string());
        format!("identifiers:{{{}}};type:{};", names.concat(), self.r#type)
    }
}

impl Hashed for ConditionBlock {
    fn hash_text(&self) -> String {
        let values: String = self.values.iter().map(|it| format!("{it};")).collect();
        format!("test:{};values:({values});variable:{};", self.test, self.variable)
    }
}

fn in_hash_order<T: Hashed>(blocks: &[T]) -> Vec<&T> {
    let mut blocks: Vec<&T> = blocks.iter().collect();
    blocks.sort_by_cached_key(|it| checksum(&it.hash_text()).to_string());
    blocks
}

/// CRC-32.
fn checksum(text: &str) -> u32 {
    let mut crc = flate2::Crc::new();
    crc.update(text.as_bytes());
    crc.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(them: &[&str]) -> Option<Set<String>> {
        Some(them.iter().map(|it| it.to_string()).collect())
    }

    fn statement() -> StatementBlock {
        StatementBlock {
            actions: None,
            effect: "Allow".into(),
            not_actions: None,
            not_resources: None,
            resources: None,
            sid: None,
            condition: BlockSet(vec![]),
            not_principals: BlockSet(vec![]),
            principals: BlockSet(vec![]),
        }
    }

    fn document(statements: Vec<StatementBlock>) -> PolicyDocument {
        PolicyDocument {
            override_json: None,
            override_policy_documents: None,
            policy_id: None,
            source_json: None,
            source_policy_documents: None,
            version: "2012-10-17".into(),
            statement: Blocks(statements),
            json: Out::default(),
            minified_json: Out::default(),
        }
    }

    fn principals(kind: &str, names: &[&str]) -> PrincipalsBlock {
        PrincipalsBlock { identifiers: texts(names).unwrap(), r#type: kind.into() }
    }

    #[test]
    fn it_is_written_as_terraform_writes_it() {
        let it = document(vec![
            StatementBlock {
                sid: Some("Write".into()),
                actions: texts(&["logs:CreateLogStream", "logs:PutLogEvents"]),
                resources: texts(&["arn:aws:logs:*:*:log-group:/a/&{aws:username}"]),
                condition: BlockSet(vec![ConditionBlock {
                    test: "StringEquals".into(),
                    values: vec!["b".into(), "a".into()],
                    variable: "aws:SourceAccount".into(),
                }]),
                ..statement()
            },
            StatementBlock {
                effect: "Deny".into(),
                not_actions: texts(&["iam:*"]),
                not_resources: texts(&["a", "c", "b"]),
                principals: BlockSet(vec![principals("Service", &["ecs.amazonaws.com"])]),
                not_principals: BlockSet(vec![principals("*", &["*"])]),
                ..statement()
            },
        ]);
        let expected = r#"{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Sid": "Write",
      "Effect": "Allow",
      "Action": [
        "logs:PutLogEvents",
        "logs:CreateLogStream"
      ],
      "Resource": "arn:aws:logs:*:*:log-group:/a/${aws:username}",
      "Condition": {
        "StringEquals": {
          "aws:SourceAccount": [
            "b",
            "a"
          ]
        }
      }
    },
    {
      "Effect": "Deny",
      "NotAction": "iam:*",
      "NotResource": [
        "c",
        "b",
        "a"
      ],
      "Principal": {
        "Service": "ecs.amazonaws.com"
      },
      "NotPrincipal": "*"
    }
  ]
}"#;
        assert_eq!(it.document().unwrap().pretty(), expected);
        assert_eq!(
            document(vec![]).document().unwrap().pretty(),
            "{\n  \"Version\": \"2012-10-17\"\n}"
        );
    }

    #[test]
    fn sources_come_first_and_overrides_win() {
        let mut it = document(vec![StatementBlock { sid: Some("b".into()), ..statement() }]);
        let source = |sid: &str, effect: &str| {
            Some(format!(r#"{{"Statement":[{{"Sid":"{sid}","Effect":"{effect}"}}]}}"#))
        };
        it.source_policy_documents = Some(vec![source("a", "Deny"), None, source("b", "Deny")]);
        it.override_policy_documents = Some(vec![source("a", "Allow")]);
        let expected = concat!(
            r#"{"Version":"2012-10-17","Statement":[{"Sid":"a","Effect":"Allow"},"#,
            r#"{"Sid":"b","Effect":"Allow"}]}"#
        );
        assert_eq!(it.document().unwrap().minified(), expected);
        it.source_policy_documents = Some(vec![source("a", "Deny"), source("a", "Deny")]);
        assert!(it.document().unwrap_err().contains("`sid`"));
    }

    #[test]
    fn mistakes_are_told() {
        let named = StatementBlock { sid: Some("a".into()), ..statement() };
        assert!(document(vec![named.clone(), named]).document().is_err());
        let mut old = document(vec![StatementBlock { resources: texts(&["&{a}"]), ..statement() }]);
        old.version = "2008-10-17".into();
        assert!(old.document().unwrap_err().contains("2008-10-17"));
    }

    #[test]
    fn blocks_follow_the_order_of_their_checksums() {
        // CRC-32 of "123456789" is the check value that its specification gives.
        assert_eq!(checksum("123456789"), 0xcbf4_3926);
        let block = principals("AWS", &["b", "a"]);
        let (a, b) = (checksum("a;").to_string(), checksum("b;").to_string());
        let expected = if a < b { "a;b;" } else { "b;a;" };
        assert_eq!(block.hash_text(), format!("identifiers:{{{expected}}};type:AWS;"));
    }
}
