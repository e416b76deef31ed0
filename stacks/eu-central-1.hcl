# FastCart in eu-central-1: the network, the keys, the stream of orders, and the logs.
#
# Valid Terraform configuration language: copied to a `.tf` file, Terraform reads it as it stands.

terraform {
  required_version = ">= 1.5"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

# ---------------------------------------------------------------------------------------------------
# What differs between environments
# ---------------------------------------------------------------------------------------------------

variable "environment_suffix" {
  description = "Ends every name, so that many environments live side by side in one account."
  type        = string

  validation {
    condition     = can(regex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?$", var.environment_suffix))
    error_message = "The suffix may hold lower-case letters, digits and hyphens, and neither begins nor ends with a hyphen."
  }

  validation {
    # The tightest limit is that of an ElastiCache replication group: 40 characters.
    condition     = length(var.environment_suffix) <= 20
    error_message = "The suffix may have at most 20 characters: some names in AWS are limited to 40."
  }
}

variable "region" {
  description = "Region of every resource. FastCart runs in eu-central-1 only."
  type        = string
  default     = "eu-central-1"

  validation {
    condition     = var.region == "eu-central-1"
    error_message = "FastCart runs in eu-central-1 only."
  }
}

variable "environment" {
  description = "Kind of environment."
  type        = string
  default     = "test"

  validation {
    condition     = contains(["dev", "test", "staging", "production"], var.environment)
    error_message = "The environment is one of dev, test, staging and production."
  }
}

variable "owner" {
  description = "Team that answers for the environment."
  type        = string
  default     = "fastcart-platform"
}

variable "vpc_cidr" {
  description = "Addresses of the VPC."
  type        = string
  default     = "10.40.0.0/16"

  validation {
    condition     = can(cidrnetmask(var.vpc_cidr)) && try(tonumber(split("/", var.vpc_cidr)[1]) <= 20, false)
    error_message = "The CIDR must be an IPv4 network of /20 or larger, such as 10.40.0.0/16."
  }
}

variable "zone_count" {
  description = "Availability zones to spread over."
  type        = number
  default     = 3

  validation {
    condition     = var.zone_count >= 2 && var.zone_count <= 3
    error_message = "At least two zones, to survive the loss of one, and at most three, the region's number."
  }
}

variable "orders_stream" {
  description = "Capacity and retention of the stream of orders."
  type = object({
    mode            = optional(string, "PROVISIONED")
    shards          = optional(number, 2)
    retention_hours = optional(number, 168)
  })
  default  = {}
  nullable = false

  validation {
    condition     = contains(["PROVISIONED", "ON_DEMAND"], var.orders_stream.mode)
    error_message = "The mode is PROVISIONED or ON_DEMAND."
  }

  validation {
    condition     = var.orders_stream.retention_hours >= 24 && var.orders_stream.retention_hours <= 8760
    error_message = "Kinesis keeps records for 24 to 8760 hours."
  }
}

variable "log_retention_days" {
  description = "Days that logs are kept."
  type        = number
  default     = 30
}

variable "service_port" {
  description = "Port on which the order service answers."
  type        = number
  default     = 8080
}

# ---------------------------------------------------------------------------------------------------
# Where we are
# ---------------------------------------------------------------------------------------------------

provider "aws" {
  region = var.region

  default_tags {
    tags = {
      Project           = "fastcart"
      Environment       = var.environment
      EnvironmentSuffix = var.environment_suffix
      Owner             = var.owner
      ManagedBy         = "fastcart-hcl"
    }
  }
}

data "aws_caller_identity" "current" {}

data "aws_partition" "current" {}

data "aws_region" "current" {
  lifecycle {
    postcondition {
      condition     = self.region == "eu-central-1"
      error_message = "The effective region is ${self.region}, but FastCart runs in eu-central-1 only."
    }
  }
}

data "aws_availability_zones" "available" {
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  name    = "fastcart"
  suffix  = var.environment_suffix
  account = data.aws_caller_identity.current.account_id
  root    = "arn:${data.aws_partition.current.partition}:iam::${local.account}:root"
  logs    = "arn:${data.aws_partition.current.partition}:logs:${var.region}:${local.account}:log-group"

  # Each zone has a number, from which its networks are cut.
  zones = {
    for index, zone in slice(data.aws_availability_zones.available.names, 0, var.zone_count) : zone => index
  }

  # 16 blocks: four for each tier, three of them in use.
  blocks = cidrsubnets(var.vpc_cidr, [for _ in range(12) : 4]...)

  log_groups = {
    flow    = "/fastcart/vpc-flow-${local.suffix}"
    service = "/fastcart/order-service-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Network: public, private-application and private-data subnets in every zone
# ---------------------------------------------------------------------------------------------------

resource "aws_vpc" "main" {
  cidr_block           = var.vpc_cidr
  enable_dns_support   = true
  enable_dns_hostnames = true

  tags = {
    Name = "${local.name}-vpc-${local.suffix}"
  }
}

resource "aws_subnet" "public" {
  for_each = local.zones

  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  cidr_block        = local.blocks[each.value]

  tags = {
    Name = "${local.name}-public-${each.key}-${local.suffix}"
    Tier = "public"
  }
}

resource "aws_subnet" "app" {
  for_each = local.zones

  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  cidr_block        = local.blocks[4 + each.value]

  tags = {
    Name = "${local.name}-app-${each.key}-${local.suffix}"
    Tier = "private-app"
  }
}

resource "aws_subnet" "data" {
  for_each = local.zones

  vpc_id            = aws_vpc.main.id
  availability_zone = each.key
  cidr_block        = local.blocks[8 + each.value]

  tags = {
    Name = "${local.name}-data-${each.key}-${local.suffix}"
    Tier = "private-data"
  }
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "${local.name}-igw-${local.suffix}"
  }

  # It could move to another VPC, but the old one cannot go while it is attached.
  lifecycle {
    replace_triggered_by = [aws_vpc.main.id]
  }
}

resource "aws_eip" "nat" {
  for_each = local.zones

  domain = "vpc"

  tags = {
    Name = "${local.name}-nat-${each.key}-${local.suffix}"
  }

  # An address is of use only once the VPC has a way out.
  depends_on = [aws_internet_gateway.main]
}

resource "aws_nat_gateway" "main" {
  for_each = local.zones

  allocation_id = aws_eip.nat[each.key].id
  subnet_id     = aws_subnet.public[each.key].id

  tags = {
    Name = "${local.name}-nat-${each.key}-${local.suffix}"
  }
}

resource "aws_route_table" "public" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "${local.name}-public-${local.suffix}"
  }
}

resource "aws_route" "public_out" {
  route_table_id         = aws_route_table.public.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "public" {
  for_each = local.zones

  subnet_id      = aws_subnet.public[each.key].id
  route_table_id = aws_route_table.public.id
}

# One table for each zone, so that the loss of a zone takes only its own way out along.
resource "aws_route_table" "private" {
  for_each = local.zones

  vpc_id = aws_vpc.main.id

  tags = {
    Name = "${local.name}-private-${each.key}-${local.suffix}"
  }
}

resource "aws_route" "private_out" {
  for_each = local.zones

  route_table_id         = aws_route_table.private[each.key].id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.main[each.key].id
}

resource "aws_route_table_association" "app" {
  for_each = local.zones

  subnet_id      = aws_subnet.app[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

resource "aws_route_table_association" "data" {
  for_each = local.zones

  subnet_id      = aws_subnet.data[each.key].id
  route_table_id = aws_route_table.private[each.key].id
}

# ---------------------------------------------------------------------------------------------------
# Security groups: each names the others, none an address
# ---------------------------------------------------------------------------------------------------

# Without rules: what names no group of its own reaches nothing.
resource "aws_default_security_group" "closed" {
  vpc_id = aws_vpc.main.id

  tags = {
    Name = "${local.name}-default-closed-${local.suffix}"
  }
}

resource "aws_security_group" "service" {
  name        = "${local.name}-service-${local.suffix}"
  description = "Order service"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "${local.name}-service-${local.suffix}"
  }
}

resource "aws_security_group" "database" {
  name        = "${local.name}-database-${local.suffix}"
  description = "Order database"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "${local.name}-database-${local.suffix}"
  }
}

resource "aws_security_group" "cache" {
  name        = "${local.name}-cache-${local.suffix}"
  description = "Order cache"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "${local.name}-cache-${local.suffix}"
  }
}

resource "aws_security_group" "endpoints" {
  name        = "${local.name}-endpoints-${local.suffix}"
  description = "Interface endpoints of AWS services"
  vpc_id      = aws_vpc.main.id

  tags = {
    Name = "${local.name}-endpoints-${local.suffix}"
  }
}

locals {
  # What the service may reach, and what may be reached by it.
  reached = {
    database  = { group = aws_security_group.database.id, port = 5432 }
    cache     = { group = aws_security_group.cache.id, port = 6379 }
    endpoints = { group = aws_security_group.endpoints.id, port = 443 }
  }
}

resource "aws_vpc_security_group_egress_rule" "service" {
  for_each = local.reached

  security_group_id            = aws_security_group.service.id
  referenced_security_group_id = each.value.group
  description                  = "Service to ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = {
    Name = "${local.name}-service-to-${each.key}-${local.suffix}"
  }
}

