//! The provider `aws`: its block, and how that becomes clients.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider as Tls, TlsContext, TrustStore};
use aws_smithy_runtime_api::client::behavior_version::BehaviorVersion;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::region::Region;

use super::calls::Calls;
use super::ignored::without_ignored;
use super::{Aws, reach, regional, registry};
use crate::diag::{Diagnostic, Diagnostics};
use crate::driver::{AnyDataSource, AnyDriver, AnyEphemeral, BoxFuture, Cloud, Failure};
use crate::lang::value::Value;
use crate::provider::{Defaults, Provider, Survey};
use crate::schema::{Attribute, Block, Nested, Row, Set};

/// Arguments of `provider "aws"`.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct ProviderBlock {
    /// Region of every resource that names no other.
    pub region: Option<String>,
    /// Section of the shared configuration files to take credentials and region from.
    pub profile: Option<String>,
    /// Most attempts at one call; 10 when unset.
    #[attr(range(1, 100))]
    pub max_retries: Option<i32>,
    /// Account numbers outside of which nothing is done.
    #[attr(conflicts("forbidden_account_ids"))]
    pub allowed_account_ids: Option<Set<String>>,
    /// Account numbers in which nothing is done.
    #[attr(conflicts("allowed_account_ids"))]
    pub forbidden_account_ids: Option<Set<String>>,
    /// Role to make all calls as.
    pub assume_role: Block<AssumeRole>,
    /// Tags of every resource that has tags; its own win.
    pub default_tags: Block<DefaultTags>,
    /// Tags that others set: neither shown nor removed.
    pub ignore_tags: Block<IgnoreTags>,
}

/// Role to make calls as.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct AssumeRole {
    /// ARN of the role.
    pub role_arn: String,
    /// Name of the session, which CloudTrail shows; `fastcart-hcl` when unset.
    #[attr(length(2, 64))]
    pub session_name: Option<String>,
    /// Identifier that the role's trust policy asks for.
    #[attr(length(2, 1224))]
    pub external_id: Option<String>,
    /// Time until new credentials are asked for, such as `1h`; one hour when unset.
    pub duration: Option<String>,
    /// Policy that narrows the role's permissions further.
    #[attr(json)]
    pub policy: Option<String>,
    /// ARNs of managed policies that narrow the role's permissions further.
    pub policy_arns: Option<Set<String>>,
    /// Tags of the session.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Tags of every resource.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct DefaultTags {
    /// Tags by name.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Tags that others set.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct IgnoreTags {
    /// Their names.
    pub keys: Option<Set<String>>,
    /// Beginnings of their names.
    pub key_prefixes: Option<Set<String>>,
}

/// Turns a provider block into a configuration with credentials: profiles, single sign-on, roles.
pub type Loader =
    Arc<dyn Fn(ProviderBlock) -> BoxFuture<'static, Result<SdkConfig, Failure>> + Send + Sync>;

/// What the provider is made with. The library reads neither the environment nor the home
/// directory: whoever embeds it says where credentials come from.
#[derive(Clone, Default)]
pub struct AwsSettings {
    /// Credentials to sign with, where the block names no profile and no role.
    pub credentials: Option<SharedCredentialsProvider>,
    /// Region where the block names none.
    pub region: Option<String>,
    /// Where to send calls instead of to AWS: the local cloud in tests.
    pub endpoint_url: Option<String>,
    /// Connections; made with rustls when unset.
    pub http_client: Option<SharedHttpClient>,
    /// How to load profiles and roles; see [`super::environment`].
    pub loader: Option<Loader>,
    /// How long reads are collected before they are sent; 2 ms when unset.
    pub batch_window: Option<Duration>,
    /// Counts calls.
    pub calls: Arc<Calls>,
}

/// The provider `aws`.
pub struct AwsProvider {
    settings: AwsSettings,
}

impl AwsProvider {
    /// A provider with those settings.
    pub fn new(settings: AwsSettings) -> Self {
        AwsProvider { settings }
    }

