//! Credentials from the environment, shared files, single sign-on and roles.
//!
//! The library itself reads none of those: the binary puts this [`loader`] into its settings, and
//! whoever embeds the engine may leave it out.

use std::sync::Arc;

use aws_config::BehaviorVersion;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::error::display::DisplayErrorContext;
use aws_types::SdkConfig;
use aws_types::region::Region;
use jiff::SignedDuration;

use super::provider::{AssumeRole, Loader, ProviderBlock};
use crate::driver::Failure;

/// Loads what a provider block names, as the AWS command line would.
pub fn loader(http: SharedHttpClient) -> Loader {
    Arc::new(move |block| Box::pin(load(block, http.clone())))
}

async fn load(block: ProviderBlock, http: SharedHttpClient) -> Result<SdkConfig, Failure> {
    let region = block.region.clone().map(Region::new);
    let mut from = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
    if let Some(profile) = &block.profile {
        // What the block names goes before what the environment has.
        let settings = ProviderConfig::default().with_http_client(http).with_region(region.clone());
        let keys = ProfileFileCredentialsProvider::builder().configure(&settings);
        from = from.profile_name(profile);
        from = from.credentials_provider(keys.profile_name(profile).build());
    }
    if let Some(region) = region {
        from = from.region(region);
    }
    let config = from.load().await;
    require_credentials(&config, block.profile.as_deref()).await?;
    match block.assume_role.get() {
        None => Ok(config),
        Some(role) => {
            let provider = assume(role, &config)?.build().await;
            // Better said once than by every call.
            if let Err(why) = provider.provide_credentials().await {
                let why = DisplayErrorContext(&why).to_string();
                let arn = &role.role_arn;
                return Err(Failure::fatal(format!("the role `{arn}` cannot be assumed: {why}"))
                    .hint("the role's trust policy must name the caller, and the caller's own policy must allow `sts:AssumeRole` on the role"));
            }
            let provider = SharedCredentialsProvider::new(provider);
            Ok(config.into_builder().credentials_provider(provider).build())
        }
    }
}

/// Without credentials no call can succeed: better said once than by every call.
async fn require_credentials(config: &SdkConfig, profile: Option<&str>) -> Result<(), Failure> {
    let found = match config.credentials_provider() {
        Some(provider) => provider.provide_credentials().await.map_err(|it| source_of(&it)),
        None => Err("none are configured".into()),
    };
    found.map(drop).map_err(|why| {
        let place = profile.map(|it| format!(" in the profile `{it}`")).unwrap_or_default();
        Failure::fatal(format!("no valid AWS credentials were found{place}: {why}")).hint(
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or log in with `aws sso login`",
        )
    })
}

fn source_of(error: &dyn std::error::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn assume(
    role: &AssumeRole,
    config: &SdkConfig,
) -> Result<aws_config::sts::AssumeRoleProviderBuilder, Failure> {
    let session = role.session_name.clone().unwrap_or_else(|| "fastcart-hcl".into());
    let mut it =
        AssumeRoleProvider::builder(&role.role_arn).session_name(session).configure(config);
    if let Some(id) = &role.external_id {
        it = it.external_id(id);
    }
    if let Some(text) = &role.duration {
        let length: SignedDuration = text.parse().map_err(|_| {
            Failure::fatal(format!("`assume_role.duration`: {text:?} is not a duration"))
                .hint("write it as `15m` or `1h`")
        })?;
        it = it.session_length(length.unsigned_abs());
    }
    if let Some(policy) = &role.policy {
        it = it.policy(policy);
    }
    if let Some(arns) = &role.policy_arns {
        it = it.policy_arns(arns.0.clone());
    }
    if let Some(tags) = &role.tags {
        it = it.tags(tags.clone());
    }
    Ok(it)
}
