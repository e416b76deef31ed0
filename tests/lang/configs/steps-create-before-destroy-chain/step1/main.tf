resource "terraform_data" "a" { triggers_replace = 1 }
resource "terraform_data" "b" { input = terraform_data.a.id }
resource "terraform_data" "c" {
  input = terraform_data.b.id
  triggers_replace = 1
  lifecycle { create_before_destroy = true }
}
