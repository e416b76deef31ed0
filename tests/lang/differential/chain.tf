variable "names" {
  type    = set(string)
  default = ["a", "b"]
}

locals {
  sizes = { for name in var.names : name => length(name) * 2 }
}

resource "terraform_data" "each" {
  for_each         = local.sizes
  input            = { name = each.key, size = each.value }
  triggers_replace = [each.value]
}

resource "terraform_data" "all" {
  input = [for it in terraform_data.each : it.output.size]
}

output "sizes" {
  value = { for key, it in terraform_data.each : key => it.output }
}

output "first" {
  value = terraform_data.all.output[0]
}
