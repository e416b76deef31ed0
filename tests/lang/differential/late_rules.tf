# What a rule looks at is known only after apply.
variable "b" {
  default = 3
  validation {
    condition     = var.b < terraform_data.t.output
    error_message = "too large"
  }
}
resource "terraform_data" "t" { input = 2 }
resource "terraform_data" "u" { input = terraform_data.t.output }