    /// The clients of one provider block.
    pub async fn connect(&self, block: ProviderBlock) -> Result<Aws, Failure> {
        let settings = &self.settings;
        let needs_loader = block.profile.is_some() || block.assume_role.get().is_some();
        let loaded = match (&settings.credentials, &settings.loader) {
            (None, Some(loader)) => loader(block.clone()).await?,
            (Some(_), Some(loader)) if needs_loader => loader(block.clone()).await?,
            (_, None) if needs_loader => {
                let why = "`profile` and `assume_role` need a loader in the provider's settings";
                return Err(Failure::fatal(why));
            }
            (credentials, _) => {
                let mut config = SdkConfig::builder().behavior_version(BehaviorVersion::latest());
                config.set_credentials_provider(credentials.clone());
                config.build()
            }
        };
        let region = block.region.clone().or_else(|| settings.region.clone()).map(Region::new);
        let region = region.or_else(|| loaded.region().cloned());
        let http = settings.http_client.clone().or_else(|| loaded.http_client());
        let mut config = loaded.into_builder();
        config
            .set_region(region)
            .set_http_client(Some(http.unwrap_or_else(http_client)))
            .set_retry_config(Some(retry(block.max_retries)))
            .set_timeout_config(Some(timeouts()));
        if let Some(url) = &settings.endpoint_url {
            config.set_endpoint_url(Some(url.clone()));
        }
        let window = settings.batch_window.unwrap_or(Duration::from_millis(2));
        let ignored = block.ignore_tags.get().cloned();
        let aws = Aws::new(config.build(), window, settings.calls.clone(), ignored)?;
        refuse_accounts(&aws, &block).await?;
        Ok(aws)
    }
}

/// Connections with rustls and the roots of the system.
pub fn http_client() -> SharedHttpClient {
    let builder =
        || aws_smithy_http_client::Builder::new().tls_provider(Tls::Rustls(CryptoMode::Ring));
    let without_roots = TlsContext::builder().with_trust_store(TrustStore::empty()).build();
    let plain = without_roots.map_or_else(|_| builder(), |it| builder().tls_context(it));
    reach::soon(reach::by_scheme(plain.build_https(), builder().build_https()))
}

/// Adaptive: a token bucket per service and region slows the client down when AWS throttles.
fn retry(attempts: Option<i32>) -> RetryConfig {
    let attempts = attempts.and_then(|it| u32::try_from(it).ok()).unwrap_or(10).max(1);
    RetryConfig::adaptive().with_max_attempts(attempts).with_max_backoff(Duration::from_secs(20))
}

fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(Duration::from_secs(5))
        .read_timeout(Duration::from_secs(60))
        .build()
}

async fn refuse_accounts(aws: &Aws, block: &ProviderBlock) -> Result<(), Failure> {
    let (allowed, forbidden) = (&block.allowed_account_ids, &block.forbidden_account_ids);
    if allowed.is_none() && forbidden.is_none() {
        return Ok(());
    }
    let account = aws.account().await?;
    let named = |set: &Option<Set<String>>| {
        set.as_ref().is_some_and(|it| it.0.iter().any(|it| it == account))
    };
    if named(forbidden) || (allowed.is_some() && !named(allowed)) {
        let why = format!("account {account} is not one that this configuration may change");
        return Err(Failure::fatal(why).hint("use the credentials of another account"));
    }
    Ok(())
}

impl Provider for AwsProvider {
    fn name(&self) -> &str {
        "aws"
    }

    fn source(&self) -> &str {
        "registry.terraform.io/hashicorp/aws"
    }

    fn arguments(&self) -> &'static [Attribute] {
        ProviderBlock::ATTRIBUTES
    }

    fn drivers(&self) -> Vec<Arc<dyn AnyDriver>> {
        registry::drivers().into_iter().map(without_ignored).map(regional::driver).collect()
    }

    fn data_sources(&self) -> Vec<Arc<dyn AnyDataSource>> {
        registry::data_sources().into_iter().map(regional::data_source).collect()
    }

    fn ephemerals(&self) -> Vec<Arc<dyn AnyEphemeral>> {
        registry::ephemerals().into_iter().map(regional::ephemeral).collect()
    }

    fn left_out(&self) -> &'static [(&'static str, &'static str)] {
        registry::BUILT_OUT
    }

    fn calls(&self) -> BTreeMap<String, u64> {
        self.settings.calls.snapshot()
    }

    fn defaults(&self, config: &Value) -> Defaults {
        let block = config.part("default_tags").and_then(|it| it.as_slice()?.first().cloned());
        let tags = block.and_then(|it| it.part("tags").cloned()).filter(|it| !it.is_null());
        Defaults { tags }
    }

    fn begin_survey(&self, cloud: &Cloud, survey: &Survey<'_>) {
        if let Some(aws) = cloud.downcast_ref::<Aws>() {
            aws.begin_survey(survey);
        }
    }

    fn end_survey(&self, cloud: &Cloud) {
        if let Some(aws) = cloud.downcast_ref::<Aws>() {
            aws.end_survey();
        }
    }

    fn configure<'a>(&'a self, config: &'a Value) -> BoxFuture<'a, Result<Cloud, Diagnostics>> {
        Box::pin(async move {
            let block = ProviderBlock::from_row(config).map_err(|it| {
                let it = Diagnostic::error("invalid provider configuration", it.to_string());
                Diagnostics::from_iter([it])
            })?;
            let aws = self.connect(block).await.map_err(|it| {
                Diagnostics::from_iter([it.diagnostic("provider `aws` cannot be configured")])
            })?;
            Ok(Arc::new(aws) as Cloud)
        })
    }
}
