variable "v" {}
resource "terraform_data" "a" { input = var.v }
resource "terraform_data" "b" { count = 2 }
output "o" { value = terraform_data.a.output }
