locals { f = 1 == 2 }
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition = local.f
      error_message = "x"
    }
  }
}
