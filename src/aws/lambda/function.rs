//! `aws_lambda_function`: code that runs when it is called.
//!
//! Longer than most: code and configuration are changed by calls of their own, of which AWS takes the
//! next only when the last is through; concurrency, code signing, tags and versions by four more.

use std::path::Path;

use aws_sdk_lambda::operation::get_function::GetFunctionOutput;
use aws_smithy_types::Blob;

pub use super::function_parts::*;
use super::function_versions::{LATEST, is_snapshot, newest};
use super::prelude::*;
use super::{function_name, tagged};
use types::{
    Architecture, FunctionCode, FunctionConfiguration, FunctionVersionLatestPublished,
    LastUpdateStatus, PackageType, Runtime, State,
};

/// Code that runs when it is called, from a file, an S3 object or an image.
///
/// ```hcl
/// resource "aws_lambda_function" "rotate" {
///   function_name = "rotate"
///   role          = "arn:aws:iam::123456789012:role/rotate"
///   runtime       = "python3.13"
///   handler       = "index.handler"
///   s3_bucket     = "fastcart-code"
///   s3_key        = "rotate.zip"
///   timeout       = 30
///
///   environment {
///     variables = { LEVEL = "info" }
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource(
    "aws_lambda_function",
    tags = "function",
    create = "10m",
    update = "10m",
    delete = "10m"
)]
pub struct Function {
    /// Instruction set, `x86_64` or `arm64`; `x86_64` when unset.
    #[attr(items(0, 1))]
    pub architectures: Auto<Vec<Architecture>>,
    /// SHA-256 of the code in Base64. Where it is given, other code is put in its place.
    #[attr(follows(
        "architectures",
        "filename",
        "image_uri",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash"
    ))]
    pub code_sha256: Auto<String>,
    /// ARN of the configuration that says who must have signed the code; nobody when unset.
    #[attr(format = "arn")]
    pub code_signing_config_arn: Option<String>,
    /// What the function is for, in words.
    pub description: Option<String>,
    /// Zip file with the code, relative to the current directory.
    #[attr(local, exactly_one_of("filename", "image_uri", "s3_bucket"))]
    pub filename: Option<String>,
    /// Name of the function.
    #[attr(replace, length(1, 140), characters = "a-zA-Z0-9_:-")]
    pub function_name: String,
    /// Where in the code a call begins; needed for zip files.
    #[attr(length(1, 128))]
    pub handler: Option<String>,
    /// Image with the code.
    pub image_uri: Option<String>,
    /// ARN of the key for environment variables and snapshots; AWS's own when unset.
    #[attr(format = "arn")]
    pub kms_key_arn: Option<String>,
    /// ARNs of the layers' versions, in order; at most five.
    #[attr(format = "arn", items(0, 5))]
    pub layers: Option<Vec<String>>,
    /// Memory in MiB, and with it a share of CPU.
    #[attr(default = 128, range(128, 32768))]
    pub memory_size: i32,
    /// Whether the code is a zip file or an image.
    #[attr(replace, default = "Zip")]
    pub package_type: PackageType,
    /// Makes a version of each change.
    #[attr(default = false)]
    pub publish: bool,
    /// What a version is published as; a number of its own when unset.
    #[attr(local)]
    pub publish_to: Option<FunctionVersionLatestPublished>,
    /// Takes the function out of its security groups before it is deleted, so that those can be
    /// deleted at once.
    #[attr(local)]
    pub replace_security_groups_on_destroy: Option<bool>,
    /// Security groups that are put in their place.
    #[attr(local, required_with("replace_security_groups_on_destroy"))]
    pub replacement_security_group_ids: Option<Set<String>>,
    /// Most calls at a time, set aside for this function; `-1` sets none aside.
    #[attr(default = -1, range(-1, ..))]
    pub reserved_concurrent_executions: i32,
    /// ARN of the role that the function has.
    #[attr(format = "arn")]
    pub role: String,
    /// Language and its version; needed for zip files.
    pub runtime: Option<Runtime>,
    /// Bucket with the zip file.
    #[attr(local, required_with("s3_key"))]
    pub s3_bucket: Option<String>,
    /// Name of the zip file in the bucket.
    #[attr(local, required_with("s3_bucket"))]
    pub s3_key: Option<String>,
    /// Version of the zip file in the bucket; the newest when unset.
    #[attr(local, conflicts("filename", "image_uri"))]
    pub s3_object_version: Option<String>,
    /// Leaves the function where it is when this resource is deleted.
    #[attr(default = false, local)]
    pub skip_destroy: bool,
    /// Anything that changes with the code, such as `filebase64sha256("code.zip")`: the code is sent
    /// again when it changes.
    #[attr(local)]
    pub source_code_hash: Auto<String>,
    /// ARN of the key that the zip file is encrypted with; AWS's own when unset.
    #[attr(conflicts("image_uri"), format = "arn")]
    pub source_kms_key_arn: Option<String>,
    /// Seconds that a call may take.
    #[attr(default = 3, range(1, 900))]
    pub timeout: i32,
    /// Capacity of one's own that the function runs on; Lambda's when unset.
    pub capacity_provider_config: Block<CapacityProviderConfig>,
    /// Where calls go that failed; they are lost when unset.
    pub dead_letter_config: Block<DeadLetterConfig>,
    /// How a durable function is kept; decided when the function is made.
    #[attr(may_replace)]
    pub durable_config: Block<DurableConfig>,
    /// Environment of the function.
    pub environment: Block<Environment>,
    /// Temporary files of the function.
    #[attr(computed)]
    pub ephemeral_storage: Block<EphemeralStorage>,
    /// File system that the function has.
    pub file_system_config: Block<FileSystemConfig>,
    /// What of the image is done otherwise.
    pub image_config: Block<ImageConfig>,
    /// How the function writes its log.
    #[attr(computed)]
    pub logging_config: Block<LoggingConfig>,
    /// Whether versions start from a snapshot.
    pub snap_start: Block<SnapStart>,
    /// Whether tenants are kept apart.
    #[attr(replace)]
    pub tenancy_config: Block<TenancyConfig>,
    /// Which calls are traced by X-Ray.
    #[attr(computed)]
    pub tracing_config: Block<TracingConfig>,
    /// Network that the function is in; Lambda's own when unset.
    pub vpc_config: Block<VpcConfig>,
    /// ARN of the function.
    pub arn: Out<String>,
    /// ARN by which API Gateway calls the function.
    pub invoke_arn: Out<String>,
    /// When the function was last changed.
    #[attr(follows(
        "architectures",
        "filename",
        "handler",
        "image_uri",
        "layers",
        "memory_size",
        "role",
        "runtime",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash",
        "timeout",
        "description",
        "environment",
        "vpc_config"
    ))]
    pub last_modified: Out<String>,
    /// ARN of the newest version.
    #[attr(follows(
        "architectures",
        "filename",
        "handler",
        "image_uri",
        "layers",
        "memory_size",
        "role",
        "runtime",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash",
        "timeout",
        "description",
        "environment",
        "vpc_config",
        "publish"
    ))]
    pub qualified_arn: Out<String>,
    /// ARN by which API Gateway calls the newest version.
    #[attr(follows(
        "architectures",
        "filename",
        "handler",
        "image_uri",
        "layers",
        "memory_size",
        "role",
        "runtime",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash",
        "timeout",
        "description",
        "environment",
        "vpc_config",
        "publish"
    ))]
    pub qualified_invoke_arn: Out<String>,
    /// ARN by which API Gateway calls the function for a reply in pieces.
    pub response_streaming_invoke_arn: Out<String>,
    /// ARN of the job that signed the code.
    pub signing_job_arn: Out<String>,
    /// ARN of the profile that signed the code.
    pub signing_profile_version_arn: Out<String>,
    /// Size of the code in bytes.
    #[attr(follows(
        "filename",
        "image_uri",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash"
    ))]
    pub source_code_size: Out<i64>,
    /// Number of the newest version; `$LATEST` where none is published.
    #[attr(follows(
        "architectures",
        "filename",
        "handler",
        "image_uri",
        "layers",
        "memory_size",
        "role",
        "runtime",
        "s3_bucket",
        "s3_key",
        "s3_object_version",
        "source_code_hash",
        "timeout",
        "description",
        "environment",
        "vpc_config",
        "publish"
    ))]
    pub version: Out<String>,
    /// Tags of the function.
    pub tags: Tags,
}

