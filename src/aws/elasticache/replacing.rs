//! Changes of a replication group that need another one.

use super::replication_group::ReplicationGroupDraft;
use crate::lang::value::Value;

/// Before this version, encryption in transit is decided when a group is made.
const TRANSIT_CHANGES: &str = "7.0.5";

/// Whether the change of that argument needs another group.
pub(super) fn replaces(
    argument: &str,
    is: &ReplicationGroupDraft<'_>,
    will_be: &ReplicationGroupDraft<'_>,
) -> bool {
    // A member of a global group has the engine of that.
    let global = will_be.global_replication_group_id().is_set();
    let actual = is.engine_version_actual().known();
    match argument {
        "engine" => {
            let engines = (is.engine().known(), will_be.engine().known());
            !global && matches!(engines, (Some(is), Some(will_be)) if !is_upgrade(&is, &will_be))
        }
        "engine_version" => {
            let versions = (will_be.engine_version().known(), actual);
            !global && matches!(versions, (Some(asked), Some(actual)) if is_older(&asked, &actual))
        }
        "transit_encryption_enabled" => actual.is_some_and(|it| is_older(&it, TRANSIT_CHANGES)),
        _ => are_other_shards(is.value(argument), will_be.value(argument)),
    }
}

/// Redis can become Valkey, and there is no other way.
fn is_upgrade(from: &str, to: &str) -> bool {
    from.eq_ignore_ascii_case(to)
        || (from.eq_ignore_ascii_case("redis") && to.eq_ignore_ascii_case("valkey"))
}

/// Whether a version is lower than another, as far as it says: `6.x` is not lower than `6.2.6`.
fn is_older(one: &str, other: &str) -> bool {
    let numbers =
        |it: &str| -> Vec<u32> { it.split('.').map_while(|it| it.parse().ok()).collect() };
    let (one, other) = (numbers(one), numbers(other));
    one.iter().zip(&other).find(|(a, b)| a != b).is_some_and(|(a, b)| a < b)
}

/// Whether shards come or go, or have other slots or another number of replicas. Where their members
/// are can change.
fn are_other_shards(is: &Value, will_be: &Value) -> bool {
    let (Some(is), Some(will_be)) = (is.as_slice(), will_be.as_slice()) else { return false };
    let same = |one: &Value, other: &Value| {
        ["node_group_id", "replica_count", "slots"].iter().all(|name| {
            let open = |it: &Value| it.is_null() || !it.is_known();
            match (one.part(name), other.part(name)) {
                (Some(one), Some(other)) => open(other) || one.same(other),
                _ => true,
            }
        })
    };
    is.len() != will_be.len() || will_be.iter().any(|one| !is.iter().any(|it| same(it, one)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_older_as_far_as_they_say() {
        let cases = [
            ("7.0", "7.1.0", true),
            ("7.1", "7.1.0", false),
            ("6.x", "6.2.6", false),
            ("6.x", "7.1.0", true),
            ("8.0", "7.2.6", false),
            ("7.0.4", "7.0.5", true),
            ("7.1.0", "7.0.5", false),
            ("5.0.6", "6.2.6", true),
        ];
        for (one, other, expected) in cases {
            assert_eq!(is_older(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn engines_go_one_way() {
        assert!(is_upgrade("Redis", "valkey") && is_upgrade("redis", "REDIS"));
        assert!(!is_upgrade("valkey", "redis"));
    }

    #[test]
    fn shards_are_others_by_their_slots_and_replicas() {
        let shard = |id: &str, replicas: i64, zone: &str| {
            Value::object([
                ("node_group_id", Value::from(id)),
                ("replica_count", replicas.into()),
                ("primary_availability_zone", zone.into()),
            ])
        };
        let shards = |those: Vec<Value>| Value::tuple(those);
        let is = shards(vec![shard("0001", 1, "a"), shard("0002", 1, "b")]);
        let cases = [
            (shards(vec![shard("0002", 1, "c"), shard("0001", 1, "a")]), false),
            (shards(vec![shard("0001", 1, "a")]), true),
            (shards(vec![shard("0001", 2, "a"), shard("0002", 1, "b")]), true),
            (shards(vec![shard("0001", 1, "a"), shard("0003", 1, "b")]), true),
            (Value::unknown(crate::lang::types::Type::Any), false),
        ];
        for (will_be, expected) in cases {
            assert_eq!(are_other_shards(&is, &will_be), expected, "{will_be:?}");
        }
    }
}
