locals {
  a = local.b
  b = local.missing
}

resource "terraform_data" "many" {
  count = 2
  input = count.index
}

output "index" {
  value = terraform_data.many.input
}

output "unknown" {
  value = terraform_data.none.id
}

output "attribute" {
  value = terraform_data.many[0].nothing
}
