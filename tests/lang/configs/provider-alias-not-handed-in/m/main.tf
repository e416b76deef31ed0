terraform {
  required_providers {
    terraform = {
      source = "terraform.io/builtin/terraform"
      configuration_aliases = [terraform.z]
    }
  }
}
resource "terraform_data" "x" { provider = terraform.z }
