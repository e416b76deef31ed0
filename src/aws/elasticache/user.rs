//! `aws_elasticache_user`: someone who may use caches, and for what.

use std::collections::BTreeMap;

use super::prelude::*;
use types::InputAuthenticationType;

/// Someone who may use the caches of a user group, and what for.
///
/// ```hcl
/// resource "aws_elasticache_user" "orders" {
///   user_id       = "orders"
///   user_name     = "orders"
///   engine        = "redis"
///   access_string = "on ~orders:* +@all"
///
///   authentication_mode {
///     type = "iam"
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_elasticache_user",
    tags = "user",
    create = "5m",
    read = "5m",
    update = "5m",
    delete = "5m"
)]
pub struct User {
    /// What the user may do, as Redis writes it: `on ~orders:* +@all`.
    pub access_string: String,
    /// `redis` or `valkey`.
    #[attr(one_of("redis", "valkey"), fold_case)]
    pub engine: String,
    /// Lets the user in without a password.
    #[attr(default = false)]
    pub no_password_required: bool,
    /// One password or two. They are stored in the state: prefer `passwords_wo`.
    #[attr(local, length(16, 128), items(0, 2))]
    pub passwords: Option<Secret<Set<String>>>,
    /// Password that is sent and never stored; sent again when `passwords_wo_version` changes.
    #[attr(
        length(16, 128),
        conflicts("authentication_mode", "passwords"),
        required_with("passwords_wo_version")
    )]
    pub passwords_wo: WriteOnly<String>,
    /// Version of `passwords_wo`: another one sends the password again.
    #[attr(local, required_with("passwords_wo"))]
    pub passwords_wo_version: Option<i32>,
    /// Identifier of the user; AWS keeps it in lower case.
    #[attr(replace, fold_case)]
    pub user_id: String,
    /// Name that the user logs in by.
    #[attr(replace)]
    pub user_name: String,
    /// How the user proves who it is; as the other arguments say when unset.
    #[attr(computed)]
    pub authentication_mode: Block<AuthenticationMode>,
    /// ARN of the user.
    pub arn: Out<String>,
    /// Tags of the user.
    pub tags: Tags,
}

/// How a user proves who it is.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct AuthenticationMode {
    /// How many passwords the user has.
    pub password_count: Out<i32>,
    /// One password or two, which are stored in the state.
    #[attr(local, items(1, ..))]
    pub passwords: Option<Secret<Set<String>>>,
    /// `password`, `iam` or `no-password-required`.
    #[attr(name = "type")]
    pub kind: InputAuthenticationType,
}

/// What two reads tell of a user.
pub struct Seen {
    user: types::User,
    tags: BTreeMap<String, String>,
}

impl Driver for User {
    type Cloud = Aws;
    type Seen = Seen;

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let id = Id(self.user_id.to_lowercase());
        let call = aws
            .elasticache()
            .create_user()
            .access_string(&self.access_string)
            .set_authentication_mode(self.authentication_mode.get().map(sent))
            .engine(self.engine.to_lowercase())
            .set_no_password_required(Some(true).filter(|_| self.no_password_required))
            .set_passwords(self.every_password())
            .set_tags(tagged(&self.tags.all))
            .user_id(&*id)
            .user_name(&self.user_name)
            .customize()
            .config_override(once());
        let made = call.send().await.map(|_| id.clone()).map_err(Failure::from);
        op.or_adopt(made, || id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let arn = aws.arn("elasticache", aws.account().await?, format!("user:{id}"));
        let (user, tags) = tokio::join!(aws.load::<Users>(id), tags_of(aws, &arn));
        let Some(user) = user? else { return Ok(None) };
        match tags {
            Err(_) if is_going(&user) => Ok(Some(Seen { user, tags: BTreeMap::new() })),
            tags => Ok(Some(Seen { user, tags: tags? })),
        }
    }

