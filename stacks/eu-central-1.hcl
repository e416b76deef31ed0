# FastCart in eu-central-1: orders arrive on a Kinesis stream, a Fargate service works through them,
# PostgreSQL stores them, Redis answers what is often asked.
#
# Valid Terraform configuration language: copied to a `.tf` file, Terraform reads it as it stands.
#
# What has to be there beforehand: the secrets with the credentials (`var.secrets`), the function that
# rotates them (`var.rotation_function_arn`), and the service's image (`var.image`).

terraform {
  required_version = ">= 1.11"

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
    # RDS and ElastiCache take no hyphen at the end, and no two in a row.
    condition     = can(regex("^[a-z0-9]+(-[a-z0-9]+)*$", var.environment_suffix))
    error_message = "The suffix may hold lower-case letters, digits and hyphens: single ones, neither at the beginning nor at the end."
  }

  validation {
    # The tightest limits are those of ElastiCache, 40 characters: `fastcart-default-` leaves 23 of them.
    condition     = length(var.environment_suffix) <= 20
    error_message = "The suffix may have at most 20 characters: the names of ElastiCache are limited to 40."
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

variable "image" {
  description = "Image of the order service: a repository of this account's registry, and a tag."
  type = object({
    repository = optional(string, "fastcart/order-service")
    tag        = optional(string, "1.0.0")
  })
  default  = {}
  nullable = false
}

variable "order_service" {
  description = "Size of the order service: CPU units and MiB of each task, and how many tasks."
  type = object({
    port      = optional(number, 8080)
    cpu       = optional(number, 512)
    memory    = optional(number, 1024)
    min_tasks = optional(number, 2)
    max_tasks = optional(number, 12)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.order_service.min_tasks >= 2 && var.order_service.max_tasks >= var.order_service.min_tasks
    error_message = "At least two tasks, to survive the loss of one, and no fewer at the most than at the least."
  }
}

variable "database" {
  description = "Size of the order database: GiB that it begins with and may grow to, and days that backups are kept."
  type = object({
    version        = optional(string, "17.6")
    instance_class = optional(string, "db.t4g.medium")
    storage        = optional(number, 50)
    max_storage    = optional(number, 500)
    backup_days    = optional(number, 7)
    # Of some 400 that this class of instance takes.
    many_connections = optional(number, 320)
  })
  default  = {}
  nullable = false

  validation {
    condition     = var.database.backup_days >= 7 && var.database.backup_days <= 35
    error_message = "Backups are kept for at least 7 days, and RDS keeps them for 35 at most."
  }
}

variable "cache" {
  description = "Size of the cache; it has a node in each zone."
  type = object({
    version   = optional(string, "7.1")
    node_type = optional(string, "cache.t4g.small")
  })
  default  = {}
  nullable = false
}

variable "secrets" {
  description = "Existing entries of Secrets Manager, each JSON with a `username` and a `password`; by default `fastcart/database-` and `fastcart/cache-` with the suffix. Rotated, they are of use to one environment only."
  type = object({
    database = optional(string)
    cache    = optional(string)
  })
  default  = {}
  nullable = false
}

variable "credentials_version" {
  description = "Raised by one, it hands the passwords that the secrets hold now to the database and the cache."
  type        = number
  default     = 1
}

variable "rotation_function_arn" {
  description = "Existing function that rotates the secrets; by default `fastcart-rotation` of this account."
  type        = string
  default     = null
}

variable "alarm_emails" {
  description = "Addresses that are written to when an alarm goes off."
  type        = set(string)
  default     = []
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
  #checkov:skip=CKV_AWS_394:Zones are in the order of their names and cut at their number, so a new one changes nothing
  state = "available"

  filter {
    name   = "opt-in-status"
    values = ["opt-in-not-required"]
  }
}

locals {
  name      = "fastcart"
  suffix    = var.environment_suffix
  account   = data.aws_caller_identity.current.account_id
  partition = data.aws_partition.current.partition
  root      = "arn:${local.partition}:iam::${local.account}:root"

  # ARNs of what AWS makes or is told of before it exists, to be completed by what they mean.
  arn = {
    for service in ["cloudwatch", "ec2", "ecs", "lambda", "logs", "rds"] :
    service => "arn:${local.partition}:${service}:${var.region}:${local.account}"
  }

  # Names that others need before the thing itself is there.
  cluster_name = "${local.name}-${local.suffix}"
  database_names = {
    primary = "${local.name}-orders-${local.suffix}"
    replica = "${local.name}-orders-replica-${local.suffix}"
  }

  # Each zone has a number, from which its networks are cut.
  zones = {
    for index, zone in slice(data.aws_availability_zones.available.names, 0, var.zone_count) : zone => index
  }

  # 16 blocks: four for each tier, three of them in use.
  blocks = cidrsubnets(var.vpc_cidr, [for _ in range(12) : 4]...)
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

# Layers of images come from S3, through its gateway.
resource "aws_vpc_security_group_egress_rule" "service_to_s3" {
  security_group_id = aws_security_group.service.id
  prefix_list_id    = aws_vpc_endpoint.s3.prefix_list_id
  description       = "Service to S3"
  ip_protocol       = "tcp"
  from_port         = 443
  to_port           = 443

  tags = {
    Name = "${local.name}-service-to-s3-${local.suffix}"
  }
}

resource "aws_vpc_security_group_ingress_rule" "service_peers" {
  security_group_id            = aws_security_group.service.id
  referenced_security_group_id = aws_security_group.service.id
  description                  = "Service to itself"
  ip_protocol                  = "tcp"
  from_port                    = var.order_service.port
  to_port                      = var.order_service.port

  tags = {
    Name = "${local.name}-service-peers-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Credentials: they exist, are read, and are changed every thirty days
# ---------------------------------------------------------------------------------------------------

locals {
  secrets = {
    for which, name in var.secrets : which => coalesce(name, "${local.name}/${which}-${local.suffix}")
  }

  rotation_function_arn = coalesce(var.rotation_function_arn, "${local.arn["lambda"]}:function:${local.name}-rotation")
}

data "aws_secretsmanager_secret" "main" {
  for_each = local.secrets

  name = each.value
}

# What the secrets hold is only ever handed on: no value of it is in the state, a plan or a log.
ephemeral "aws_secretsmanager_secret_version" "main" {
  for_each = local.secrets

  secret_id = data.aws_secretsmanager_secret.main[each.key].arn
}

# Secrets may have a key of their own.
data "aws_kms_key" "secrets" {
  for_each = toset(compact([for secret in data.aws_secretsmanager_secret.main : secret.kms_key_id]))

  key_id = each.key
}

# The function changes the password where it is used as well, which has to be there by then.
resource "aws_secretsmanager_secret_rotation" "database" {
  secret_id           = data.aws_secretsmanager_secret.main["database"].id
  rotation_lambda_arn = local.rotation_function_arn

  rotation_rules {
    automatically_after_days = 30
  }

  depends_on = [aws_db_instance.orders]
}

resource "aws_secretsmanager_secret_rotation" "cache" {
  secret_id           = data.aws_secretsmanager_secret.main["cache"].id
  rotation_lambda_arn = local.rotation_function_arn

  rotation_rules {
    automatically_after_days = 30
  }

  depends_on = [aws_elasticache_replication_group.main]
}

# ---------------------------------------------------------------------------------------------------
# Keys: one for each purpose, each only for the services that need it
# ---------------------------------------------------------------------------------------------------

locals {
  # Who uses a key: `callers` of this account through these services, if their own permissions let them;
  # `services` for themselves, when they act for what the condition names.
  keys = {
    data = {
      callers  = ["elasticache", "rds"]
      services = []
    }

    stream = {
      callers  = ["kinesis"]
      services = []
    }

    messages = {
      callers = ["sns", "sqs"]
      services = [
        { name = "cloudwatch.amazonaws.com", variable = "aws:SourceArn", values = [local.alarm_arns] },
        { name = "events.rds.amazonaws.com", variable = "aws:SourceArn", values = [local.database_events_arn] },
      ]
    }

    logs = {
      callers = []
      services = [
        {
          name     = "logs.${var.region}.amazonaws.com"
          variable = "kms:EncryptionContext:aws:logs:arn"
          values   = [for name in values(local.log_groups) : "${local.arn["logs"]}:log-group:${name}"]
        },
      ]
    }
  }

  alarm_arns          = "${local.arn["cloudwatch"]}:alarm:${local.name}-*-${local.suffix}"
  database_events_arn = "${local.arn["rds"]}:es:${local.name}-database-${local.suffix}"
}

# Without it nobody could change or delete the key: the account's own IAM policies say who may.
data "aws_iam_policy_document" "key_administration" {
  #checkov:skip=CKV_AWS_109:In the policy of a key, every resource is that key
  #checkov:skip=CKV_AWS_111:In the policy of a key, every resource is that key
  #checkov:skip=CKV_AWS_356:In the policy of a key, every resource is that key
  statement {
    sid = "AdministeredByTheAccount"
    actions = [
      "kms:CancelKeyDeletion",
      "kms:CreateAlias",
      "kms:DeleteAlias",
      "kms:DescribeKey",
      "kms:DisableKey",
      "kms:DisableKeyRotation",
      "kms:EnableKey",
      "kms:EnableKeyRotation",
      "kms:GetKeyPolicy",
      "kms:GetKeyRotationStatus",
      "kms:ListGrants",
      "kms:ListKeyPolicies",
      "kms:ListResourceTags",
      "kms:ListRetirableGrants",
      "kms:PutKeyPolicy",
      "kms:RevokeGrant",
      "kms:RotateKeyOnDemand",
      "kms:ScheduleKeyDeletion",
      "kms:TagResource",
      "kms:UntagResource",
      "kms:UpdateAlias",
      "kms:UpdateKeyDescription",
    ]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = [local.root]
    }
  }
}

data "aws_iam_policy_document" "key" {
  for_each = local.keys

  source_policy_documents = [data.aws_iam_policy_document.key_administration.json]

  dynamic "statement" {
    for_each = length(each.value.callers) > 0 ? [each.value.callers] : []

    content {
      sid       = "UsedThroughItsServices"
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [local.root]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for service in statement.value : "${service}.${var.region}.amazonaws.com"]
      }
    }
  }

  # RDS and ElastiCache go on using the key for as long as what they encrypt is there.
  dynamic "statement" {
    for_each = each.key == "data" ? [each.value.callers] : []

    content {
      sid       = "GrantedToItsServices"
      actions   = ["kms:CreateGrant"]
      resources = ["*"]

      principals {
        type        = "AWS"
        identifiers = [local.root]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = [for service in statement.value : "${service}.${var.region}.amazonaws.com"]
      }

      condition {
        test     = "Bool"
        variable = "kms:GrantIsForAWSResource"
        values   = ["true"]
      }
    }
  }

  dynamic "statement" {
    for_each = each.value.services

    content {
      actions   = ["kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value.name]
      }

      condition {
        test     = "ArnLike"
        variable = statement.value.variable
        values   = statement.value.values
      }
    }
  }
}

resource "aws_kms_key" "main" {
  for_each = local.keys

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
  for_each = local.keys

  name          = "alias/${local.name}-${each.key}-${local.suffix}"
  target_key_id = aws_kms_key.main[each.key].key_id
}

# ---------------------------------------------------------------------------------------------------
# Logs, and the record of every connection in the VPC
# ---------------------------------------------------------------------------------------------------

locals {
  log_groups = merge(
    {
      flow         = "/fastcart/vpc-flow-${local.suffix}"
      service      = "/fastcart/order-service-${local.suffix}"
      cache-slow   = "/fastcart/cache-slow-${local.suffix}"
      cache-engine = "/fastcart/cache-engine-${local.suffix}"
    },
    # AWS says what these are called. Left to AWS, they would be made without a key and stay for ever.
    { insights = "/aws/ecs/containerinsights/${local.cluster_name}/performance" },
    {
      for pair in setproduct(keys(local.database_names), local.database_logs) :
      "database-${pair[0]}-${pair[1]}" => "/aws/rds/instance/${local.database_names[pair[0]]}/${pair[1]}"
    },
  )

  database_logs = ["postgresql", "upgrade"]
}

resource "aws_cloudwatch_log_group" "main" {
  #checkov:skip=CKV_AWS_338:How long logs are kept is the environment's choice; a test environment needs no year
  for_each = local.log_groups

  name              = each.value
  retention_in_days = var.log_retention_days
  kms_key_id        = aws_kms_key.main["logs"].arn

  tags = {
    Name = each.value
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

resource "aws_iam_role_policy" "flow_logs" {
  name   = "${local.name}-flow-logs-${local.suffix}"
  role   = aws_iam_role.main["flow-logs"].id
  policy = data.aws_iam_policy_document.flow_logs.json
}

resource "aws_flow_log" "vpc" {
  vpc_id                   = aws_vpc.main.id
  traffic_type             = "ALL"
  log_destination_type     = "cloud-watch-logs"
  log_destination          = aws_cloudwatch_log_group.main["flow"].arn
  iam_role_arn             = aws_iam_role.main["flow-logs"].arn
  max_aggregation_interval = 60

  tags = {
    Name = "${local.name}-vpc-flow-${local.suffix}"
  }

  # Without the policy the first records would be lost.
  depends_on = [aws_iam_role_policy.flow_logs]
}

# ---------------------------------------------------------------------------------------------------
# Roles: each for one service of AWS, and only when it acts for this account's own
# ---------------------------------------------------------------------------------------------------

locals {
  roles = {
    flow-logs = {
      description = "Lets the flow logs of the VPC be written"
      service     = "vpc-flow-logs.amazonaws.com"
      source      = "${local.arn["ec2"]}:vpc-flow-log/*"
    }

    execution = {
      description = "Lets ECS start the tasks of the order service"
      service     = "ecs-tasks.amazonaws.com"
      source      = "${local.arn["ecs"]}:*"
    }

    task = {
      description = "What the order service itself may do"
      service     = "ecs-tasks.amazonaws.com"
      source      = "${local.arn["ecs"]}:*"
    }

    monitoring = {
      description = "Lets RDS publish what it sees of the operating system of the database"
      service     = "monitoring.rds.amazonaws.com"
      source      = "${local.arn["rds"]}:db:${local.name}-orders-*"
    }
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value.service]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [each.value.source]
    }
  }
}

resource "aws_iam_role" "main" {
  for_each = local.roles

  name               = "${local.name}-${each.key}-${local.suffix}"
  description        = each.value.description
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json

  tags = {
    Name = "${local.name}-${each.key}-${local.suffix}"
  }
}

locals {
  # What the order service does in AWS, each written once: its roles may do it, and the endpoints that it
  # goes through let nothing else pass.
  permissions = {
    registry = {
      sid     = "LogInToTheRegistry"
      actions = ["ecr:GetAuthorizationToken"]
      # AWS does not let this action name a registry.
      resources = ["*"]
    }

    image = {
      sid       = "PullItsImage"
      actions   = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
      resources = [data.aws_ecr_repository.service.arn]
    }

    log = {
      sid       = "WriteItsLog"
      actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      resources = ["${aws_cloudwatch_log_group.main["service"].arn}:*"]
    }

    secrets = {
      sid       = "ReadItsCredentials"
      actions   = ["secretsmanager:GetSecretValue"]
      resources = [for secret in data.aws_secretsmanager_secret.main : secret.arn]
    }

    orders = {
      sid       = "TakeOrders"
      actions   = ["kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards"]
      resources = [aws_kinesis_stream.orders.arn]
    }

    dead_letters = {
      sid       = "PutAsideWhatCannotBeProcessed"
      actions   = ["sqs:GetQueueUrl", "sqs:SendMessage"]
      resources = [aws_sqs_queue.dead_letters.arn]
    }
  }

  # The keys that this takes, which only its services may use for it.
  decryptions = {
    secrets = {
      sid       = "DecryptItsCredentials"
      actions   = ["kms:Decrypt"]
      resources = [for key in data.aws_kms_key.secrets : key.arn]
      service   = "secretsmanager"
    }

    orders = {
      sid       = "DecryptOrders"
      actions   = ["kms:Decrypt"]
      resources = [aws_kms_key.main["stream"].arn]
      service   = "kinesis"
    }

    dead_letters = {
      sid       = "EncryptWhatCannotBeProcessed"
      actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
      resources = [aws_kms_key.main["messages"].arn]
      service   = "sqs"
    }
  }

  # What a role does, by the names above.
  duties = {
    execution = ["registry", "image", "log", "secrets"]
    task      = ["orders", "dead_letters"]
  }
}

data "aws_iam_policy_document" "service" {
  for_each = local.duties

  dynamic "statement" {
    for_each = [for duty in each.value : local.permissions[duty]]

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources
    }
  }

  dynamic "statement" {
    for_each = [for duty in each.value : local.decryptions[duty] if try(length(local.decryptions[duty].resources) > 0, false)]

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["${statement.value.service}.${var.region}.amazonaws.com"]
      }
    }
  }
}

