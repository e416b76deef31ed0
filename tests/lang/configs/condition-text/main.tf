variable "t" { default = "true" }
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition = var.t
      error_message = "x"
    }
    postcondition {
      condition = "maybe${var.t}"
      error_message = "x"
    }
  }
}
