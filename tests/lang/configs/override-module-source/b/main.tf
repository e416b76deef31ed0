variable "v" {}
output "o" { value = "b${var.v}" }