resource "aws_iam_role_policy" "service" {
  for_each = local.duties

  name   = "${local.name}-${each.key}-${local.suffix}"
  role   = aws_iam_role.main[each.key].id
  policy = data.aws_iam_policy_document.service[each.key].json
}

# ---------------------------------------------------------------------------------------------------
# Endpoints: the service reaches AWS without leaving the network
# ---------------------------------------------------------------------------------------------------

locals {
  # What passes through an interface endpoint.
  endpoints = {
    "ecr.api"      = [local.permissions.registry, local.permissions.image]
    "ecr.dkr"      = [local.permissions.registry, local.permissions.image]
    logs           = [local.permissions.log]
    secretsmanager = [local.permissions.secrets]
    kinesis        = [local.permissions.orders]
    kms            = [local.decryptions.orders, local.decryptions.dead_letters]
    sqs            = [local.permissions.dead_letters]
  }

  endpoint_services = { kinesis = "kinesis-streams" }
}

data "aws_iam_policy_document" "endpoint" {
  for_each = local.endpoints

  dynamic "statement" {
    for_each = each.value

    content {
      sid       = statement.value.sid
      actions   = statement.value.actions
      resources = statement.value.resources

      principals {
        type        = "AWS"
        identifiers = ["*"]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:PrincipalArn"
        values   = [aws_iam_role.main["execution"].arn, aws_iam_role.main["task"].arn]
      }
    }
  }
}

