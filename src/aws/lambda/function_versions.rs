//! Versions of an `aws_lambda_function`: which is the newest, and whether it is up to date.

use aws_sdk_lambda::types::FunctionConfiguration;

/// What a function is called that is not published.
pub(super) const LATEST: &str = "$LATEST";

/// The published version with the highest number.
pub(super) fn newest(versions: &[FunctionConfiguration]) -> Option<&FunctionConfiguration> {
    let number = |it: &FunctionConfiguration| it.version()?.parse::<u64>().ok();
    versions.iter().filter(|it| number(it).is_some()).max_by_key(|it| number(it))
}

/// Whether the version is what the function is now: everything that a version freezes.
pub(super) fn is_snapshot(version: &FunctionConfiguration, latest: &FunctionConfiguration) -> bool {
    let layers = |it: &FunctionConfiguration| -> Vec<String> {
        it.layers().iter().filter_map(|it| it.arn.clone()).collect()
    };
    let network = |it: &FunctionConfiguration| {
        it.vpc_config().map(|it| {
            let (mut subnets, mut groups) =
                (it.subnet_ids().to_vec(), it.security_group_ids().to_vec());
            subnets.sort();
            groups.sort();
            (subnets, groups, it.ipv6_allowed_for_dual_stack)
        })
    };
    let variables = |it: &FunctionConfiguration| it.environment()?.variables().cloned();
    let snap = |it: &FunctionConfiguration| it.snap_start()?.apply_on().cloned();
    version.code_sha256() == latest.code_sha256()
        && version.architectures() == latest.architectures()
        && version.dead_letter_config() == latest.dead_letter_config()
        && version.ephemeral_storage() == latest.ephemeral_storage()
        && version.file_system_configs() == latest.file_system_configs()
        && version.handler() == latest.handler()
        && version.image_config_response() == latest.image_config_response()
        && version.kms_key_arn() == latest.kms_key_arn()
        && version.logging_config() == latest.logging_config()
        && version.memory_size() == latest.memory_size()
        && version.role() == latest.role()
        && version.runtime() == latest.runtime()
        && version.timeout() == latest.timeout()
        && version.tracing_config() == latest.tracing_config()
        && layers(version) == layers(latest)
        && network(version) == network(latest)
        && snap(version) == snap(latest)
        && variables(version) == variables(latest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_count_and_freeze() {
        let of = |version: &str, memory: i32| {
            FunctionConfiguration::builder().version(version).memory_size(memory).build()
        };
        let all = [of(LATEST, 256), of("2", 128), of("10", 256), of("9", 128)];
        let it = newest(&all).unwrap();
        assert_eq!(it.version(), Some("10"));
        assert!(is_snapshot(it, &all[0]));
        assert!(!is_snapshot(&all[1], &all[0]));
        assert!(newest(&all[..1]).is_none());
    }
}
