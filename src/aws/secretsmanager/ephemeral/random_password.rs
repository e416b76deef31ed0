//! `aws_secretsmanager_random_password`, ephemeral: a password that nobody thought of.

use super::super::prelude::*;
use crate::schema::Secret;

/// Password that AWS makes up anew in every run, and that is kept nowhere.
///
/// ```hcl
/// ephemeral "aws_secretsmanager_random_password" "database" {
///   password_length     = 32
///   exclude_punctuation = true
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_secretsmanager_random_password", anonymous)]
pub struct RandomPassword {
    /// Characters to leave out; none when unset.
    pub exclude_characters: Option<String>,
    /// Leaves out small letters.
    pub exclude_lowercase: Option<bool>,
    /// Leaves out digits.
    pub exclude_numbers: Option<bool>,
    /// Leaves out punctuation.
    pub exclude_punctuation: Option<bool>,
    /// Leaves out capital letters.
    pub exclude_uppercase: Option<bool>,
    /// Lets spaces be in it.
    pub include_space: Option<bool>,
    /// Number of characters, 4096 at most; 32 when unset.
    #[attr(range(1, 4096))]
    pub password_length: Option<i64>,
    /// Has one of each kind of characters at least; AWS sees to it when unset.
    pub require_each_included_type: Option<bool>,
    /// The password.
    pub random_password: Out<Secret<String>>,
}

impl Ephemeral for RandomPassword {
    type Cloud = Aws;

    async fn open(&mut self, aws: &Aws) -> Result<()> {
        let made = aws
            .secretsmanager()
            .get_random_password()
            .set_exclude_characters(self.exclude_characters.clone())
            .set_exclude_lowercase(self.exclude_lowercase)
            .set_exclude_numbers(self.exclude_numbers)
            .set_exclude_punctuation(self.exclude_punctuation)
            .set_exclude_uppercase(self.exclude_uppercase)
            .set_include_space(self.include_space)
            .set_password_length(self.password_length)
            .set_require_each_included_type(self.require_each_included_type)
            .send()
            .await?;
        self.random_password.set(made.random_password.map(Secret::from));
        Ok(())
    }
}
