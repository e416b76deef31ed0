output "o" { value = local.x }
locals {
  x = 1
  y = 2
}
variable "v" {
  type = number
  default = 1
}
resource "terraform_data" "a" {
  input = 1
  lifecycle { create_before_destroy = true }
}
