locals { f = null }
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition = local.f
      error_message = "x"
    }
    postcondition {
      condition = null == self.id ? null : null
      error_message = "x"
    }
  }
}