/// What three reads tell: the function, all its versions, and who must have signed its code.
pub struct Seen {
    function: GetFunctionOutput,
    versions: Vec<FunctionConfiguration>,
    signing: Option<String>,
}

impl Driver for Function {
    type Cloud = Aws;
    type Seen = Seen;

    fn check(draft: &FunctionDraft<'_>, diagnostics: &mut Diagnostics) {
        super::function_check::check(draft, diagnostics);
    }

    fn replaces(_: &str, is: &FunctionDraft<'_>, will_be: &FunctionDraft<'_>) -> bool {
        let durable =
            |it: &FunctionDraft<'_>| it.value("durable_config").as_slice().map(<[_]>::len);
        durable(will_be).is_some_and(|it| Some(it) != durable(is))
    }

    async fn create(&self, aws: &Aws, op: &Op) -> Result<Id> {
        let code = FunctionCode::builder()
            .set_zip_file(self.file()?)
            .set_s3_bucket(self.s3_bucket.clone())
            .set_s3_key(self.s3_key.clone())
            .set_s3_object_version(self.s3_object_version.clone())
            .set_image_uri(self.image_uri.clone())
            .set_source_kms_key_arn(self.source_kms_key_arn.clone());
        let it = self.configuration();
        let made = aws
            .lambda()
            .create_function()
            .function_name(&self.function_name)
            .code(code.build())
            .package_type(self.package_type.clone())
            .publish(self.publish)
            .set_publish_to(self.publish_to.clone().filter(|_| self.publish))
            .set_architectures(self.architectures.given())
            .set_code_signing_config_arn(self.code_signing_config_arn.clone())
            .set_tenancy_config(self.tenancy_config.sent())
            .set_tags(tagged(&self.tags.all))
            .set_capacity_provider_config(it.get_capacity_provider_config().clone())
            .set_dead_letter_config(self.dead_letter_config.sent())
            .set_description(self.description.clone())
            .set_durable_config(it.get_durable_config().clone())
            .set_environment(it.get_environment().clone().filter(|_| self.has_environment()))
            .set_ephemeral_storage(it.get_ephemeral_storage().clone())
            .set_file_system_configs(self.file_system_config.sent())
            .set_handler(it.get_handler().clone())
            .set_image_config(self.image_config.sent())
            .set_kms_key_arn(self.kms_key_arn.clone())
            .set_layers(self.layers.clone().filter(|it| !it.is_empty()))
            .set_logging_config(it.get_logging_config().clone())
            .memory_size(self.memory_size)
            .role(&self.role)
            .set_runtime(it.get_runtime().clone())
            .set_snap_start(it.get_snap_start().clone().filter(|_| self.snap_start.0.is_some()))
            .timeout(self.timeout)
            .set_tracing_config(it.get_tracing_config().clone())
            .set_vpc_config(self.vpc_config.sent().map(network))
            .customize()
            .config_override(once())
            .send()
            .await;
        let id = || Id(self.function_name.clone());
        op.or_adopt(made.map(|_| id()).map_err(|it| known_soon(it.into())), id)
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<Seen>> {
        let function = aws.lambda().get_function().function_name(&**id).send();
        let versions = aws.lambda().list_versions_by_function().function_name(&**id);
        let versions = versions.into_paginator().items().send();
        let versions = versions.collect::<Result<Vec<_>, _>>();
        let (function, versions, signing) =
            tokio::join!(function, versions, signing_config(aws, id));
        let function = function?;
        let package = function.configuration().and_then(|it| it.package_type());
        let signing = match package {
            // There is no such thing as a signed image, and asking for it is refused.
            Some(PackageType::Image) => None,
            _ => signing?,
        };
        Ok(Some(Seen { function, versions: versions?, signing }))
    }

    fn status(seen: &Seen) -> Status {
        seen.function.configuration().map_or(Status::Gone, status_of)
    }

    fn observe(&mut self, seen: Seen) {
        let Seen { function, versions, signing } = seen;
        let newest = newest(&versions);
        let version = newest.and_then(|it| it.version().map(String::from));
        if self.publish {
            let latest = versions.iter().find(|it| it.version() == Some(LATEST));
            self.publish = newest.zip(latest).is_some_and(|(a, b)| is_snapshot(a, b));
        }
        let code = function.code;
        self.image_uri = code.as_ref().and_then(|it| it.image_uri.clone());
        self.source_kms_key_arn =
            told(self.source_kms_key_arn.take(), code.and_then(|it| it.source_kms_key_arn));
        let reserved = function.concurrency.and_then(|it| it.reserved_concurrent_executions);
        self.reserved_concurrent_executions = reserved.unwrap_or(-1);
        self.code_signing_config_arn = signing;
        if function.tags_error.is_none() {
            self.tags.observe(function.tags.unwrap_or_default());
        }
        if let Some(it) = function.configuration {
            self.observe_configuration(it, version.as_deref().unwrap_or(LATEST));
        }
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let (lambda, name) = (aws.lambda(), &**id);
        // First, because what AWS never tells of the code is known to differ only in the first call.
        if self.code_differs(have) {
            let call = lambda.update_function_code().function_name(name);
            let call = call
                .set_architectures(self.architectures.given())
                .set_image_uri(self.image_uri.clone())
                .set_s3_bucket(self.s3_bucket.clone())
                .set_s3_key(self.s3_key.clone())
                .set_s3_object_version(self.s3_object_version.clone())
                .set_source_kms_key_arn(self.source_kms_key_arn.clone())
                .set_zip_file(self.file()?);
            return call.send().await.map(drop).map_err(|it| known_soon(it.into()));
        }
        if self.durable_config.0.is_some() != have.durable_config.0.is_some() {
            let why = "`durable_config` is decided when a function is made";
            return Err(Failure::fatal(why).hint("make the function anew: `--replace ADDRESS`"));
        }
        if let Some(changes) = self.changes(have) {
            let sent = changes.function_name(name).send_with(lambda).await;
            return sent.map(drop).map_err(|it| known_soon(it.into()));
        }
        let reserved = self.reserved_concurrent_executions;
        if reserved != have.reserved_concurrent_executions {
            if reserved < 0 {
                lambda.delete_function_concurrency().function_name(name).send().await?;
            } else {
                let call = lambda.put_function_concurrency().function_name(name);
                call.reserved_concurrent_executions(reserved).send().await?;
            }
        } else if self.code_signing_config_arn != have.code_signing_config_arn {
            match &self.code_signing_config_arn {
                Some(arn) => {
                    let call = lambda.put_function_code_signing_config().function_name(name);
                    call.code_signing_config_arn(arn).send().await?;
                }
                None => {
                    let call = lambda.delete_function_code_signing_config();
                    call.function_name(name).send().await?;
                }
            }
        } else if self.tags.all != have.tags.all {
            let arn = match have.arn.get() {
                Some(arn) => arn.clone(),
                None => {
                    let resource = format!("function:{}", function_name(name).0);
                    aws.arn("lambda", aws.account().await?, resource)
                }
            };
            return aws.sync_tags::<tags::Lambda>(&arn, &self.tags, &have.tags).await;
        } else if self.publish && !have.publish {
            let call = lambda.publish_version().function_name(name);
            call.set_publish_to(self.publish_to.clone()).send().await?;
        }
        Ok(())
    }

    fn stays(&self) -> bool {
        self.skip_destroy
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        if self.skip_destroy {
            return Ok(());
        }
        if self.replace_security_groups_on_destroy == Some(true)
            && let (Some(groups), Some(vpc)) =
                (&self.replacement_security_group_ids, self.vpc_config.get())
        {
            let seen = aws.lambda().get_function_configuration().function_name(&**id).send();
            let has = seen.await?.vpc_config.and_then(|it| it.security_group_ids);
            let is_there = has.is_none_or(|it| Set(it) == *groups);
            let vpc = Block(Some(VpcConfig { security_group_ids: groups.clone(), ..vpc.clone() }));
            if !is_there {
                let call = aws.lambda().update_function_configuration().function_name(&**id);
                call.set_vpc_config(vpc.sent().map(network)).send().await?;
            }
        }
        aws.lambda().delete_function().function_name(&**id).send().await?;
        Ok(())
    }
}

/// How far along a function is, in AWS's own words.
pub fn status_of(it: &FunctionConfiguration) -> Status {
    let why = |reason: Option<&str>, otherwise: &str| {
        Status::failed(reason.filter(|it| !it.is_empty()).unwrap_or(otherwise))
    };
    match (it.state(), it.last_update_status()) {
        (Some(it @ (State::Pending | State::Deleting)), _) => Status::busy(it.as_str()),
        (Some(State::Failed), _) => why(it.state_reason(), "it could not be made"),
        (_, Some(it @ LastUpdateStatus::InProgress)) => {
            Status::busy(format!("update {}", it.as_str()))
        }
        (_, Some(LastUpdateStatus::Failed)) => {
            why(it.last_update_status_reason(), "the last update failed")
        }
        _ => Status::Ready,
    }
}

impl Function {
    /// The zip file, where the code comes from one.
    fn file(&self) -> Result<Option<Blob>> {
        let Some(name) = &self.filename else { return Ok(None) };
        match std::fs::read(Path::new(name)) {
            Ok(bytes) => Ok(Some(Blob::new(bytes))),
            Err(why) => Err(Failure::fatal(format!("cannot read `{name}`: {why}"))
                .hint("`filename` is relative to the current directory")),
        }
    }

    fn has_environment(&self) -> bool {
        self.environment.sent().is_some()
    }

    fn code_differs(&self, have: &Self) -> bool {
        self.filename != have.filename
            || self.image_uri != have.image_uri
            || self.s3_bucket != have.s3_bucket
            || self.s3_key != have.s3_key
            || self.s3_object_version != have.s3_object_version
            || self.source_kms_key_arn != have.source_kms_key_arn
            || self.architectures.differs(&have.architectures)
            || self.source_code_hash.differs(&have.source_code_hash)
            || self.code_sha256.differs(&have.code_sha256)
    }
}

async fn signing_config(aws: &Aws, name: &str) -> Result<Option<String>> {
    let reply = aws.lambda().get_function_code_signing_config().function_name(name).send().await?;
    Ok(Some(reply.code_signing_config_arn).filter(|it| !it.is_empty()))
}
