variable "v" { default = null }
variable "t" { default = 1 }
resource "terraform_data" "a" {
  lifecycle {
    precondition {
      condition = var.t == 2
      error_message = var.v
    }
  }
}