resource "aws_vpc_security_group_ingress_rule" "reached" {
  for_each = local.reached

  security_group_id            = each.value.group
  referenced_security_group_id = aws_security_group.service.id
  description                  = "Service to ${each.key}"
  ip_protocol                  = "tcp"
  from_port                    = each.value.port
  to_port                      = each.value.port

  tags = {
    Name = "${local.name}-${each.key}-from-service-${local.suffix}"
  }
}

resource "aws_vpc_security_group_ingress_rule" "service_peers" {
  security_group_id            = aws_security_group.service.id
  referenced_security_group_id = aws_security_group.service.id
  description                  = "Service to itself"
  ip_protocol                  = "tcp"
  from_port                    = var.service_port
  to_port                      = var.service_port

  tags = {
    Name = "${local.name}-service-peers-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Keys: one for each purpose, each only for the services that need it
# ---------------------------------------------------------------------------------------------------

locals {
  key_users = {
    data     = ["rds.${var.region}.amazonaws.com", "elasticache.${var.region}.amazonaws.com", "secretsmanager.${var.region}.amazonaws.com"]
    stream   = ["kinesis.${var.region}.amazonaws.com"]
    messages = ["sqs.${var.region}.amazonaws.com", "sns.${var.region}.amazonaws.com"]
  }
}

data "aws_iam_policy_document" "key" {
  for_each = local.key_users

  statement {
    sid       = "AdministeredByTheAccount"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "UsedThroughItsServices"
    actions   = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:CallerAccount"
      values   = [local.account]
    }

    condition {
      test     = "StringEquals"
      variable = "kms:ViaService"
      values   = each.value
    }
  }
}

resource "aws_kms_key" "main" {
  for_each = local.key_users

  description             = "FastCart ${each.key} ${local.suffix}"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.key[each.key].json

  tags = {
    Name    = "${local.name}-${each.key}-${local.suffix}"
    Purpose = each.key
  }
}

resource "aws_kms_alias" "main" {
  for_each = local.key_users

  name          = "alias/${local.name}-${each.key}-${local.suffix}"
  target_key_id = aws_kms_key.main[each.key].key_id
}

data "aws_iam_policy_document" "logs_key" {
  statement {
    sid       = "AdministeredByTheAccount"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }

  statement {
    sid       = "UsedByTheLogGroups"
    actions   = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["logs.${var.region}.amazonaws.com"]
    }

    condition {
      test     = "ArnEquals"
      variable = "kms:EncryptionContext:aws:logs:arn"
      values   = [for name in values(local.log_groups) : "${local.logs}:${name}"]
    }
  }
}

