locals {
  x = 9
}
variable "v" { default = "5" }
resource "terraform_data" "a" {
  triggers_replace = var.v
  lifecycle { prevent_destroy = false }
}
output "o" { description = "d" }
