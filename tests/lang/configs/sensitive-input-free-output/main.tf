variable "s" {
  default = "sec"
  sensitive = true
}
resource "terraform_data" "a" {
  input = var.s
  triggers_replace = [var.s, 1]
}
resource "terraform_data" "b" { input = terraform_data.a.output }
resource "terraform_data" "c" { input = terraform_data.a.input }
output "o" { value = terraform_data.a.output }
