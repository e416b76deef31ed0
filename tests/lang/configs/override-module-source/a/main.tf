variable "v" {}
output "o" { value = "a${var.v}" }
