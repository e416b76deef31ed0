provider "terraform" { alias = "b" }
resource "terraform_data" "x" { provider = "terraform.b" }
