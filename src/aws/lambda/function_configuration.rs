//! The configuration of an `aws_lambda_function`: how it is sent, whole or in part, and seen.

use std::collections::HashMap;

use aws_sdk_lambda::operation::update_function_configuration::builders::UpdateFunctionConfigurationInputBuilder;

use super::function::Function;
use super::function_parts::network;
use super::prelude::*;
use super::{function_name, only_changed};
use types::{FunctionConfiguration, PackageType};

impl Function {
    /// The whole configuration; what is not set is sent as the empty one that takes it away.
    pub(super) fn configuration(&self) -> UpdateFunctionConfigurationInputBuilder {
        let variables: HashMap<String, String> =
            self.environment.sent().unwrap_or_default().into_iter().collect();
        let no_network = || {
            let none = types::VpcConfig::builder().set_subnet_ids(Some(Vec::new()));
            none.set_security_group_ids(Some(Vec::new())).build()
        };
        let no_image = || {
            let none = types::ImageConfig::builder().set_command(Some(Vec::new()));
            none.set_entry_point(Some(Vec::new())).working_directory("").build()
        };
        let letters = types::DeadLetterConfig::builder().target_arn("").build();
        let snap = self.snap_start.sent().and_then(|it| it.apply_on);
        let snap = snap.unwrap_or(types::SnapStartApplyOn::None);
        let tracing = self.tracing_config.sent();
        let is_image = self.package_type == PackageType::Image;
        let image = self.image_config.sent().unwrap_or_else(no_image);
        UpdateFunctionConfigurationInputBuilder::default()
            .set_capacity_provider_config(self.capacity_provider_config.sent())
            .dead_letter_config(self.dead_letter_config.sent().unwrap_or(letters))
            .description(self.description.clone().unwrap_or_default())
            .set_durable_config(self.durable_config.sent())
            .environment(types::Environment::builder().set_variables(Some(variables)).build())
            .set_ephemeral_storage(self.ephemeral_storage.sent())
            .set_file_system_configs(Some(self.file_system_config.sent().unwrap_or_default()))
            .set_handler(self.handler.clone())
            .set_image_config(Some(image).filter(|_| is_image))
            .kms_key_arn(self.kms_key_arn.clone().unwrap_or_default())
            .set_layers(Some(self.layers.clone().unwrap_or_default()).filter(|_| !is_image))
            .set_logging_config(self.logging_config.sent())
            .memory_size(self.memory_size)
            .role(&self.role)
            .set_runtime(self.runtime.clone())
            .snap_start(types::SnapStart::builder().apply_on(snap).build())
            .timeout(self.timeout)
            .set_tracing_config(tracing.map(|it| types::TracingConfig::builder().mode(it).build()))
            .vpc_config(self.vpc_config.sent().map_or_else(no_network, network))
    }

    /// What of the configuration is otherwise; none where nothing is.
    pub(super) fn changes(&self, have: &Self) -> Option<UpdateFunctionConfigurationInputBuilder> {
        only_changed!(
            UpdateFunctionConfigurationInputBuilder, self.configuration(), have.configuration();
            get_capacity_provider_config => set_capacity_provider_config,
            get_dead_letter_config => set_dead_letter_config,
            get_description => set_description,
            get_durable_config => set_durable_config,
            get_environment => set_environment,
            get_ephemeral_storage => set_ephemeral_storage,
            get_file_system_configs => set_file_system_configs,
            get_handler => set_handler,
            get_image_config => set_image_config,
            get_kms_key_arn => set_kms_key_arn,
            get_layers => set_layers,
            get_logging_config => set_logging_config,
            get_memory_size => set_memory_size,
            get_role => set_role,
            get_runtime => set_runtime,
            get_snap_start => set_snap_start,
            get_timeout => set_timeout,
            get_tracing_config => set_tracing_config,
            get_vpc_config => set_vpc_config,
        )
    }

    pub(super) fn observe_configuration(&mut self, it: FunctionConfiguration, version: &str) {
        let gateway = |arn: &str, region: &str, path: &str, end: &str| {
            let partition = arn.split(':').nth(1).unwrap_or("aws");
            format!("arn:{partition}:apigateway:{region}:lambda:path/{path}/functions/{arn}/{end}")
        };
        if let Some(arn) = it.function_arn {
            let region = arn.split(':').nth(3).unwrap_or_default().to_string();
            let qualified = format!("{arn}:{version}");
            let (path, end) = ("2015-03-31", "invocations");
            self.invoke_arn.set(gateway(&arn, &region, path, end));
            self.qualified_invoke_arn.set(gateway(&qualified, &region, path, end));
            let (path, end) = ("2021-11-15", "response-streaming-invocations");
            self.response_streaming_invoke_arn.set(gateway(&arn, &region, path, end));
            self.qualified_arn.set(qualified);
            self.arn.set(arn);
        }
        self.version.set(version.to_string());
        let name = it.function_name.unwrap_or_default();
        if function_name(&self.function_name).0 != name {
            self.function_name = name;
        }
        // What the user gave may be the sum of anything. Where it was that of AWS, it still is.
        if self.source_code_hash.get().is_some() && self.source_code_hash == self.code_sha256 {
            self.source_code_hash.set(it.code_sha256.clone());
        }
        self.code_sha256.set(it.code_sha256);
        self.source_code_size.set(it.code_size);
        self.architectures.set(it.architectures);
        self.description = told(self.description.take(), it.description);
        self.handler = told(self.handler.take(), it.handler);
        self.runtime = it.runtime;
        self.role = it.role.unwrap_or_default();
        self.kms_key_arn = told(self.kms_key_arn.take(), it.kms_key_arn);
        self.memory_size = it.memory_size.unwrap_or(128);
        self.timeout = it.timeout.unwrap_or(3);
        self.package_type = it.package_type.unwrap_or(PackageType::Zip);
        self.last_modified.set(it.last_modified);
        self.signing_job_arn.set(it.signing_job_arn);
        self.signing_profile_version_arn.set(it.signing_profile_version_arn);
        let layers = it.layers.map(|it| it.into_iter().filter_map(|it| it.arn).collect());
        self.layers = told(self.layers.take(), layers);
        self.capacity_provider_config.observe(it.capacity_provider_config);
        self.dead_letter_config.observe(it.dead_letter_config);
        self.durable_config.observe(it.durable_config);
        // Variables that the caller may not decrypt are not told, and stay as they were.
        let environment = it.environment;
        if environment.as_ref().is_none_or(|it| it.error.is_none()) {
            let variables = environment.and_then(|it| it.variables);
            self.environment.observe(variables.map(|it| it.into_iter().collect()));
        }
        self.ephemeral_storage.observe(it.ephemeral_storage);
        self.file_system_config.observe(it.file_system_configs);
        self.image_config.observe(it.image_config_response.and_then(|it| it.image_config));
        self.logging_config.observe(it.logging_config);
        self.snap_start.observe(it.snap_start);
        self.tenancy_config.observe(it.tenancy_config);
        self.tracing_config.observe(it.tracing_config.and_then(|it| it.mode));
        self.vpc_config.observe(it.vpc_config);
    }
}