resource "aws_vpc_endpoint" "interface" {
  for_each = local.endpoints

  vpc_id              = aws_vpc.main.id
  vpc_endpoint_type   = "Interface"
  service_name        = "com.amazonaws.${var.region}.${lookup(local.endpoint_services, each.key, each.key)}"
  subnet_ids          = [for subnet in aws_subnet.app : subnet.id]
  security_group_ids  = [aws_security_group.endpoints.id]
  private_dns_enabled = true
  policy              = data.aws_iam_policy_document.endpoint[each.key].json

  tags = {
    Name = "${local.name}-${each.key}-${local.suffix}"
  }
}

# ECR hands out addresses in this bucket of AWS's.
data "aws_iam_policy_document" "layers" {
  #checkov:skip=CKV_AWS_283:The addresses are signed by ECR, so that there is no caller of ours to name
  statement {
    sid       = "PullLayersOfImages"
    actions   = ["s3:GetObject"]
    resources = ["arn:${local.partition}:s3:::prod-${var.region}-starport-layer-bucket/*"]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
  }
}

resource "aws_vpc_endpoint" "s3" {
  vpc_id            = aws_vpc.main.id
  vpc_endpoint_type = "Gateway"
  service_name      = "com.amazonaws.${var.region}.s3"
  route_table_ids   = [for table in aws_route_table.private : table.id]
  policy            = data.aws_iam_policy_document.layers.json

  tags = {
    Name = "${local.name}-s3-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Orders arrive here, and those that cannot be processed are put aside
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

# The service itself puts orders here: no other queue may name it as where its own dead letters go.
resource "aws_sqs_queue" "dead_letters" {
  name                              = "${local.name}-dead-letters-${local.suffix}"
  message_retention_seconds         = 14 * 24 * 3600
  visibility_timeout_seconds        = 120
  receive_wait_time_seconds         = 20
  kms_master_key_id                 = aws_kms_key.main["messages"].arn
  kms_data_key_reuse_period_seconds = 300
  redrive_allow_policy              = jsonencode({ redrivePermission = "denyAll" })

  tags = {
    Name = "${local.name}-dead-letters-${local.suffix}"
  }
}

data "aws_iam_policy_document" "dead_letters" {
  statement {
    sid       = "OnlyEncryptedInTransit"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [aws_sqs_queue.dead_letters.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy    = data.aws_iam_policy_document.dead_letters.json
}

# ---------------------------------------------------------------------------------------------------
# Orders are stored here: PostgreSQL in two zones, and a replica to read from
# ---------------------------------------------------------------------------------------------------

resource "aws_db_subnet_group" "main" {
  name        = "${local.name}-${local.suffix}"
  description = "Private data subnets"
  subnet_ids  = [for subnet in aws_subnet.data : subnet.id]

  tags = {
    Name = "${local.name}-${local.suffix}"
  }
}

resource "aws_db_parameter_group" "main" {
  name        = "${local.name}-postgres-${local.suffix}"
  description = "Order database"
  family      = "postgres${split(".", var.database.version)[0]}"

  # Nobody connects without TLS.
  parameter {
    name  = "rds.force_ssl"
    value = "1"
  }

  parameter {
    name  = "log_statement"
    value = "ddl"
  }

  parameter {
    name  = "log_min_duration_statement"
    value = "1000"
  }

  tags = {
    Name = "${local.name}-postgres-${local.suffix}"
  }
}

resource "aws_iam_role_policy_attachment" "monitoring" {
  role       = aws_iam_role.main["monitoring"].name
  policy_arn = "arn:${local.partition}:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"
}

resource "aws_db_instance" "orders" {
  #checkov:skip=CKV_AWS_161:The service logs in with the credentials of Secrets Manager, which are rotated
  #checkov:skip=CKV_AWS_293:The environment must be destroyable as a whole
  identifier     = local.database_names["primary"]
  engine         = "postgres"
  engine_version = var.database.version
  instance_class = var.database.instance_class

  storage_type          = "gp3"
  allocated_storage     = var.database.storage
  max_allocated_storage = var.database.max_storage
  storage_encrypted     = true
  kms_key_id            = aws_kms_key.main["data"].arn

  db_name             = "orders"
  username            = "fastcart"
  password_wo         = jsondecode(ephemeral.aws_secretsmanager_secret_version.main["database"].secret_string).password
  password_wo_version = var.credentials_version

  multi_az               = true
  publicly_accessible    = false
  db_subnet_group_name   = aws_db_subnet_group.main.name
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = aws_db_parameter_group.main.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  backup_retention_period    = var.database.backup_days
  backup_window              = "01:00-02:00"
  maintenance_window         = "sun:03:00-sun:04:00"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  apply_immediately          = true

  monitoring_interval                   = 30
  monitoring_role_arn                   = aws_iam_role.main["monitoring"].arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main["data"].arn
  performance_insights_retention_period = 7
  enabled_cloudwatch_logs_exports       = local.database_logs

  # An environment is destroyed without a trace.
  deletion_protection      = false
  skip_final_snapshot      = true
  delete_automated_backups = true

  tags = {
    Name = local.database_names["primary"]
  }

  # Groups that RDS made itself would have no key, and the role is of use only with its policy.
  depends_on = [aws_cloudwatch_log_group.main, aws_iam_role_policy_attachment.monitoring]
}

resource "aws_db_instance" "replica" {
  #checkov:skip=CKV_AWS_161:The service logs in with the credentials of Secrets Manager, which are rotated
  #checkov:skip=CKV_AWS_293:The environment must be destroyable as a whole
  identifier          = local.database_names["replica"]
  replicate_source_db = aws_db_instance.orders.identifier
  instance_class      = var.database.instance_class

  storage_encrypted     = true
  kms_key_id            = aws_kms_key.main["data"].arn
  max_allocated_storage = var.database.max_storage

  multi_az               = true
  publicly_accessible    = false
  vpc_security_group_ids = [aws_security_group.database.id]
  parameter_group_name   = aws_db_parameter_group.main.name
  ca_cert_identifier     = "rds-ca-rsa2048-g1"

  # Promoted, it has its backups at once.
  backup_retention_period    = var.database.backup_days
  maintenance_window         = "sun:05:00-sun:06:00"
  auto_minor_version_upgrade = true
  copy_tags_to_snapshot      = true
  apply_immediately          = true

  monitoring_interval                   = 30
  monitoring_role_arn                   = aws_iam_role.main["monitoring"].arn
  performance_insights_enabled          = true
  performance_insights_kms_key_id       = aws_kms_key.main["data"].arn
  performance_insights_retention_period = 7
  enabled_cloudwatch_logs_exports       = local.database_logs

  deletion_protection = false
  skip_final_snapshot = true

  tags = {
    Name = local.database_names["replica"]
  }
}

# ---------------------------------------------------------------------------------------------------
# What is often asked is answered from here: Redis with a node in each zone
# ---------------------------------------------------------------------------------------------------

resource "aws_elasticache_subnet_group" "main" {
  name        = "${local.name}-${local.suffix}"
  description = "Private data subnets"
  subnet_ids  = [for subnet in aws_subnet.data : subnet.id]

  tags = {
    Name = "${local.name}-${local.suffix}"
  }
}

resource "aws_elasticache_parameter_group" "main" {
  name        = "${local.name}-redis-${local.suffix}"
  description = "Order cache"
  family      = "redis7"

  # Full, it forgets what was asked least lately.
  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }

  tags = {
    Name = "${local.name}-redis-${local.suffix}"
  }
}

# Every group needs a user of this name; it is who comes without a name, and is let into nothing.
resource "aws_elasticache_user" "default" {
  user_id              = "${local.name}-default-${local.suffix}"
  user_name            = "default"
  engine               = "redis"
  access_string        = "off resetchannels -@all"
  no_password_required = true

  tags = {
    Name = "${local.name}-default-${local.suffix}"
  }
}

resource "aws_elasticache_user" "service" {
  user_id              = "${local.name}-service-${local.suffix}"
  user_name            = "${local.name}-service-${local.suffix}"
  engine               = "redis"
  access_string        = "on ~orders:* resetchannels +@read +@write +@connection -@dangerous"
  passwords_wo         = jsondecode(ephemeral.aws_secretsmanager_secret_version.main["cache"].secret_string).password
  passwords_wo_version = var.credentials_version

  tags = {
    Name = "${local.name}-service-${local.suffix}"
  }
}

resource "aws_elasticache_user_group" "main" {
  user_group_id = "${local.name}-${local.suffix}"
  engine        = "redis"
  user_ids      = [aws_elasticache_user.default.user_id, aws_elasticache_user.service.user_id]

  tags = {
    Name = "${local.name}-${local.suffix}"
  }
}

resource "aws_elasticache_replication_group" "main" {
  #checkov:skip=CKV_AWS_31:Users with passwords of their own log in, which is more than one token for all
  replication_group_id = "${local.name}-cache-${local.suffix}"
  description          = "Order cache ${local.suffix}"
  engine               = "redis"
  engine_version       = var.cache.version
  node_type            = var.cache.node_type
  parameter_group_name = aws_elasticache_parameter_group.main.name
  port                 = 6379

  num_cache_clusters         = var.zone_count
  multi_az_enabled           = true
  automatic_failover_enabled = true
  subnet_group_name          = aws_elasticache_subnet_group.main.name
  security_group_ids         = [aws_security_group.cache.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = aws_kms_key.main["data"].arn
  transit_encryption_enabled = true
  transit_encryption_mode    = "required"
  user_group_ids             = [aws_elasticache_user_group.main.user_group_id]

  snapshot_retention_limit   = 7
  snapshot_window            = "01:00-02:00"
  maintenance_window         = "sun:03:00-sun:04:00"
  auto_minor_version_upgrade = true
  apply_immediately          = true

  log_delivery_configuration {
    destination_type = "cloudwatch-logs"
    destination      = aws_cloudwatch_log_group.main["cache-slow"].name
    log_type         = "slow-log"
    log_format       = "json"
  }

  log_delivery_configuration {
    destination_type = "cloudwatch-logs"
    destination      = aws_cloudwatch_log_group.main["cache-engine"].name
    log_type         = "engine-log"
    log_format       = "json"
  }

  tags = {
    Name = "${local.name}-cache-${local.suffix}"
  }
}

# ---------------------------------------------------------------------------------------------------
# Orders are processed here
# ---------------------------------------------------------------------------------------------------

data "aws_ecr_repository" "service" {
  name = var.image.repository
}

resource "aws_ecs_cluster" "main" {
  name = local.cluster_name

  setting {
    name  = "containerInsights"
    value = "enabled"
  }

  tags = {
    Name = local.cluster_name
  }

  # A group that ECS made itself would have no key and would stay.
  depends_on = [aws_cloudwatch_log_group.main]
}

resource "aws_ecs_cluster_capacity_providers" "main" {
  cluster_name       = aws_ecs_cluster.main.name
  capacity_providers = ["FARGATE"]

  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
  }
}

locals {
  container = {
    name      = "order-service"
    image     = "${data.aws_ecr_repository.service.repository_url}:${var.image.tag}"
    essential = true

    user                   = "10001:10001"
    readonlyRootFilesystem = true
    stopTimeout            = 60

    linuxParameters = {
      initProcessEnabled = true
      capabilities       = { drop = ["ALL"] }
    }

    portMappings = [
      { name = "http", containerPort = var.order_service.port, protocol = "tcp", appProtocol = "http" },
    ]

    # The one place that it can write to.
    mountPoints = [
      { sourceVolume = "scratch", containerPath = "/tmp", readOnly = false },
    ]

    environment = [
      { name = "AWS_REGION", value = var.region },
      { name = "CACHE_HOST", value = aws_elasticache_replication_group.main.primary_endpoint_address },
      { name = "CACHE_READER_HOST", value = aws_elasticache_replication_group.main.reader_endpoint_address },
      { name = "CACHE_USER", value = aws_elasticache_user.service.user_name },
      { name = "DATABASE_HOST", value = aws_db_instance.orders.address },
      { name = "DATABASE_NAME", value = aws_db_instance.orders.db_name },
      { name = "DATABASE_READER_HOST", value = aws_db_instance.replica.address },
      { name = "DATABASE_USER", value = aws_db_instance.orders.username },
      { name = "DEAD_LETTER_QUEUE_URL", value = aws_sqs_queue.dead_letters.url },
      { name = "ORDERS_STREAM", value = aws_kinesis_stream.orders.name },
      { name = "PORT", value = tostring(var.order_service.port) },
    ]

    # ECS reads them when a task starts.
    secrets = [
      { name = "CACHE_PASSWORD", valueFrom = "${data.aws_secretsmanager_secret.main["cache"].arn}:password::" },
      { name = "DATABASE_PASSWORD", valueFrom = "${data.aws_secretsmanager_secret.main["database"].arn}:password::" },
    ]

    healthCheck = {
      command     = ["CMD-SHELL", "/order-service health || exit 1"]
      interval    = 15
      timeout     = 5
      retries     = 3
      startPeriod = 30
    }

    logConfiguration = {
      logDriver = "awslogs"
      options = {
        awslogs-group         = aws_cloudwatch_log_group.main["service"].name
        awslogs-region        = var.region
        awslogs-stream-prefix = "order-service"
      }
    }
  }
}

resource "aws_ecs_task_definition" "orders" {
  family                   = "${local.name}-order-service-${local.suffix}"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.order_service.cpu
  memory                   = var.order_service.memory
  execution_role_arn       = aws_iam_role.main["execution"].arn
  task_role_arn            = aws_iam_role.main["task"].arn
  container_definitions    = jsonencode([local.container])

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = "ARM64"
  }

  volume {
    name = "scratch"
  }

  tags = {
    Name = "${local.name}-order-service-${local.suffix}"
  }
}

resource "aws_ecs_service" "orders" {
  name                  = "${local.name}-order-service-${local.suffix}"
  cluster               = aws_ecs_cluster.main.arn
  task_definition       = aws_ecs_task_definition.orders.arn
  desired_count         = var.order_service.min_tasks
  launch_type           = "FARGATE"
  platform_version      = "LATEST"
  wait_for_steady_state = true

  # All of the old ones run until the new ones are healthy.
  deployment_minimum_healthy_percent = 100
  deployment_maximum_percent         = 200
  availability_zone_rebalancing      = "ENABLED"
  enable_ecs_managed_tags            = true
  propagate_tags                     = "SERVICE"

  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }

  network_configuration {
    subnets          = [for subnet in aws_subnet.app : subnet.id]
    security_groups  = [aws_security_group.service.id]
    assign_public_ip = false
  }

  tags = {
    Name = "${local.name}-order-service-${local.suffix}"
  }

  # Autoscaling decides from the first moment on.
  lifecycle {
    ignore_changes = [desired_count]
  }

  # What a task needs to start, and to reach.
  depends_on = [
    aws_iam_role_policy.service,
    aws_vpc_endpoint.interface,
    aws_vpc_security_group_egress_rule.service,
    aws_vpc_security_group_egress_rule.service_to_s3,
    aws_vpc_security_group_ingress_rule.reached,
  ]
}

resource "aws_appautoscaling_target" "orders" {
  service_namespace  = "ecs"
  scalable_dimension = "ecs:service:DesiredCount"
  resource_id        = "service/${aws_ecs_cluster.main.name}/${aws_ecs_service.orders.name}"
  min_capacity       = var.order_service.min_tasks
  max_capacity       = var.order_service.max_tasks

  tags = {
    Name = "${local.name}-order-service-${local.suffix}"
  }
}

resource "aws_appautoscaling_policy" "orders" {
  # Per cent that it tries to keep.
  for_each = {
    cpu    = { metric = "ECSServiceAverageCPUUtilization", target = 60 }
    memory = { metric = "ECSServiceAverageMemoryUtilization", target = 70 }
  }

  name               = "${local.name}-order-service-${each.key}-${local.suffix}"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.orders.service_namespace
  scalable_dimension = aws_appautoscaling_target.orders.scalable_dimension
  resource_id        = aws_appautoscaling_target.orders.resource_id

  # Out at once when a season begins, in with patience.
  target_tracking_scaling_policy_configuration {
    target_value       = each.value.target
    scale_out_cooldown = 30
    scale_in_cooldown  = 300

    predefined_metric_specification {
      predefined_metric_type = each.value.metric
    }
  }
}

# ---------------------------------------------------------------------------------------------------
# Alarms for every component
# ---------------------------------------------------------------------------------------------------

resource "aws_sns_topic" "alarms" {
  name              = "${local.name}-alarms-${local.suffix}"
  kms_master_key_id = aws_kms_key.main["messages"].arn

  tags = {
    Name = "${local.name}-alarms-${local.suffix}"
  }
}

data "aws_iam_policy_document" "alarms" {
  statement {
    sid       = "OnlyEncryptedInTransit"
    effect    = "Deny"
    actions   = ["sns:Publish"]
    resources = [aws_sns_topic.alarms.arn]

    principals {
      type        = "AWS"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }
  }

  dynamic "statement" {
    for_each = {
      Alarms         = { service = "cloudwatch.amazonaws.com", source = local.alarm_arns }
      DatabaseEvents = { service = "events.rds.amazonaws.com", source = local.database_events_arn }
    }

    content {
      sid       = "${statement.key}OfThisEnvironment"
      actions   = ["sns:Publish"]
      resources = [aws_sns_topic.alarms.arn]

      principals {
        type        = "Service"
        identifiers = [statement.value.service]
      }

      condition {
        test     = "StringEquals"
        variable = "aws:SourceAccount"
        values   = [local.account]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = [statement.value.source]
      }
    }
  }
}

resource "aws_sns_topic_policy" "alarms" {
  arn    = aws_sns_topic.alarms.arn
  policy = data.aws_iam_policy_document.alarms.json
}

resource "aws_sns_topic_subscription" "alarms" {
  for_each = var.alarm_emails

  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = each.key
}

# What no metric tells: a failover, a failure, storage that runs out.
resource "aws_db_event_subscription" "main" {
  name             = "${local.name}-database-${local.suffix}"
  sns_topic        = aws_sns_topic.alarms.arn
  source_type      = "db-instance"
  source_ids       = [aws_db_instance.orders.identifier, aws_db_instance.replica.identifier]
  event_categories = ["availability", "failover", "failure", "low storage"]

  tags = {
    Name = "${local.name}-database-${local.suffix}"
  }

  # RDS publishes a message to begin with.
  depends_on = [aws_sns_topic_policy.alarms]
}

locals {
  # Members of the replication group, as ElastiCache names them.
  cache_nodes = [for number in range(1, var.zone_count + 1) : format("%03d", number)]

  service_dimensions = {
    ClusterName = aws_ecs_cluster.main.name
    ServiceName = aws_ecs_service.orders.name
  }

  databases = {
    primary = aws_db_instance.orders.identifier
    replica = aws_db_instance.replica.identifier
  }

  # `over` or `under` is the threshold; `missing` is what to think when there is no figure.
  alarms = merge(concat(
    [{
      iterator-age = {
        about      = "Orders wait on the stream for more than a minute"
        metric     = ["AWS/Kinesis", "GetRecords.IteratorAgeMilliseconds", "Maximum"]
        over       = 60000
        dimensions = { StreamName = aws_kinesis_stream.orders.name }
      }
      write-throttles = {
        about      = "The stream turns orders away"
        metric     = ["AWS/Kinesis", "WriteProvisionedThroughputExceeded", "Sum"]
        over       = 0
        periods    = 1
        dimensions = { StreamName = aws_kinesis_stream.orders.name }
      }
      dead-letters = {
        about      = "Orders could not be processed"
        metric     = ["AWS/SQS", "ApproximateNumberOfMessagesVisible", "Maximum"]
        over       = 0
        periods    = 1
        dimensions = { QueueName = aws_sqs_queue.dead_letters.name }
      }
      service-cpu = {
        about      = "The order service lacks CPU"
        metric     = ["AWS/ECS", "CPUUtilization", "Average"]
        over       = 85
        dimensions = local.service_dimensions
      }
      service-memory = {
        about      = "The order service lacks memory"
        metric     = ["AWS/ECS", "MemoryUtilization", "Average"]
        over       = 85
        dimensions = local.service_dimensions
      }
      service-tasks = {
        about      = "Fewer tasks run than the order service has at the least"
        metric     = ["ECS/ContainerInsights", "RunningTaskCount", "Minimum"]
        under      = var.order_service.min_tasks
        missing    = "breaching"
        dimensions = local.service_dimensions
      }
      database-replica-lag = {
        about      = "The replica of the database lags behind by more than a minute"
        metric     = ["AWS/RDS", "ReplicaLag", "Maximum"]
        over       = 60
        dimensions = { DBInstanceIdentifier = local.databases["replica"] }
      }
    }],
    [
      for which, identifier in local.databases : {
        "database-${which}-cpu" = {
          about      = "The database (${which}) lacks CPU"
          metric     = ["AWS/RDS", "CPUUtilization", "Average"]
          over       = 80
          missing    = "breaching"
          dimensions = { DBInstanceIdentifier = identifier }
        }
        "database-${which}-connections" = {
          about      = "The database (${which}) has nearly all the connections that it can take"
          metric     = ["AWS/RDS", "DatabaseConnections", "Maximum"]
          over       = var.database.many_connections
          dimensions = { DBInstanceIdentifier = identifier }
        }
        "database-${which}-storage" = {
          about      = "The database (${which}) has less than a fifth of the storage that it began with"
          metric     = ["AWS/RDS", "FreeStorageSpace", "Minimum"]
          under      = var.database.storage * 1024 * 1024 * 1024 / 5
          dimensions = { DBInstanceIdentifier = identifier }
        }
      }
    ],
    [
      for node in local.cache_nodes : {
        "cache-${node}-cpu" = {
          about      = "Node ${node} of the cache lacks CPU"
          metric     = ["AWS/ElastiCache", "EngineCPUUtilization", "Average"]
          over       = 80
          dimensions = { CacheClusterId = "${aws_elasticache_replication_group.main.id}-${node}" }
        }
        "cache-${node}-memory" = {
          about      = "Node ${node} of the cache lacks memory"
          metric     = ["AWS/ElastiCache", "DatabaseMemoryUsagePercentage", "Maximum"]
          over       = 80
          dimensions = { CacheClusterId = "${aws_elasticache_replication_group.main.id}-${node}" }
        }
        "cache-${node}-evictions" = {
          about      = "Node ${node} of the cache forgets what is still wanted"
          metric     = ["AWS/ElastiCache", "Evictions", "Sum"]
          over       = 100
          dimensions = { CacheClusterId = "${aws_elasticache_replication_group.main.id}-${node}" }
        }
        # The primary has no such figure, and any node may be the primary.
        "cache-${node}-replication-lag" = {
          about      = "Node ${node} of the cache lags behind by more than ten seconds"
          metric     = ["AWS/ElastiCache", "ReplicationLag", "Maximum"]
          over       = 10
          dimensions = { CacheClusterId = "${aws_elasticache_replication_group.main.id}-${node}" }
        }
      }
    ],
  )...)
}

resource "aws_cloudwatch_metric_alarm" "main" {
  for_each = local.alarms

  alarm_name          = "${local.name}-${each.key}-${local.suffix}"
  alarm_description   = each.value.about
  namespace           = each.value.metric[0]
  metric_name         = each.value.metric[1]
  statistic           = each.value.metric[2]
  dimensions          = each.value.dimensions
  comparison_operator = can(each.value.under) ? "LessThanThreshold" : "GreaterThanThreshold"
  threshold           = try(each.value.under, each.value.over)
  period              = 60
  evaluation_periods  = try(each.value.periods, 5)
  treat_missing_data  = try(each.value.missing, "notBreaching")
  alarm_actions       = [aws_sns_topic.alarms.arn]
  ok_actions          = [aws_sns_topic.alarms.arn]

  tags = {
    Name = "${local.name}-${each.key}-${local.suffix}"
  }
}

resource "aws_cloudwatch_dashboard" "main" {
  dashboard_name = "${local.name}-${local.suffix}"
  dashboard_body = jsonencode({
    widgets = concat(
      [
        {
          type       = "alarm"
          x          = 0
          y          = 0
          width      = 24
          height     = 4
          properties = { title = "Alarms", alarms = [for alarm in aws_cloudwatch_metric_alarm.main : alarm.arn] }
        },
      ],
      [
        for index, group in local.dashboard : {
          type   = "metric"
          x      = index % 2 * 12
          y      = 4 + floor(index / 2) * 6
          width  = 12
          height = 6
          properties = {
            title  = group.title
            region = var.region
            view   = "timeSeries"
            period = 60
            # One line for each alarm whose name begins so.
            metrics = [
              for name, alarm in local.alarms : concat(
                slice(alarm.metric, 0, 2),
                flatten([for key, value in alarm.dimensions : [key, value]]),
                [{ stat = alarm.metric[2], label = name }],
              ) if anytrue([for start in group.names : startswith(name, start)])
            ]
          }
        }
      ],
    )
  })
}

locals {
  dashboard = [
    { title = "Age of orders on the stream", names = ["iterator-age"] },
    { title = "Orders turned away or put aside", names = ["write-throttles", "dead-letters"] },
    { title = "Order service", names = ["service-cpu", "service-memory"] },
    { title = "Tasks of the order service", names = ["service-tasks"] },
    { title = "CPU of the databases", names = ["database-primary-cpu", "database-replica-cpu"] },
    { title = "Connections, and lag of the replica", names = ["database-primary-connections", "database-replica-connections", "database-replica-lag"] },
    { title = "Cache: CPU and memory", names = [for node in setproduct(local.cache_nodes, ["cpu", "memory"]) : "cache-${join("-", node)}"] },
    { title = "Cache: evictions and lag", names = [for node in setproduct(local.cache_nodes, ["evictions", "replication-lag"]) : "cache-${join("-", node)}"] },
  ]
}

# ---------------------------------------------------------------------------------------------------
# What others need to know: a flat map of texts
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
  description = "Public subnets, with commas in between."
  value       = join(",", [for subnet in aws_subnet.public : subnet.id])
}

