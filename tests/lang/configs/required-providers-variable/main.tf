variable "v" { default = "x" }
terraform {
  required_providers {
    terraform = {
      source = var.v
    }
  }
}