resource "aws_kms_key" "logs" {
  description             = "FastCart logs ${local.suffix}"
  enable_key_rotation     = true
  deletion_window_in_days = 7
  policy                  = data.aws_iam_policy_document.logs_key.json

  tags = {
    Name    = "${local.name}-logs-${local.suffix}"
    Purpose = "logs"
  }
}

resource "aws_kms_alias" "logs" {
  name          = "alias/${local.name}-logs-${local.suffix}"
  target_key_id = aws_kms_key.logs.key_id
}

# ---------------------------------------------------------------------------------------------------
# Orders arrive here
# ---------------------------------------------------------------------------------------------------

resource "aws_kinesis_stream" "orders" {
  name             = "${local.name}-orders-${local.suffix}"
  shard_count      = var.orders_stream.mode == "PROVISIONED" ? var.orders_stream.shards : null
  retention_period = var.orders_stream.retention_hours
  encryption_type  = "KMS"
  kms_key_id       = aws_kms_key.main["stream"].arn

  shard_level_metrics = [
    "IncomingBytes",
    "IncomingRecords",
    "IteratorAgeMilliseconds",
    "OutgoingBytes",
    "OutgoingRecords",
    "ReadProvisionedThroughputExceeded",
    "WriteProvisionedThroughputExceeded",
  ]

  stream_mode_details {
    stream_mode = var.orders_stream.mode
  }

  tags = {
    Name = "${local.name}-orders-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Logs, and the record of every connection in the VPC
# ---------------------------------------------------------------------------------------------------

resource "aws_cloudwatch_log_group" "main" {
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.logs.arn

  tags = {
    Name = each.value
  }
}

data "aws_iam_policy_document" "flow_logs_trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["vpc-flow-logs.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:${data.aws_partition.current.partition}:ec2:${var.region}:${local.account}:vpc-flow-log/*"]
    }
  }
}

data "aws_iam_policy_document" "flow_logs" {
  statement {
    sid       = "WriteToItsLogGroup"
    actions   = ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.main["flow"].arn}:*"]
  }

  # AWS does not let this action name a log group.
  statement {
    sid       = "FindItsLogGroup"
    actions   = ["logs:DescribeLogGroups"]
    resources = ["*"]
  }
}

resource "aws_iam_role" "flow_logs" {
  name               = "${local.name}-flow-logs-${local.suffix}"
  description        = "Lets the VPC's flow logs be written"
  assume_role_policy = data.aws_iam_policy_document.flow_logs_trust.json

  tags = {
    Name = "${local.name}-flow-logs-${local.suffix}"
  }
}

resource "aws_iam_role_policy" "flow_logs" {
  name   = "${local.name}-flow-logs-${local.suffix}"
  role   = aws_iam_role.flow_logs.id
  policy = data.aws_iam_policy_document.flow_logs.json
}

resource "aws_flow_log" "vpc" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.main["flow"].arn
  iam_role_arn             = aws_iam_role.flow_logs.arn
  max_aggregation_interval = 60

  tags = {
    Name = "${local.name}-vpc-flow-${local.suffix}"
  }

  # Without the policy the first records would be lost.
  depends_on = [aws_iam_role_policy.flow_logs]
}

# ---------------------------------------------------------------------------------------------------
# What others need to know
# ---------------------------------------------------------------------------------------------------

output "region" {
  description = "Region of everything."
  value       = data.aws_region.current.region
}

output "environment_suffix" {
  description = "What every name ends in."
  value       = var.environment_suffix
}

output "vpc_id" {
  description = "The VPC."
  value       = aws_vpc.main.id
}

output "public_subnet_ids" {
  description = "Public subnets, by zone."
  value       = { for zone, subnet in aws_subnet.public : zone => subnet.id }
}

output "app_subnet_ids" {
  description = "Private subnets of the application, by zone."
  value       = { for zone, subnet in aws_subnet.app : zone => subnet.id }
}

output "data_subnet_ids" {
  description = "Private subnets of the data stores, by zone."
  value       = { for zone, subnet in aws_subnet.data : zone => subnet.id }
}

output "nat_public_ips" {
  description = "Addresses that the outside sees, by zone."
  value       = { for zone, gateway in aws_nat_gateway.main : zone => gateway.public_ip }
}

output "security_group_ids" {
  description = "Security groups, by what they protect."
  value = {
    service   = aws_security_group.service.id
    database  = aws_security_group.database.id
    cache     = aws_security_group.cache.id
    endpoints = aws_security_group.endpoints.id
  }
}

output "kms_key_arns" {
  description = "Keys, by purpose."
  value       = merge({ for purpose, key in aws_kms_key.main : purpose => key.arn }, { logs = aws_kms_key.logs.arn })
}

output "orders_stream_name" {
  description = "Stream that orders are put on."
  value       = aws_kinesis_stream.orders.name
}

output "orders_stream_arn" {
  description = "ARN of the stream that orders are put on."
  value       = aws_kinesis_stream.orders.arn
}

output "log_group_names" {
  description = "Log groups, by what they hold."
  value       = { for what, group in aws_cloudwatch_log_group.main : what => group.name }
}
