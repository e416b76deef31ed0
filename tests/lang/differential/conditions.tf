variable "size" {
  default = 3
  validation {
    condition     = var.size > 0
    error_message = "It must be positive."
  }
}

resource "terraform_data" "one" {
  input = var.size
  lifecycle {
    precondition {
      condition     = var.size < 3
      error_message = "Less than 3."
    }
  }
}

resource "terraform_data" "other" {
  input = "free"
}

output "size" {
  value = terraform_data.one.output
}
