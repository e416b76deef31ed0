//! `aws_ecs_cluster_capacity_providers`: what a cluster's tasks may run on.

use super::Clusters;
use super::prelude::*;

/// Says what tasks of a cluster may run on, such as `FARGATE_SPOT`, and on what they do by default.
///
/// ```hcl
/// resource "aws_ecs_cluster_capacity_providers" "shop" {
///   cluster_name       = "shop"
///   capacity_providers = ["FARGATE", "FARGATE_SPOT"]
///
///   default_capacity_provider_strategy {
///     capacity_provider = "FARGATE"
///     weight            = 1
///   }
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_ecs_cluster_capacity_providers")]
pub struct ClusterCapacityProviders {
    /// Names of the capacity providers; none when unset.
    pub capacity_providers: Option<Set<String>>,
    /// Name of the cluster.
    #[attr(replace, length(1, 255), characters = "a-zA-Z0-9_-")]
    pub cluster_name: String,
    /// What services and tasks run on that do not say it.
    pub default_capacity_provider_strategy: BlockSet<Strategy>,
}

/// Share of one capacity provider.
#[derive(Clone, Debug, PartialEq, Nested)]
pub struct Strategy {
    /// Tasks that run on it at least; for one provider only.
    #[attr(default = 0, range(0, 100000))]
    pub base: i32,
    /// Name of the capacity provider.
    pub capacity_provider: String,
    /// Share of it in all tasks.
    #[attr(default = 0, range(0, 1000))]
    pub weight: i32,
}

impl Driver for ClusterCapacityProviders {
    type Cloud = Aws;
    type Seen = types::Cluster;

    /// The cluster stays.
    const STAYS: bool = true;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        self.put(&self.cluster_name, aws).await?;
        Ok(Id(self.cluster_name.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<types::Cluster>> {
        aws.load::<Clusters>(id).await
    }

    fn status(seen: &types::Cluster) -> Status {
        match (seen.status.as_deref(), seen.attachments_status.as_deref()) {
            (Some("INACTIVE") | None, _) => Status::Gone,
            (_, Some(it @ "UPDATE_IN_PROGRESS")) => Status::busy(it),
            (_, Some("UPDATE_FAILED")) => {
                Status::failed("the capacity providers could not be attached to the cluster")
            }
            _ => Status::Ready,
        }
    }

    fn observe(&mut self, seen: types::Cluster) {
        let providers = seen.capacity_providers.unwrap_or_default();
        if self.capacity_providers.is_some() || !providers.is_empty() {
            self.capacity_providers = Some(Set(providers));
        }
        let strategy = seen.default_capacity_provider_strategy.into_iter().flatten();
        self.default_capacity_provider_strategy = BlockSet(strategy.map(Strategy::from).collect());
        self.cluster_name = seen.cluster_name.unwrap_or_default();
    }

    async fn update(&self, have: &Self, id: &Id, aws: &Aws) -> Result<()> {
        let strategy = &self.default_capacity_provider_strategy;
        if self.providers() != have.providers()
            || *strategy != have.default_capacity_provider_strategy
        {
            self.put(id, aws).await?;
        }
        Ok(())
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        let call = aws.ecs().put_cluster_capacity_providers().cluster(&**id);
        let call = call.set_capacity_providers(Some(Vec::new()));
        call.set_default_capacity_provider_strategy(Some(Vec::new())).send().await?;
        Ok(())
    }
}

impl ClusterCapacityProviders {
    fn providers(&self) -> Set<String> {
        self.capacity_providers.clone().unwrap_or_default()
    }

    async fn put(&self, cluster: &str, aws: &Aws) -> Result<()> {
        let strategy = self.default_capacity_provider_strategy.0.iter();
        let strategy = strategy.filter_map(Strategy::sent).collect();
        let call = aws.ecs().put_cluster_capacity_providers().cluster(cluster);
        let call = call.set_capacity_providers(Some(self.providers().0));
        let call = call.set_default_capacity_provider_strategy(Some(strategy));
        call.send().await.map_err(|it| known_soon(it.into()))?;
        Ok(())
    }
}

impl Strategy {
    fn sent(&self) -> Option<types::CapacityProviderStrategyItem> {
        let it = types::CapacityProviderStrategyItem::builder().base(self.base);
        it.weight(self.weight).capacity_provider(&self.capacity_provider).build().ok()
    }
}

impl From<types::CapacityProviderStrategyItem> for Strategy {
    fn from(it: types::CapacityProviderStrategyItem) -> Self {
        Strategy { base: it.base, capacity_provider: it.capacity_provider, weight: it.weight }
    }
}