output "app_subnet_ids" {
  description = "Private subnets of the application, with commas in between."
  value       = join(",", [for subnet in aws_subnet.app : subnet.id])
}

output "data_subnet_ids" {
  description = "Private subnets of the data stores, with commas in between."
  value       = join(",", [for subnet in aws_subnet.data : subnet.id])
}

output "nat_public_ips" {
  description = "Addresses that the outside sees, with commas in between."
  value       = join(",", [for gateway in aws_nat_gateway.main : gateway.public_ip])
}

output "service_security_group_id" {
  description = "Security group of the order service."
  value       = aws_security_group.service.id
}

output "data_key_arn" {
  description = "Key of the database and the cache."
  value       = aws_kms_key.main["data"].arn
}

output "stream_key_arn" {
  description = "Key of the stream of orders."
  value       = aws_kms_key.main["stream"].arn
}

output "messages_key_arn" {
  description = "Key of the dead-letter queue and the topic of alarms."
  value       = aws_kms_key.main["messages"].arn
}

output "logs_key_arn" {
  description = "Key of the logs."
  value       = aws_kms_key.main["logs"].arn
}

output "orders_stream_name" {
  description = "Stream that orders are put on."
  value       = aws_kinesis_stream.orders.name
}

output "orders_stream_arn" {
  description = "ARN of the stream that orders are put on."
  value       = aws_kinesis_stream.orders.arn
}