    fn status(seen: &Seen) -> Status {
        match seen.user.status.as_deref() {
            Some("active") | None => Status::Ready,
            Some(other) => Status::busy(other),
        }
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { user, tags } = seen;
        let access = user.access_string.unwrap_or_default();
        if !same_access(&self.access_string, &access) {
            self.access_string = access;
        }
        self.engine = user.engine.unwrap_or_default();
        self.user_id = user.user_id.unwrap_or_default();
        self.user_name = user.user_name.unwrap_or_default();
        let proof = user.authentication;
        let kind = match proof.as_ref().and_then(|it| it.r#type.as_ref()).map(|it| it.as_str()) {
            Some("iam") => InputAuthenticationType::Iam,
            Some("password") => InputAuthenticationType::Password,
            _ => InputAuthenticationType::NoPassword,
        };
        let known = self.authentication_mode.get();
        let open = kind == InputAuthenticationType::NoPassword;
        // The same is said by either argument, and is told under the one that said it.
        let by_mode = known.is_some_and(|it| it.kind == InputAuthenticationType::NoPassword);
        self.no_password_required = open && (self.no_password_required || !by_mode);
        self.authentication_mode = Block(Some(AuthenticationMode {
            password_count: proof.and_then(|it| it.password_count).into(),
            passwords: known.and_then(|it| it.passwords.clone()),
            kind,
        }));
        self.arn.set(user.arn);
        self.tags.observe(tags);
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (mode, has_mode) = (self.authentication_mode.get(), have.authentication_mode.get());
        let means = |it: &AuthenticationMode| (it.kind.clone(), it.passwords.clone());
        let other_mode = mode.is_some() && mode.map(means) != has_mode.map(means);
        let other_need = self.no_password_required != have.no_password_required;
        let other_passwords = self.passwords != have.passwords
            || self.passwords_wo_version != have.passwords_wo_version
            || (other_need && !self.no_password_required);
        let other_engine = !self.engine.eq_ignore_ascii_case(&have.engine);
        let other_access = self.access_string != have.access_string;
        let passwords = self.every_password().filter(|_| other_passwords);
        let by_mode = mode.filter(|_| other_mode && passwords.is_none() && !other_need);
        if other_access || other_engine || other_need || passwords.is_some() || by_mode.is_some() {
            let call = aws.elasticache().modify_user().user_id(&**id);
            call.set_access_string(other_access.then(|| self.access_string.clone()))
                .set_authentication_mode(by_mode.map(sent))
                .set_engine(other_engine.then(|| self.engine.to_lowercase()))
                .set_no_password_required(other_need.then_some(self.no_password_required))
                .set_passwords(passwords)
                .send()
                .await?;
            return Ok(());
        }
        let arn = have.arn.get().cloned().unwrap_or_default();
        aws.sync_tags::<tags::ElastiCache>(&arn, &self.tags, &have.tags).await
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.elasticache().delete_user().user_id(&**id).send().await?;
        Ok(())
    }

    /// AWS keeps names in lower case.
    async fn import(text: &str, _: &Aws) -> Result<Id> {
        Ok(Id(text.to_lowercase()))
    }
}

impl User {
    /// The passwords, whichever way they are given.
    fn every_password(&self) -> Option<Vec<String>> {
        let stored = self.passwords.as_ref().map(|it| it.expose().0.clone());
        stored.or_else(|| self.passwords_wo.expose().map(|it| vec![it.clone()]))
    }
}

fn sent(it: &AuthenticationMode) -> types::AuthenticationMode {
    let passwords = it.passwords.as_ref().map(|it| it.expose().0.clone());
    types::AuthenticationMode::builder().r#type(it.kind.clone()).set_passwords(passwords).build()
}

fn is_going(user: &types::User) -> bool {
    user.status.as_deref() == Some("deleting")
}

/// AWS writes out that a user without a channel has none, and puts one space between words.
fn same_access(known: &str, seen: &str) -> bool {
    let words = |it: &str| -> Vec<String> {
        let each = it.split_whitespace().filter(|it| *it != "resetchannels");
        each.map(String::from).collect()
    };
    words(known) == words(seen)
}

/// Every user being read right now: one by its identifier, several in one listing.
struct Users;

impl Batch for Users {
    type Item = types::User;
    const MAX: usize = 10_000;

    async fn fetch(ids: Vec<String>, aws: &Aws) -> Result<Keyed<types::User>> {
        let mut call = aws.elasticache().describe_users();
        if let [id] = ids.as_slice() {
            call = call.user_id(id);
        }
        let listed = call.into_paginator().items().send().collect::<Result<Vec<_>, _>>().await?;
        let named = listed.into_iter().filter_map(|it| Some((it.user_id.clone()?, it)));
        Ok(named.filter(|(id, _)| ids.contains(id)).collect())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn access_is_the_same_in_other_words() {
        let cases = [
            ("on ~* +@all", "on  ~* +@all", true),
            ("off ~keys* -@all +get", "off ~keys* resetchannels -@all +get", true),
            ("on ~* +@all", "on ~* &* +@all", false),
            ("on +get -@all", "on -@all +get", false),
        ];
        for (known, seen, expected) in cases {
            assert_eq!(super::same_access(known, seen), expected, "{known} / {seen}");
        }
    }
}
