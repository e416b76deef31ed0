//! `aws_cloudwatch_dashboard`: a page of graphs.

use super::prelude::*;
use aws_sdk_cloudwatch::operation::get_dashboard::GetDashboardOutput;

use crate::schema::compare::{same_json, settled};

/// Page of graphs, numbers and texts in the CloudWatch console.
///
/// ```hcl
/// resource "aws_cloudwatch_dashboard" "orders" {
///   dashboard_name = "orders"
///
///   dashboard_body = jsonencode({
///     widgets = [{
///       type   = "metric"
///       width  = 12
///       height = 6
///       properties = {
///         region  = "eu-central-1"
///         metrics = [["AWS/Kinesis", "IncomingRecords", "StreamName", "orders"]]
///       }
///     }]
///   })
/// }
/// ```
#[derive(Debug, Resource)]
#[resource("aws_cloudwatch_dashboard")]
pub struct Dashboard {
    /// Widgets of the page, as JSON.
    #[attr(json, format = "json")]
    pub dashboard_body: String,
    /// Name of the dashboard: letters, digits, `-` and `_`.
    #[attr(replace, length(1, 255), characters = "a-zA-Z0-9_-")]
    pub dashboard_name: String,
    /// ARN of the dashboard.
    pub dashboard_arn: Out<String>,
}

impl Driver for Dashboard {
    type Cloud = Aws;
    type Seen = GetDashboardOutput;

    async fn create(&self, aws: &Aws, _: &Op) -> Result<Id> {
        self.put(aws).await?;
        Ok(Id(self.dashboard_name.clone()))
    }

    async fn find(id: &Id, aws: &Aws) -> Result<Option<GetDashboardOutput>> {
        Ok(Some(aws.cloudwatch().get_dashboard().dashboard_name(&**id).send().await?))
    }

    fn status(_: &GetDashboardOutput) -> Status {
        Status::Ready
    }

    fn observe(&mut self, seen: GetDashboardOutput) {
        let body = seen.dashboard_body.unwrap_or_default();
        self.dashboard_body = settled(Some(&self.dashboard_body), body);
        self.dashboard_name = seen.dashboard_name.unwrap_or_default();
        self.dashboard_arn.set(seen.dashboard_arn);
    }

    async fn update(&self, have: &Self, _: &Id, aws: &Aws) -> Result<()> {
        match same_json(&self.dashboard_body, &have.dashboard_body) {
            true => Ok(()),
            false => self.put(aws).await,
        }
    }

    async fn delete(&self, id: &Id, aws: &Aws) -> Result<()> {
        aws.cloudwatch().delete_dashboards().dashboard_names(&**id).send().await?;
        Ok(())
    }
}

impl Dashboard {
    /// Makes the dashboard or takes its place: the call is the same.
    async fn put(&self, aws: &Aws) -> Result<()> {
        let call = aws.cloudwatch().put_dashboard().dashboard_name(&self.dashboard_name);
        call.dashboard_body(&self.dashboard_body).send().await?;
        Ok(())
    }
}