output "dead_letter_queue_url" {
  description = "Queue of the orders that could not be processed."
  value       = aws_sqs_queue.dead_letters.url
}

output "cluster_name" {
  description = "Cluster that the order service runs in."
  value       = aws_ecs_cluster.main.name
}

output "service_name" {
  description = "The order service."
  value       = aws_ecs_service.orders.name
}

output "execution_role_arn" {
  description = "Role that reads the secrets for the tasks of the order service."
  value       = aws_iam_role.main["execution"].arn
}

output "task_role_arn" {
  description = "Role of the order service itself."
  value       = aws_iam_role.main["task"].arn
}

output "database_endpoint" {
  description = "Address and port of the database."
  value       = aws_db_instance.orders.endpoint
}

output "database_reader_endpoint" {
  description = "Address and port of the replica of the database."
  value       = aws_db_instance.replica.endpoint
}

output "database_secret_arn" {
  description = "Secret with the credentials of the database."
  value       = data.aws_secretsmanager_secret.main["database"].arn
}

output "cache_endpoint" {
  description = "Address of the cache, to write to."
  value       = aws_elasticache_replication_group.main.primary_endpoint_address
}

output "cache_reader_endpoint" {
  description = "Address of the cache, to read from."
  value       = aws_elasticache_replication_group.main.reader_endpoint_address
}

output "cache_secret_arn" {
  description = "Secret with the credentials of the cache."
  value       = data.aws_secretsmanager_secret.main["cache"].arn
}

output "alarm_topic_arn" {
  description = "Topic that alarms are published on."
  value       = aws_sns_topic.alarms.arn
}

output "write_throttles_alarm_name" {
  description = "Alarm that goes off when the stream turns orders away."
  value       = aws_cloudwatch_metric_alarm.main["write-throttles"].alarm_name
}

output "dashboard_name" {
  description = "Dashboard of everything."
  value       = aws_cloudwatch_dashboard.main.dashboard_name
}

output "service_log_group_name" {
  description = "Log of the order service."
  value       = aws_cloudwatch_log_group.main["service"].name
}

output "flow_log_group_name" {
  description = "Record of the connections in the VPC."
  value       = aws_cloudwatch_log_group.main["flow"].name
}
